"""Batches of questions, run and scored from the command line and from the page."""
