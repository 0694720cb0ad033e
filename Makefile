# `make` alone says what there is. Everything runs in .venv, from the pinned dependencies.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := demo

.PHONY: help demo test check unit docs lock bench clean

help:
	@echo "make demo   the embedded exercise, every stage; prints where the briefing lies"
	@echo "make test   every check: style, types, walls, docs, tests"
	@echo "make docs   write the generated pages of docs/ anew"
	@echo "make bench  the benchmarks, as ratios"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Vigie needs Python 3.11 or newer; say which with make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)
	@rm -rf $(DEMO)
	$(BIN)/vigie exercise $(DEMO) --scale 1
	$(BIN)/vigie add $(DEMO) $(DEMO)/exports/web/* $(DEMO)/exports/posts/* $(DEMO)/exports/articles/* $(DEMO)/exports/polls/*
	$(BIN)/vigie run $(DEMO)
	$(BIN)/vigie score $(DEMO)
	@$(BIN)/vigie brief $(DEMO)

test: $(READY) check unit

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

unit: $(READY)
	$(BIN)/pytest

docs: $(READY)
	$(BIN)/python -m docs.generate

bench: $(READY)
	$(BIN)/python -m bench

lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --output-file requirements.lock

clean:
	rm -rf $(VENV) $(DEMO)
