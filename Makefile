# Everything that a fresh machine needs is set up by the first target that needs it.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: setup demo test check lint types layers docs-check lock clean help

PYTHON ?= python3.11
UV_HOME := .tools/uv
UV := $(UV_HOME)/bin/uv
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT ?= demo
export UV_LINK_MODE ?= hardlink

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: setup  ## generate people, train, embed, evaluate, and write demo/report.html
	$(BIN)/tacan demo --out $(DEMO_OUT)

test: setup check  ## every check and test that needs no GPU
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal

check: lint types layers  ## style, types, and which package may import which

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/pyright

layers: setup
	$(BIN)/lint-imports

setup: $(VENV)/.ready  ## the environment in .venv, from pinned and hashed packages

$(UV): requirements/uv.txt
	$(PYTHON) -m pip install --quiet --root-user-action=ignore --upgrade --target $(UV_HOME) --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.ready: $(UV) requirements/dev.txt pyproject.toml
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements/dev.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

lock: $(UV)  ## resolve the requirements anew
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
		--all-extras --group dev --upgrade -o requirements/dev.txt pyproject.toml
	echo uv | $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--no-header --upgrade -o requirements/uv.txt -

clean:  ## remove the environment and everything generated
	rm -rf $(VENV) .tools $(DEMO_OUT) runs .pytest_cache .ruff_cache .hypothesis
