"""One module per source format: bytes in, `Parsed` out. They run inside the limits of `ingest.sandbox`."""
