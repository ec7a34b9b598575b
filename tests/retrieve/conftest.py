"""A small corpus and an embedder that needs no weights."""

import hashlib

import numpy as np
import pytest

from sparewheel.rag.retrieve.memory import MemoryPassages
from sparewheel.rag.retrieve.tokenise import terms
from sparewheel.rag.types import Chunk

TEXTS = [
    "The tenant shall pay rent on the first day of each month.",
    "Either party may terminate this agreement on thirty days' notice.",
    "Confidential information excludes information in the public domain.",
    "Aspirin inhibits COVID-19 related IL-6 release in patients.",
    "Notice under Section 4.2(a) and § 512 of the Act is given in writing.",
    "租赁期限不得超过二十年。根据第十二条，承租人应当按照约定支付租金。",
    "药物不良反应包括头痛、恶心和皮疹，孕妇禁用。",
    "The annual report on Form 10-K states a revenue of 1,250,000 dollars.",
]


class HashEmbedder:
    """Every term has its own fixed direction; a text is the sum of its terms, length 1."""

    name = "hash@1"
    dimension = 64

    def embed(self, texts, *, query=False):
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for term in terms(text) or ["nothing"]:
                seed = int.from_bytes(hashlib.sha256(term.encode()).digest()[:4], "big")
                row += np.random.default_rng(seed).standard_normal(self.dimension, np.float32)
            row /= np.linalg.norm(row)
        return rows


@pytest.fixture
def embedder():
    return HashEmbedder()


@pytest.fixture
def passages():
    """TEXTS, the even ones of document "even", the odd ones of "odd"."""
    names = ("even", "odd")
    return MemoryPassages([Chunk(names[i % 2], 0, len(text), text) for i, text in enumerate(TEXTS)])
