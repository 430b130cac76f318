# Everything the project can be asked to do; `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
DEMO ?= demo
ARGS ?=
BENCH ?= overlay
FACTOR ?= 1
SIZE ?= 1000000
# a worker waits a third of its time: for the store, for a service that starts
WORKERS ?= $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 )))
BIN := .venv/bin
STAMP := .venv/.installed
PEERS := .venv/.peers
PAGE := api/web/dist/index.html
PAGE_SOURCES := $(wildcard api/web/package*.json api/web/tsconfig.json api/web/*.ts api/web/*.html api/web/.npmrc) \
	$(shell find api/web/src api/web/public -type f)

.PHONY: help setup web demo check format test bench screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "Variables: PYTHON=python3.12 (setup), DEMO=folder (demo), ARGS='-k farmland' WORKERS=3 (test), ARGS=--hypothesis-profile=search (new cases),"
	@echo "FACTOR=0.1 ARGS='--rounds 1 --json FILE', ARGS=--quick (bench), BENCH=store SIZE=50000, BENCH=scale (bench)"

setup: $(STAMP) ## make .venv with the pinned dependencies
	@:

$(STAMP): pyproject.toml constraints.txt $(wildcard conflict/native/*)
	@bash .ci/make_venv '$(PYTHON)' .venv
	@touch $@

web: $(PAGE) ## build the web page, which the service then serves
	@:

$(PAGE): build_web.py $(PAGE_SOURCES) | $(STAMP)
	@echo 'Building the web page (a minute the first time)'
	@$(BIN)/python build_web.py
	@touch $@

demo: setup ## load the sample city, find its conflicts, check five sites
	@$(MAKE) web || echo 'The service answers without the page; build it by: make web' >&2
	@$(BIN)/blueprint demo --out '$(DEMO)'

check: setup ## lint, types and the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup ## put the code into the project's format
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

test: setup web ## all tests, with a throw-away PostGIS unless BLUEPRINT_TEST_POSTGIS names one
	@$(BIN)/python tests/postgis_cluster.py -- $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

bench: setup $(PEERS) ## time the engine (BENCH=overlay), the stores (BENCH=store), the workers (BENCH=scale), tiles (BENCH=tiles), checks over HTTP (BENCH=load), the web page (BENCH=page)
	@case '$(BENCH)' in \
	overlay) set -- tests.benchmarks.overlay --factor '$(FACTOR)' ;; \
	scale) set -- tests.benchmarks.scale --factor '$(FACTOR)' ;; \
	store) set -- tests.benchmarks --size '$(SIZE)' ;; \
	tiles) set -- tests.benchmarks.tiles ;; \
	page) $(MAKE) web; set -- tests.benchmarks.page ;; \
	load) set -- tests.benchmarks.load --factor '$(FACTOR)' ;; \
	*) echo "make bench: BENCH is overlay, scale, store, tiles, page or load, not '$(BENCH)'" >&2; exit 1 ;; \
	esac; $(BIN)/python tests/postgis_cluster.py -- $(BIN)/python -m "$$@" $(ARGS)

screenshots: setup web ## pictures of every view in both languages, into docs/screenshots
	@$(BIN)/python -m tests.web.screenshots

# A peer that cannot be installed is named in the report; the others run.
$(PEERS): $(STAMP)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt \
		--no-build-isolation --editable '.[bench]' && touch $@ || \
		echo 'make bench: not all peers could be installed, as told above' >&2

clean: ## remove whatever make and the tools have made
	@rm -rf .venv build demo api/web/.node api/web/node_modules api/web/dist conflict/*.so *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
