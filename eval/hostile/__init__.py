"""Hostile documents and inputs, made by seed, and what becomes of them."""
