# All a developer types; `make help` lists it. Needs Python 3.11 or newer (with venv), make and git.

PYTHON ?= python3
WORKERS ?= logical

BIN := .venv/bin
BROWSERS := chromium chromium-browser google-chrome
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
           --constraint constraints.txt --build-constraint constraints.txt

# Threads of a numerical library that have nothing to do sleep instead of spinning on a busy machine.
export OMP_WAIT_POLICY := passive

.DEFAULT_GOAL := help
.PHONY: help demo test lint format browser pictures constraints clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name text; do \
		printf 'make %-12s %s\n' "$$name" "$$text"; done

demo: .venv/.runtime ## Run the main job on real data and show what it left
	$(BIN)/pseudolabel demo --out demo-run --overwrite

test: lint ## Check style, types and architecture, then run every test
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal

lint: .venv/.dev ## Check style, spelling, types and architecture
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.dev ## Lay the code out and repair what can be repaired without thinking
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

browser: .venv/.dev ## Install Chromium for the tests of the report, unless there is one
	@for name in $(BROWSERS); do command -v $$name && exit 0; done; \
	{ test "$$(id -u)" = 0 && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium fonts-dejavu-core; } \
	|| $(BIN)/playwright install chromium

pictures: .venv/.dev ## Take the pictures of the documentation anew
	PICTURES=docs $(BIN)/pytest tests/browser/test_pictures.py

constraints: .venv/.created ## Pin the newest versions of everything anew, in constraints.txt
	rm -rf .venv/pins
	$(PYTHON) -m venv .venv/pins
	.venv/pins/bin/python -m pip install --quiet --upgrade pip
	.venv/pins/bin/python -m pip install --quiet --editable . --group dev hatchling
	{ sed -n '/^#/p' constraints.txt; \
	  .venv/pins/bin/python -m pip freeze --all --exclude-editable --exclude setuptools | grep -E '^[A-Za-z0-9._-]+=='; \
	} > .venv/constraints.new
	mv .venv/constraints.new constraints.txt
	rm -rf .venv/pins

clean: ## Remove the environment, the caches and the demo's results
	rm -rf .venv demo-run dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "pseudolabel needs Python 3.11 or newer, and \"$(PYTHON)\" is older or missing." \
		     "Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making .venv and installing into it; this takes a minute or two the first time."
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
	@touch $@

.venv/.runtime: .venv/.created pyproject.toml constraints.txt
	$(INSTALL) --editable .
	@touch $@

.venv/.dev: .venv/.created pyproject.toml constraints.txt
	$(INSTALL) --editable . --group dev
	@touch .venv/.runtime $@
