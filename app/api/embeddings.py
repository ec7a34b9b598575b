"""OpenAI's embeddings protocol: the vectors of a corpus' model, or of a built-in one, made on this machine."""

from __future__ import annotations

import asyncio
import base64
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sparewheel.app.api.problems import RESPONSES
from sparewheel.app.api.stream import unless_gone
from sparewheel.app.api.talk import PREFIX
from sparewheel.app.api.usage import count
from sparewheel.app.api.who import Caller
from sparewheel.app.people.access import User
from sparewheel.app.service import Service
from sparewheel.rag.errors import UsageError
from sparewheel.rag.types import Embedder

router = APIRouter(tags=["OpenAI's protocol"], responses=RESPONSES)

MOST_TEXTS = 512  # of one request


class EmbeddingsRequest(BaseModel):
    """Members of the protocol that are not here are taken and change nothing."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"model": "embed-en", "input": ["The rent is 900 euros."]}]}
    )
    model: str = Field(
        description="embed-en, embed-zh, or a corpus (sparewheel/CORPUS) for the model it is searched with",
        max_length=80,
    )
    input: str | list[str] | list[int] | list[list[int]]
    encoding_format: Literal["float", "base64"] = "float"
    input_type: Literal["passage", "query"] = Field(
        "passage", description="query: of a question, for models that tell the two apart"
    )
    dimensions: int | None = None

    def texts(self) -> list[str]:
        """At least one, none empty. Raises UsageError."""
        given = [self.input] if isinstance(self.input, str) else self.input
        texts = [each for each in given if isinstance(each, str)]
        if len(texts) < len(given):
            raise UsageError(
                "input holds token numbers, which belong to another model's tokeniser; send texts "
                "(LangChain's OpenAIEmbeddings: check_embedding_ctx_length=False)"
            )
        if not texts or not all(text.strip() for text in texts):
            raise UsageError("input holds no text, or an empty one; every text needs words")
        if len(texts) > MOST_TEXTS:
            raise UsageError(f"input holds {len(texts)} texts; send at most {MOST_TEXTS} at a time")
        return texts


@router.post("/v1/embeddings")
async def embeddings(body: EmbeddingsRequest, request: Request, user: Caller) -> JSONResponse:
    """Embed texts: unit vectors, so that their dot product is their cosine."""
    service: Service = request.app.state.service
    texts = body.texts()

    def embedded() -> list[Any]:
        embedder = _embedder(service, body.model, user)
        if body.dimensions not in (None, embedder.dimension):
            raise UsageError(f"dimensions is {body.dimensions}; {embedder.name} has {embedder.dimension}: leave it out")
        vectors = embedder.embed(texts, query=body.input_type == "query").astype(np.float32)
        if body.encoding_format == "base64":
            return [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors]
        return [[float(x) for x in vector] for vector in vectors]

    async def made() -> list[Any]:
        async with request.app.state.gate.turn():
            return await asyncio.to_thread(embedded)

    vectors = await unless_gone(request, made())
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    tokens = await asyncio.to_thread(count, texts, service.settings)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JSONResponse({"object": "list", "data": data, "model": body.model, "usage": usage})


def _embedder(service: Service, model: str, user: User | None) -> Embedder:
    """Raises NotFound for a model that is neither a corpus of this user's nor built in."""
    if model.startswith("embed-"):
        return service.embedder(model)
    return service.embedder_of(model.removeprefix(PREFIX), user)
