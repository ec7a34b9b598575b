"""Corpora in PostgreSQL with pgvector: the same protocols as a folder (`rag.ingest.stores`), shared by many servers."""
