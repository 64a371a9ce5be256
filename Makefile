# Two commands are enough on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VENDOR := server/pages/static/vendor
HLS_JS := hls.min.mjs hls.worker.js

.PHONY: help setup setup-run page run test check format lock bench clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: $(VENV)/.dev-stamp page ## Install everything for development
setup-run: $(VENV)/.run-stamp page

run: setup-run ## Start the server on its defaults, with a demo show
	$(BIN)/bandstand serve --demo

test: setup ## Run every test
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal

check: setup ## Format, lint and types, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.dev-stamp ## Resolve the dependencies anew, with hashes
	$(BIN)/uv pip compile --quiet --upgrade $(UV_FLAGS) --extra build pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --upgrade $(UV_FLAGS) --extra build --extra dev pyproject.toml -o requirements/dev.txt
UV_FLAGS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

bench: setup ## Run the benchmarks that end by themselves
	$(BIN)/python -m bench

clean: ## Remove what the other commands made; the data folder stays
	rm -rf $(VENV) node_modules $(HLS_JS:%=$(VENDOR)/%) $(VENDOR)/.stamp .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Bandstand needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Two locks, one environment: what development adds never changes what the server runs on.
$(VENV)/.run-stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@test -e $(VENV)/.dev-stamp || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-stamp: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run-stamp

# The page's player. Without it Chrome and Safari still play the show with their own HLS.
page: $(VENDOR)/.stamp

$(VENDOR)/.stamp: package-lock.json
	@if command -v npm >/dev/null; then \
	  npm ci --ignore-scripts --no-audit --no-fund --silent && \
	  cp $(HLS_JS:%=node_modules/hls.js/dist/%) $(VENDOR)/ && touch $@; \
	else \
	  echo "npm was not found, so hls.js is missing: Firefox will not play; Chrome and Safari will."; \
	  echo "Install npm (Debian: apt install npm) and run make again."; \
	fi
