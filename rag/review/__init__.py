"""Cells, tables of them, and their store: one question asked of one document, answered and bound to its passages."""
