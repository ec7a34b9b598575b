"""Corpora, their documents, and uploads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse, JSONResponse

from sparewheel.app.api.problems import RESPONSES, Problem
from sparewheel.app.api.shapes import (
    AccessRule,
    CorpusChange,
    CorpusName,
    DocumentChange,
    DocumentId,
    NewCorpus,
    public_source,
)
from sparewheel.app.api.who import Caller
from sparewheel.app.service import CorpusInfo, FileResult, Job, Service
from sparewheel.app.service.jobs import State
from sparewheel.rag.ingest.described import DocumentInfo
from sparewheel.rag.records import plain
from sparewheel.rag.types import Page

router = APIRouter(tags=["corpora"], responses=RESPONSES)

LONGEST_WAIT_S = 300.0


@dataclass(frozen=True)
class Corpora:
    corpora: list[CorpusInfo]


@dataclass(frozen=True)
class Documents:
    documents: list[DocumentInfo]


@dataclass(frozen=True)
class Access:
    """rules: id of a document, or folder with "/" at its end -> who may read it."""

    rules: dict[str, list[str]]


@dataclass(frozen=True)
class DocumentText:
    """A document as it was read. pages: where each lies, offsets into `text`."""

    id: str
    title: str
    language: str
    media_type: str
    sha256: str
    text: str
    pages: list[Page]
    metadata: dict[str, str]


@dataclass(frozen=True)
class JobReport:
    """An upload. state: waiting, running, done, failed (`error` says why), stopped. results: a row for each file."""

    id: str
    corpus: str
    state: State
    files: int
    results: list[FileResult]
    error: str = ""


@dataclass(frozen=True)
class Reindexed:
    """How many documents were split again; embedding goes on in the background."""

    documents: int


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


@router.get("/v1/corpora", response_model=Corpora)
async def list_corpora(
    request: Request, user: Caller, managed: Annotated[bool, Query(description="all of them (admin)")] = False
) -> Response:
    """The corpora this key may read."""
    found = await asyncio.to_thread(_service(request).corpora, user, managed=managed)
    return JSONResponse({"corpora": plain(found)})


@router.post("/v1/corpora", status_code=201, response_model=CorpusInfo)
async def create_corpus(new: NewCorpus, request: Request, user: Caller) -> Response:
    """A new, empty corpus (admin)."""
    options = {"readers": new.readers}
    made = await asyncio.to_thread(_service(request).create, new.name, new.domain, new.sensitivity, user, **options)
    return JSONResponse(plain(made), 201, {"Location": f"/v1/corpora/{new.name}"})


@router.get("/v1/corpora/{corpus}", response_model=CorpusInfo)
async def show_corpus(corpus: CorpusName, request: Request, user: Caller) -> Response:
    """What a corpus holds."""
    return JSONResponse(plain(await asyncio.to_thread(_service(request).corpus, corpus, user)))


@router.patch("/v1/corpora/{corpus}", response_model=CorpusInfo)
async def change_corpus(corpus: CorpusName, change: CorpusChange, request: Request, user: Caller) -> Response:
    """Who may read it, and whether its questions may leave the machine (admin)."""
    changed = await asyncio.to_thread(
        _service(request).configure, corpus, user, readers=change.readers, sensitivity=change.sensitivity
    )
    return JSONResponse(plain(changed))


@router.get("/v1/corpora/{corpus}/access", response_model=Access)
async def list_access(corpus: CorpusName, request: Request, user: Caller) -> Response:
    """Who may read which folders and documents (admin). Where no rule is about a document, whoever may read the corpus
    may read it."""
    rules = await asyncio.to_thread(_service(request).access, corpus, user)
    return JSONResponse({"rules": plain(rules)})


@router.put("/v1/corpora/{corpus}/access", response_model=Access)
async def set_access(corpus: CorpusName, rule: AccessRule, request: Request, user: Caller) -> Response:
    """Say who may read a document, or all that lies in a folder, from the next question on (admin)."""
    rules = await asyncio.to_thread(_service(request).set_access, corpus, rule.place, rule.readers, user)
    return JSONResponse({"rules": plain(rules)})


@router.delete("/v1/corpora/{corpus}", status_code=204)
async def remove_corpus(corpus: CorpusName, request: Request, user: Caller) -> Response:
    """The corpus and all its documents are gone (admin)."""
    await asyncio.to_thread(_service(request).remove, corpus, user)
    return Response(status_code=204)


@router.post("/v1/corpora/{corpus}/reindex", response_model=Reindexed)
async def reindex_corpus(corpus: CorpusName, request: Request, user: Caller) -> Response:
    """Bring the index up to date with today's models and rules (analyst)."""
    count = await asyncio.to_thread(_service(request).reindex, corpus, user)
    return JSONResponse({"documents": count})


# ---------------------------------------------------------------- documents


@router.get("/v1/corpora/{corpus}/documents", response_model=Documents)
async def list_documents(corpus: CorpusName, request: Request, user: Caller) -> Response:
    """The documents, by id."""
    found = await asyncio.to_thread(_service(request).documents, corpus, user)
    return JSONResponse({"documents": [plain(replace(info, source=public_source(info.source))) for info in found]})


@router.post("/v1/corpora/{corpus}/documents", status_code=202, response_model=JobReport)
async def upload_documents(
    corpus: CorpusName,
    request: Request,
    user: Caller,
    files: Annotated[list[UploadFile], File(description="PDF, DOCX, HTML, Markdown, text or XML")],
    wait_s: Annotated[
        float, Query(ge=0, le=LONGEST_WAIT_S, description="answer when all is read, or after so many seconds")
    ] = 0.0,
) -> Response:
    """Bring documents in (analyst). One of the same name is replaced. `Location` tells the progress."""
    named = [(file.filename or "document", file.file) for file in files]
    job = await asyncio.to_thread(_service(request).submit, corpus, named, user)
    if wait_s:
        await asyncio.to_thread(job.wait, wait_s)
    return JSONResponse(_report(job), 202, {"Location": f"/v1/jobs/{job.id}"})


@router.get("/v1/corpora/{corpus}/documents/{document:path}", response_model=DocumentText)
async def show_document(corpus: CorpusName, document: DocumentId, request: Request, user: Caller) -> Response:
    """A document's text, as it was read."""
    found = await asyncio.to_thread(_service(request).document, corpus, document, user)
    shown = DocumentText(
        found.id,
        found.title,
        found.language,
        found.media_type,
        found.sha256,
        found.text,
        list(found.pages),
        dict(found.metadata),
    )
    return JSONResponse(plain(shown))


@router.patch("/v1/corpora/{corpus}/documents/{document:path}", response_model=DocumentText)
async def edit_document(
    corpus: CorpusName, document: DocumentId, change: DocumentChange, request: Request, user: Caller
) -> Response:
    """Correct what is known of a document: its title, parties, drug and so on (analyst). Later readings keep it."""
    given = {key: value for key, value in change.model_dump().items() if value is not None}
    await asyncio.to_thread(_service(request).edit, corpus, document, given, user)
    return await show_document(corpus, document, request, user)


@router.delete("/v1/corpora/{corpus}/documents/{document:path}", status_code=204)
async def delete_document(corpus: CorpusName, document: DocumentId, request: Request, user: Caller) -> Response:
    """The document is found no more (analyst)."""
    await asyncio.to_thread(_service(request).delete, corpus, document, user)
    return Response(status_code=204)


_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/corpora/{corpus}/originals/{document:path}", response_class=Response, responses=_FILE)
async def download_original(corpus: CorpusName, document: DocumentId, request: Request, user: Caller) -> Response:
    """The very file the document was read from."""
    path = await asyncio.to_thread(_service(request).original, corpus, document, user)
    if path is None:
        raise Problem(404, f"the file that {document!r} was read from is gone, or was changed since; upload it again")
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


@router.get("/v1/jobs/{job}", response_model=JobReport)
async def show_job(job: str, request: Request, user: Caller) -> Response:
    """How far an upload is."""
    return JSONResponse(_report(_service(request).job(job, user)))


def _report(job: Job) -> dict[str, Any]:
    error = "" if job.error is None else str(job.error)
    results: Sequence[FileResult] = list(job.results)
    report: dict[str, Any] = plain(JobReport(job.id, job.corpus, job.state, job.files, list(results), error))
    return report
