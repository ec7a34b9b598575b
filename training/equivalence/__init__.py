"""The check whether two questions are one (`rag.memory.equivalence`), fitted on questions in several wordings."""
