"""A corpus into one file."""

from __future__ import annotations

import hashlib
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from sparewheel.app.edge.contents import LIST, PROFILES, SETTINGS, Contents, FileEntry
from sparewheel.app.edge.secrets import keys_of, refuse_secrets
from sparewheel.rag.disk import sha256_of
from sparewheel.rag.errors import StoreError, UsageError
from sparewheel.rag.ingest.corpus import NAME as CONFIG
from sparewheel.rag.ingest.manifest import NAME as MANIFEST
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.ingest.store import CorpusConfig, Store
from sparewheel.rag.ingest.stores import CorpusSnapshot, CorpusStore
from sparewheel.rag.settings import Settings
from sparewheel.rag.weights import FILES, WEIGHTS

_THE_SAME_ALWAYS = (1980, 1, 1, 0, 0, 0)  # the time of every entry
_PIECE = 1 << 20

Source = bytes | Path


def pack(store: Store, out: Path, settings: Settings, profile: str = "small", weights: Path = WEIGHTS) -> Contents:
    """Writes the corpus with its models and the settings of a profile to `out`, whole or not at all.

    The same corpus gives the same bytes. Raises UsageError for a key in a document, a model that is not built in, an
    unfinished index, or a file in the way; StoreError where the corpus is not what was written.
    """
    if profile not in PROFILES:
        raise UsageError(f"no profile {profile!r}: {', '.join(PROFILES)}")
    if out.exists() and not is_pack(out):
        raise UsageError(f"{str(out)!r} is there and is no edge pack; name another --out")
    with store.open() as snapshot:
        sources = dict(sorted(_sources(store, snapshot, profile, weights)))
        _refuse_secrets(snapshot, sources, keys_of(settings))
        contents = _contents(store, snapshot, profile, sources)
        beside = out.with_name(f".{out.name}.new")
        try:
            with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as target:
                _add(target, LIST, contents.to_json(), None)
                for name, source in sources.items():
                    _add(target, name, source, contents.files[name])
            beside.replace(out)
        except OSError as error:
            raise UsageError(f"cannot write {str(out)!r}: {error.strerror}; name another --out") from error
        finally:
            beside.unlink(missing_ok=True)
    return contents


def in_folder(store: CorpusStore) -> Store:
    """The corpus as files. Raises UsageError for one in a database."""
    if not isinstance(store, Store):
        name = store.config.name
        raise UsageError(f"a pack is made of files; first: sparewheel corpora move {name} --to FOLDER")
    return store


def is_pack(file: Path) -> bool:
    """Whether the file looks like a pack, sound or not."""
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as found:
        return found.namelist()[:1] == [LIST]


def _sources(store: Store, snapshot: Snapshot, profile: str, weights: Path) -> Iterator[tuple[str, Source]]:
    """(path in the pack, content or file)."""
    yield SETTINGS, PROFILES[profile].encode()
    folder, number = f"corpora/{store.config.name}", snapshot.folder.name
    alone = replace(
        store.config, readers=(), access={}, access_found={}
    )  # who may read it is decided by who holds the file
    yield f"{folder}/{CONFIG}", alone.to_json()
    yield f"{folder}/CURRENT", f"{int(number)}\n".encode()
    for name in (MANIFEST, *snapshot.manifest.files):
        yield f"{folder}/snapshots/{number}/{name}", snapshot.folder / name
    for model in models_of(store.config, snapshot, profile, weights):
        for name in FILES:
            yield f"models/{model}/{name}", weights / model / name


def models_of(config: CorpusConfig, snapshot: CorpusSnapshot, profile: str, weights: Path = WEIGHTS) -> list[str]:
    """The built-in models that answer questions on this corpus, sorted: for each language of its documents."""
    share = snapshot.share("dense")
    if 0 < share < 1:
        raise UsageError(
            f"the dense index of {config.name!r} is {share:.0%} built; finish it with: "
            f"sparewheel reindex --corpus {config.name}"
        )
    embedding = [config.embedding] if share else []
    if embedding and not (weights / config.embedding / "model.onnx").is_file():
        raise UsageError(
            f"corpus {config.name!r} is embedded with {config.embedding!r}, which is not built in and needs torch; "
            f"set retrieve.embedding to a built-in model and run: sparewheel reindex --corpus {config.name}"
        )
    languages = {document.language for document in snapshot.documents()}
    readers = {"en": "reader-en", "zh": "reader-zh", **config.profile.reader}
    wanted = [readers[language] for language in languages if language in readers]
    if reranks(profile):
        wanted += [f"rerank-{language}" for language in languages]
    return sorted({*embedding, *(name for name in wanted if (weights / name / "model.onnx").is_file())})


def reranks(profile: str) -> bool:
    """Whether a profile reads passages twice."""
    return bool(tomllib.loads(PROFILES[profile]).get("retrieve", {}).get("rerank") != "off")


def _contents(store: Store, snapshot: Snapshot, profile: str, sources: Mapping[str, Source]) -> Contents:
    manifest = snapshot.manifest
    files = {
        name: FileEntry(len(source), hashlib.sha256(source).hexdigest())
        if isinstance(source, bytes)
        else FileEntry(source.stat().st_size, sha256_of(source))
        for name, source in sources.items()
    }
    models = sorted({name.split("/")[1] for name in files if name.startswith("models/")})
    config, made_by = store.config, f"sparewheel {version('sparewheel')}"
    return Contents(
        config.name, config.domain, config.sensitivity, manifest.documents, manifest.chunks, manifest.published,
        profile, tuple(models), made_by, files,
    )  # fmt: skip


def _refuse_secrets(snapshot: Snapshot, sources: Mapping[str, Source], keys: set[str]) -> None:
    """Settings, corpus.json and the text of every document are looked through; models and indexes hold no sentences."""
    refuse_secrets(((name, s.decode()) for name, s in sources.items() if isinstance(s, bytes)), keys)
    documents = (snapshot.document(each.id, layout=False) for each in snapshot.documents())
    refuse_secrets(((f"document {document.id!r}", document.text) for document in documents), keys)


def _add(target: zipfile.ZipFile, name: str, source: Source, entry: FileEntry | None) -> None:
    """One stored entry. Raises StoreError when the file is no longer what was listed."""
    info = zipfile.ZipInfo(name, _THE_SAME_ALWAYS)
    info.external_attr, info.create_system = 0o644 << 16, 3
    if isinstance(source, bytes):
        target.writestr(info, source)
        return
    info.file_size = source.stat().st_size
    with source.open("rb") as read, target.open(info, "w") as written:
        digest = hashlib.sha256()
        while piece := read.read(_PIECE):
            digest.update(piece)
            written.write(piece)
    if entry is not None and digest.hexdigest() != entry.sha256:
        raise StoreError(f"{source} changed while it was packed; pack again")
