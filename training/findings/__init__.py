"""Findings of papers turned into questions, with the verdict of the conclusion."""
