"""The files between a reader's stages: token ids of plain texts, and the recurring spans made of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from training.reader.batches import ENDS, Rows, encode, joined, rows_of
from training.reader.data import Example


def save_texts(texts: Iterable[str], tokenizer: Any, file: Path) -> None:
    """Token ids of the documents, one after the other, and where each begins."""
    documents = [tokenizer.encode(t, add_special_tokens=False).ids for t in texts]
    starts = np.cumsum([0, *(len(d) for d in documents)])
    np.savez(file, ids=np.concatenate([np.asarray(d, np.uint16) for d in documents]), starts=starts)


def load_tokenizer(file: Path) -> Any:
    """The tokenizer without its padding and cutting."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def encoded(examples: Sequence[Example], headings: Sequence[bool], tokenizer: Path, processes: int = 0) -> Rows:
    """`reader_batches.encode` by as many processes as there are cores; `tokenizer` is a file."""
    size = 2000
    jobs = [(tokenizer, examples[i : i + size], headings[i : i + size]) for i in range(0, len(examples), size)]
    with ProcessPoolExecutor(processes or None) as pool:
        return joined(list(pool.map(_encoded_share, jobs)))


def _encoded_share(job: tuple[Path, Sequence[Example], Sequence[bool]]) -> Rows:
    file, examples, headings = job
    return encode(examples, load_tokenizer(file), headings)


def cloze_rows(config: dict[str, dict[str, Any]], out: Path, processes: int = 0) -> Rows:
    """The pre-training rows, made by as many processes as there are cores, and kept in cloze.npz."""
    if (out / "cloze.npz").exists():
        return Rows.load(out / "cloze.npz")
    tokenizer = load_tokenizer(Path(config["body"]["folder"]) / "tokenizer.json")
    stored = np.load(out / "text.npz")
    vocabulary = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    ids, starts = stored["ids"], stored["starts"]
    documents = [ids[a:b] for a, b in itertools.pairwise(starts)]
    shares = [documents[i::64] for i in range(64)]
    with ProcessPoolExecutor(processes or None) as pool:
        settings = config["pretrain"]
        jobs = [(share, vocabulary, config["body"]["language"], settings["each"], settings["seed"] + i)
                for i, share in enumerate(shares)]  # fmt: skip
        rows = joined(list(pool.map(_cloze_share, jobs)))
    rows.save(out / "cloze.npz")
    return rows


def _cloze_share(job: tuple[list[Any], list[str], str, int, int]) -> Rows:
    from training.reader.pretrain import LANGUAGES, cloze_parts

    documents, vocabulary, language, each, seed = job
    named = ((d.tolist(), [vocabulary[i] for i in d]) for d in documents)
    return rows_of(cloze_parts(named, each, seed, LANGUAGES[language]), ["cloze"], ENDS[language])
