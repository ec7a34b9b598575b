"""Answers that the tests of the page and its exports draw."""

from __future__ import annotations

from dataclasses import replace

from sparewheel.rag.types import Answer, Attempt, Chunk, Citation, Hit, Usage

RENT = Chunk(
    "lease.pdf", 100, 145, "The rent is 900 euros.\nPay it monthly, please.", title="Lease", headings=("4. Rent",),
    page=2, id=1,
)  # fmt: skip
PETS = Chunk("lease.pdf", 200, 222, "Pets need our consent.", title="Lease", headings=("9. Pets",), page=3, id=2)
EVIDENCE = (
    Hit(RENT, 0.93, 1, "rerank", {"relevance": 0.93, "rerank": 2.5}),
    Hit(PETS, 0.21, 2, "rerank", {"relevance": 0.21, "rerank": -1.0}),
)
CITED = Citation(1, "lease.pdf", "Lease", "lease.pdf", 112, 121, "900 euros", 2, ("4. Rent",), True, 1)

LOCAL = Answer(
    "How much is the rent?", "leases", "900 euros", "answered", (CITED,), EVIDENCE, "reader", "reader-en 1",
    confidence=0.91, attempts=(Attempt("reader", "answered", seconds=0.2, first_token_s=0.2),),
    timings={"retrieve": 0.01, "total": 0.24},
)  # fmt: skip
WRITTEN = replace(
    LOCAL, text="The rent is **900 euros** a month [1].", answered_by="deepseek", model="deepseek-v4-flash",
    attempts=(Attempt("deepseek", "answered", seconds=1.5),), usage=Usage(900, 20, cost_usd=0.00015), confidence=0.8,
)  # fmt: skip
FALLEN = replace(
    LOCAL, degraded=True, attempts=(Attempt("deepseek", "failed", "overloaded", seconds=0.1), *LOCAL.attempts)
)
REFUSED = replace(LOCAL, text="Not in these documents.", outcome="refused", citations=(), answered_by="", attempts=())
CHINESE = replace(LOCAL, question="租金是多少？", text="租金为每月900欧元[1]。", answered_by="deepseek")
