"""One command each: `python -m benchmarks.NAME` writes `benchmarks/results/NAME.json` and prints a table."""
