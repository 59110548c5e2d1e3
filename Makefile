# Targets make their own .venv/. More arguments for pip, such as an index of CPU builds of torch:
#     make test PIP_ARGS='--extra-index-url URL'
PYTHON ?= python3
PIP_ARGS ?=
BIN := .venv/bin

.DELETE_ON_ERROR:
.PHONY: help install demo check test corpus mutants

help:
	@echo 'make install   .venv/ with the exact versions of constraints.txt, and the command $(BIN)/seq2seq'
	@echo 'make demo      train on the built-in corpus, translate, evaluate, draw: minutes, no network'
	@echo 'make check     ruff and mypy --strict'
	@echo 'make test      check, then pytest'
	@echo 'make corpus    write data/builtin/ again, by the grammar beside it'
	@echo 'make mutants   inject bugs one by one and see the tests fail (minutes)'

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_ARGS) -e '.[dev]'
	@touch $@

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

demo: install
	$(BIN)/seq2seq demo

test: check
	$(BIN)/python -m pytest

corpus: install
	PYTHONPATH=data $(BIN)/python -m grammar

mutants: install
	$(BIN)/python -m tests.mutants
