# Everything a person or the CI runs, one word each. Needs make and Python 3.11 or newer.
.DEFAULT_GOAL := help
.PHONY: sbom audit ship-tools compose-secrets compose-demo help setup demo test test-deploy test-postgres simulate simulate-variants bench bench-stages bench-webhooks check chaos proof guards explore lock nightly docs clean

MEMBERS := libs/common libs/cli services/gmail_ingest services/webhook_gateway \
	services/classifier services/draft_writer services/followups tests/simulators
BIN := .venv/bin
UV := .venv/bin/uv
READY := .venv/ready

# The first Python that is new enough; choose another with: make setup PYTHON=/path/to/python3
PYTHON ?= $(shell for one in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$one && break; \
	done)
# `make simulate`: how many histories, from which seed, in how many processes.
SEEDS ?= 1
FIRST ?= 0
JOBS ?= 1
# Options of `csm demo`, for example: make demo ARGS="--mail my.mbox --keep"
ARGS ?=
# A run of `make chaos`.
MAILS ?= 500
DB ?= sqlite
TIMING ?= fast
SEED ?= 1
# How Docker Compose is called, and what of the project is started (default: everything).
COMPOSE ?= docker compose
COMPOSE_UP ?=

help:  ## show these words
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY)  ## make .venv with exactly what requirements.lock names

$(UV): requirements-bootstrap.lock
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { \
		echo "CSM needs Python 3.11 or newer; name one: make setup PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(READY): $(UV) requirements.lock $(MEMBERS:%=%/pyproject.toml)
	@# Byte code now: where Python may not write it, each process would compile every library again.
	UV_COMPILE_BYTECODE=1 $(UV) pip install --quiet --python $(BIN)/python \
		--require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(MEMBERS:%=-e %)
	@touch $@

demo: setup  ## take real mail into a simulated help desk, with crashes (options: ARGS="...")
	$(BIN)/csm demo $(ARGS)

test: setup  ## every test that needs no database server, in stages (aim: 6 minutes on 2 cores)
	$(BIN)/python .ci/stages.py test

test-deploy: setup  ## what ships: images, manifests, units, rules, dashboards
	$(BIN)/python .ci/stages.py deploy

test-postgres: setup  ## the tests that need PostgreSQL (an embedded one, on a Unix socket)
	$(BIN)/python .ci/stages.py postgres

simulate: setup  ## histories of the real code in virtual time (SEEDS=300 FIRST=0 JOBS=2 TRACE=1)
	PYTHONPATH=tests $(BIN)/python -m faults.simulation --seeds $(SEEDS) --first $(FIRST) \
		--jobs $(JOBS) $(if $(TRACE),--trace) $(if $(HISTORY),--mails $(HISTORY))

simulate-variants: setup  ## each weakened copy of the code is found broken by some seed
	PYTHONPATH=tests $(BIN)/python -m faults.simulation --variants --seeds 300 --mails 12

nightly: setup  ## the tests that take long
	$(BIN)/python .ci/stages.py nightly

explore: setup  ## every state of the write protocol and the draft rule, weak variants broken (half a minute)
	PYTHONPATH=tests $(BIN)/python -m faults.model $(ARGS)

bench: setup  ## how fast it is: a table, also written into docs/performance.md (4 minutes)
	$(BIN)/python tests/bench/bench.py $(ARGS)

bench-stages: setup  ## 300 mails through all stages; 1, 2, 4 classifiers on PostgreSQL (4 minutes)
	PYTHONPATH=tests $(BIN)/python tests/bench/stages.py $(ARGS)

bench-webhooks: setup  ## signed webhooks per second through one gateway on one core (half a minute)
	$(BIN)/python tests/bench/webhooks.py $(ARGS)

chaos: setup  ## real processes that break again and again: MAILS=500 DB=sqlite|postgres TIMING=fast SEED=1
	PYTHONPATH=tests $(BIN)/python -m faults.chaos \
		--mails $(MAILS) --db $(DB) --timing $(TIMING) --seed $(SEED)

proof: setup  ## what a sceptic runs: explorers, 300 histories, 500 mails of chaos on each database
	$(BIN)/python .ci/stages.py proof
	$(MAKE) --no-print-directory explore
	$(MAKE) --no-print-directory simulate SEEDS=300 HISTORY=15 JOBS=2
	$(MAKE) --no-print-directory chaos DB=sqlite
	$(MAKE) --no-print-directory chaos DB=postgres

guards: setup  ## take each guard out of a copy of the source: its tests must notice (ARGS=--fast)
	PYTHONPATH=tests $(BIN)/python -m faults.guards $(ARGS)

SHIP := .venv-ship/ready
ship-tools: $(SHIP)  ## tools of packaging (Compose, SBOM, audit, licences) in .venv-ship
$(SHIP): $(UV) requirements-ship.lock
	$(UV) venv --quiet --clear --python $(BIN)/python .venv-ship
	$(UV) pip install --quiet --python .venv-ship/bin/python --require-hashes \
		-r requirements-ship.lock
	@touch $@

sbom: setup ship-tools  ## a CycloneDX bill of materials of the environment: build/sbom.json
	mkdir -p build
	.venv-ship/bin/cyclonedx-py environment $(BIN)/python --of JSON -o build/sbom.json

audit: setup ship-tools  ## known weaknesses of the locked dependencies (asks the advisories' server)
	.venv-ship/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip

compose-secrets: setup  ## keys and passwords of the Compose project into ./secrets, where missing
	$(BIN)/csm secrets $(or $(CSM_SECRETS),secrets) --containers --demo

compose-demo: compose-secrets  ## mail through the Compose project, judged from outside (ARGS="--kill nats")
	$(COMPOSE) --profile demo up --detach --wait $(COMPOSE_UP)
	COMPOSE="$(COMPOSE)" $(BIN)/python tests/compose_demo.py $(ARGS)

check: setup  ## style, types, layers, house rules, lock and documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python .ci/check_lock.py
	$(BIN)/python -m pytest -q --no-header tests/unit/test_style_rules.py \
		tests/unit/test_promises.py tests/unit/test_readme.py

docs: setup  ## write docs/guarantees.md anew from tests/promises.py
	$(BIN)/python tests/promises.py > docs/guarantees.md.new
	mv docs/guarantees.md.new docs/guarantees.md

# uv.lock is not committed, because it names the package index; these two files name none.
lock: $(UV)  ## resolve the dependencies anew (releases of the last week are left out)
	rm -f uv.lock
	$(UV) lock --quiet
	$(UV) export --quiet --all-packages --no-emit-workspace --no-header -o requirements.lock
	$(UV) export --quiet --only-group bootstrap --no-header -o requirements-bootstrap.lock
	$(UV) export --quiet --only-group ship --no-header -o requirements-ship.lock
	@! grep -n '://' requirements.lock requirements-bootstrap.lock requirements-ship.lock

clean:  ## remove the environment, caches and local state
	rm -rf .venv .venv-ship var build dist .coverage .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
