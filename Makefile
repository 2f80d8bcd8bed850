# The commands of everyday work. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z][a-z-]*\):.*/\1/p' $(MAKEFILE_LIST))
BIN := .venv/bin

help: ## list these commands
	@echo "usage: make COMMAND"
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

setup: ## make .venv with all that development needs, and the Git hooks
	sh install.sh --dev
	$(BIN)/prek install

compiled: ## build the compiled passes again, after a change of a .pyx or .pxi file
	$(BIN)/python engine/compile_passes.py

format: ## put Python and SQL into the house's layout
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix sql

lint: ## run every check that reads the project without running it
	.ci/lint

type: ## check the types
	$(BIN)/mypy

test: ## run the tests that take a minute
	$(BIN)/python -m pytest -n auto

test-slow: ## run the tests that take minutes
	$(BIN)/python -m pytest -n auto -m slow

SECONDS := 1200
TARGET := dump_reader
fuzz: ## fuzz one part for as long as you like: TARGET=event_splitter SECONDS=3600
	$(BIN)/python tests/fuzz/fuzz.py $(TARGET) --seconds $(SECONDS)

SIZE := 20MB
SHAPE := export
REPEATS := 5
CASES :=
BENCH_OPTIONS = --size $(SIZE) --shape $(SHAPE) --repeats $(REPEATS)

bench: ## measure each stage beside its yardstick; also SIZE=1GB SHAPE=tiny REPEATS=1 CASES="tables job"
	$(BIN)/python -m benchmarks.speed measure $(BENCH_OPTIONS) $(CASES)

bench-compare: ## measure another revision in turn with this one: BASE=v0.1.0
	@test -n "$(BASE)" || { echo "name a revision: make bench-compare BASE=main" >&2; exit 2; }
	$(BIN)/python -m benchmarks.speed compare $(BENCH_OPTIONS) $(BASE) $(CASES)

bench-trend: ## chart the history of the ratios, and name what became slower
	$(BIN)/python -m benchmarks.speed trend

bench-gate: ## refuse wrong answers, too much memory and ratios far out of line, as .ci/run does
	$(BIN)/python -m benchmarks.speed gate

bench-detection: ## count what the detector finds of planted errors
	$(BIN)/python -m benchmarks.detection

golden: ## write the golden files of the reports again; look at the difference before committing
	UPDATE_GOLDEN=1 $(BIN)/python -m pytest tests/reports

charts: ## compile the page's charts and bundle Vega; needs Node and npm
	sh docs/charts/make.sh

docs: ## write the pages about rules and views from the headers of their SQL
	$(BIN)/balance-sync rules docs

lock: ## write the lock files from pyproject.toml
	.ci/lock

lock-check: ## fail if a lock file is not what pyproject.toml asks for
	.ci/lock --check

lock-upgrade: ## lock the newest versions that pyproject.toml allows
	.ci/lock --upgrade

demo: ## make a sample archive, reconcile it and say which file to open
	$(BIN)/balance-sync demo

check: lint lock-check test ## run what must pass before a commit

ci: ## prove the last commit from nothing, as continuous integration does
	.ci/run

docker: ## build the image
	docker build -t calo_balance_sync .

clean: ## remove the caches of the tools
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
