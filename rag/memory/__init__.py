"""Answers of fuller answerers, kept for when these cannot answer: bound to the passages that they rest on.

kept        the records: what was asked (`Asked`), what is kept (`Kept`)
store       where they are kept: SQLite beside the corpus, behind a protocol
alike       are two questions the same one? guards, and what is compared
equivalence the calibrated check over these
index       the kept questions of a corpus in memory, found by one matrix product
memory      keep, recall, lapse: what the pipeline uses
"""
