# The two commands of the README. Both set up .venv on first use.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1
# Twice the cores: many tests wait for another process, or for the wall clock.
export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))

.PHONY: demo test test-all fault-matrix lint firmware-check clean

demo: .venv/ready-report
	$(BIN)/hil demo

test: .venv/ready-dev
	$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

test-all: .venv/ready-dev
	$(BIN)/python -m pytest -n auto -m 'not hardware' $(PYTEST_ARGS)

fault-matrix: .venv/ready-dev
	$(BIN)/python -m pytest -n auto -m 'not hardware' tests/integration/fault_matrix $(PYTEST_ARGS)

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The shipped snn as an app, built inside a stock crazyflie-firmware tree: make firmware-check FIRMWARE=DIR
ifneq ($(wildcard $(FIRMWARE)/tools/make/oot.mk),)
firmware-check: .venv/ready-report
	rm -rf build/firmware-check
	$(BIN)/hil export snn --format crazyflie-app --out build/firmware-check
	$(MAKE) -C build/firmware-check CRAZYFLIE_BASE=$(abspath $(FIRMWARE))
else
firmware-check:
	@echo "make firmware-check FIRMWARE=DIR: '$(FIRMWARE)' is no crazyflie-firmware tree (no tools/make/oot.mk)" >&2; exit 2
endif

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
