"""Chinese rows for the reader, and the Chinese embedder."""
