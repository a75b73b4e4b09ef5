# Two commands matter: `make demo` and `make test`. Neither uses sudo or apt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
GEORISK := $(BIN)/georisk
OUT ?= out
JOBS ?= 2

# Two rounds, and either failing fails: what weighs time or memory has the machine to itself, all
# else runs on JOBS processes, a file at a time, in the order that tests/conftest.py gives.
PYTEST := $(BIN)/python -m pytest -q
SPREAD := -n $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: demo test check campaign bench docs clean

demo: $(VENV)/.demo
	$(GEORISK) run
	@echo
	@echo "Maps (open them in a browser; no network is needed):"
	@$(GEORISK) map public -o $(OUT)
	@$(GEORISK) map overview --audience restricted --purpose "demo on my own machine" \
		--holder "this machine" -o $(OUT)
	@echo
	@echo "Serve the API and the maps:  $(GEORISK) serve"
	@echo "All of it, on this machine:  $(GEORISK) serve --audience restricted"

test: $(VENV)/.test
	@failed=0; set -x; \
	$(PYTEST) -m alone || failed=1; \
	$(PYTEST) -m "not alone" $(SPREAD) || failed=1; \
	exit $$failed

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/lint-imports --config circles.toml

campaign: $(VENV)/.test
	@failed=0; set -x; export GEORISK_CAMPAIGN=1 HYPOTHESIS_PROFILE=campaign; \
	$(PYTEST) -m alone || failed=1; \
	$(PYTEST) -m "not alone" $(SPREAD) || failed=1; \
	exit $$failed

bench: $(VENV)/.bench
	$(BIN)/python bench/bench.py
	PYTHONPATH=. $(BIN)/python bench/intake.py
	PYTHONPATH=. $(BIN)/python bench/intensity.py
	PYTHONPATH=. $(BIN)/python bench/rasters.py
	PYTHONPATH=. OMP_NUM_THREADS=1 $(BIN)/python bench/siting.py
	PYTHONPATH=. $(BIN)/python bench/serving/compare.py
	PYTHONPATH=. $(BIN)/python bench/serving/memory.py

docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "georisk needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.test: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[test,hxl,osm,pdf]'
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[test,bench,hxl,osm,pdf]'
	@touch $@ $(VENV)/.test $(VENV)/.demo

$(VENV)/.check: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[test,check,hxl,osm,pdf]'
	@touch $@ $(VENV)/.test $(VENV)/.demo

$(VENV)/.docs: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[docs]'
	@touch $@

clean:
	rm -rf $(VENV) $(OUT) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
