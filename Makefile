# The two commands of the README. Both set up .venv on first use.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1

.PHONY: demo test fault-matrix lint clean

demo: .venv/ready-report
	$(BIN)/hil demo

test: .venv/ready-dev
	$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

fault-matrix: .venv/ready-dev
	$(BIN)/python -m pytest -n auto -m 'not hardware' tests/integration/fault_matrix $(PYTEST_ARGS)

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hil needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv

.venv/ready-report: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[report]'
	touch $@

.venv/ready-dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ .venv/ready-report

clean:
	rm -rf .venv build dist
