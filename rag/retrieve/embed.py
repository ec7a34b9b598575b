"""Text to unit vectors: the built-in models by onnxruntime, any sentence-transformers model with the extra `local`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.disk import check_listed
from sparewheel.rag.errors import NotFound, StoreError, UsageError, install, suggest
from sparewheel.rag.settings import cores
from sparewheel.rag.text import encodable
from sparewheel.rag.threads import stopped_by
from sparewheel.rag.types import Embedder
from sparewheel.rag.weights import WEIGHTS

_BY_LANGUAGE = {"en": "embed-en", "zh": "embed-zh"}
_TEXTS_AT_ONCE = 512  # tokenised before they are embedded; bounds memory


class OnnxEmbedder:
    """A model folder: model.onnx (output `embedding`, pooled, length 1), tokenizer.json, config.json.

    One text is one run of the graph, on one thread: an int8 graph scales its activations by everything in a batch, so
    in a batch a text's vector would depend on its neighbours (cosine to itself down to 0.991, measured). Nothing is
    padded, and several threads run beside each other, which on two cores is also faster than batches.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """threads: texts embedded at once, 0 is one per core. Raises StoreError when the folder is incomplete."""
        self.folder = folder
        config = read_config(folder)
        self.name = f"{config['name']}@{config['version']}"
        self.dimension = int(config["dimension"])
        self._prefix = {True: str(config.get("query_prefix", "")), False: str(config.get("passage_prefix", ""))}
        self._max_tokens = int(config["max_tokens"])
        self._threads = threads or cores()

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """float32 [len(texts), dimension], rows of length 1; a text is cut after the model's longest input."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        if len(texts) == 1:
            (vectors[0],) = map(self._embed_one, self._tokens(texts, query))
            return vectors
        with ThreadPoolExecutor(self._threads) as pool:
            for start in range(0, len(texts), _TEXTS_AT_ONCE):
                tokens = self._tokens(texts[start : start + _TEXTS_AT_ONCE], query)
                for row, vector in enumerate(pool.map(self._embed_one, tokens), start):
                    vectors[row] = vector
        return vectors

    def _tokens(self, texts: Sequence[str], query: bool) -> Iterator[list[int]]:
        prefix = self._prefix[query]
        return (
            encoding.ids for encoding in self._tokenizer.encode_batch_fast([prefix + encodable(text) for text in texts])
        )

    def _embed_one(self, tokens: list[int]) -> NDArray[np.float32]:
        ids = np.array([tokens], np.int64)
        vector: NDArray[np.float32] = run_graph(self._session, ids, np.zeros_like(ids))[0]
        return vector

    @cached_property
    def _session(self) -> Any:
        return open_graph(self.folder)

    @cached_property
    def _tokenizer(self) -> Any:
        return open_tokenizer(self.folder, self._max_tokens)


class SentenceTransformersEmbedder:
    """Any sentence-transformers model, by folder or hub name; nothing is fetched unless `allow_download`."""

    def __init__(self, name_or_path: str, allow_download: bool = False) -> None:
        """Raises UsageError when the extra is not installed or the model is not on this machine."""
        self.name = name_or_path
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise UsageError(
                f"the embedding model {name_or_path!r} needs sentence-transformers; {install('local')}"
            ) from error
        try:
            self._model = SentenceTransformer(name_or_path, local_files_only=not allow_download, device="cpu")
        except (OSError, ValueError) as error:
            raise UsageError(
                f"the embedding model {name_or_path!r} is not on this machine; give the folder it is in"
            ) from error
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """float32 [len(texts), dimension], rows of length 1; the model's own query and passage prompts are used."""
        encode = self._model.encode_query if query else self._model.encode_document
        vectors = encode(list(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(vectors, np.float32).reshape(len(texts), self.dimension)


GIVEN = "langchain:"  # begins the name of an embedder that a Python program brings
_given: dict[str, Embedder] = {}


def give_embedder(embedder: Embedder) -> None:
    """From now on `open_embedder` knows it by its name, in this process."""
    _given[embedder.name] = embedder


def open_embedder(spec: str, language: str = "en", *, allow_download: bool = False, folder: Path = WEIGHTS) -> Embedder:
    """The embedder that the setting `retrieve.embedding` names, for a corpus of this language ("en", "zh").

    folder: of the built-in models. spec: "auto", the name of a built-in model, or a sentence-transformers folder or
    name. Another object each time: `rag.runtime` shares them.

    Raises NotFound when there is no built-in model of the language, UsageError when a named model cannot be had.
    """
    if spec in _given:
        return _given[spec]
    if spec.startswith(GIVEN):
        raise NotFound(
            f"the corpus was embedded with {spec.removeprefix(GIVEN)!r}, which a Python program brought; open it with "
            "Sparewheel(corpus, embedding=...), or embed it anew with a model of your own: the setting "
            "retrieve.embedding, then sparewheel reindex"
        )
    name = _BY_LANGUAGE.get(language, "embed-en") if spec == "auto" else spec
    if (folder / name / "model.onnx").is_file():
        return OnnxEmbedder(folder / name)
    built_in = sorted(path.parent.name for path in folder.glob("embed-*/model.onnx"))
    if spec == "auto":
        raise NotFound(f"no built-in embedding model for {language!r}; there is {', '.join(built_in) or 'none'}")
    if spec.startswith("embed-") and not Path(spec).exists():
        raise NotFound(f"no built-in embedding model {spec!r}{suggest(spec, built_in)}")
    return SentenceTransformersEmbedder(spec, allow_download)


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of a model folder. Raises StoreError when it cannot be read."""
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(
            f"model folder '{folder}' has no readable config.json ({error}); reinstall sparewheel"
        ) from error
    return config


def open_tokenizer(folder: Path, max_tokens: int) -> Any:
    """The tokenizer of a model folder; cuts after `max_tokens`, the longer text of a pair first; pads nothing."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def open_graph(folder: Path) -> Any:
    """The onnxruntime session of a model folder, one thread a run, for many threads at once."""
    import onnxruntime

    check_listed(folder, "model.onnx", "config.json", "tokenizer.json")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])


def run_graph(session: Any, ids: NDArray[np.int64], types: NDArray[np.int64]) -> NDArray[np.float32]:
    """The first output for one unpadded batch; the graph is given those of the usual three inputs that it asks for.
    Raises GivenUp as soon as nobody waits for it."""
    from onnxruntime import RunOptions

    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
    asked = {entry.name: inputs[entry.name] for entry in session.get_inputs()}
    options = RunOptions()
    with stopped_by(lambda: setattr(options, "terminate", True)):
        output: NDArray[np.float32] = session.run(None, asked, options)[0]
    return output
