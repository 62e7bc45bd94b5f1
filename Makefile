# The doors of 小家. `make help` lists them; each needs nothing done before it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo serve test check bench bench-peers setup locks words clean
BIN := .venv/bin
ARGS ?=
LONG ?=
# Containers like to set it; every process of ours would then compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

demo: ## a simulated community in your browser: builds on first start, then serves until Ctrl+C
	@tools/setup.sh run
	@exec $(BIN)/xiaojia demo $(ARGS)

serve: ## the real thing for one office: serves your own communities until Ctrl+C
	@tools/setup.sh run
	@exec $(BIN)/xiaojia serve $(ARGS)

test: ## the tests, browser included; LONG=1: the slowest few too; one file: make test ARGS=tests/test_processes.py
	@tools/setup.sh dev
	@$(BIN)/pytest -n 2 $(if $(LONG)$(ARGS),,--leave-long) $(ARGS)

check: ## lint, format, types, who may import whom
	@tools/setup.sh dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: ## our figures in this very run, at most ten minutes
	@tools/setup.sh bench
	@$(BIN)/python -m bench $(ARGS)

bench-peers: ## the same beside other people's solvers; may take an hour
	@tools/setup.sh bench
	@$(BIN)/python -m bench --peers $(ARGS)

setup: ## only what demo and test prepare first: .venv, packages, styles, message catalogues
	@tools/setup.sh dev

locks: ## pin the newest packages that pyproject.toml allows
	@tools/setup.sh dev
	@tools/locks.sh

words: ## collect what pages say into the English catalogue
	@tools/setup.sh dev
	@$(BIN)/python tools/words.py

clean: ## take away what setup made; data stays
	rm -rf .venv node_modules xiaojia/assets/built *.egg-info .mypy_cache .ruff_cache .pytest_cache
