# Everything below needs Python 3.11 or newer and make; `make setup` gets the rest from the lock file.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
# Of `make laws` and `make chaos`, which print it; SEED=7 repeats a run.
ifndef SEED
SEED := $(strip $(shell od -An -N3 -tu4 /dev/urandom))
endif
RUNS ?= 20
HISTORIES ?= 5000

.PHONY: setup demo test test-slow test-clocks test-kafka test-browser chaos laws check bench bench-tick fmt lock

setup: $(READY)  ## the command, at .venv/bin/lastcall

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: setup  ## the GPT-4.5 Preview case in about a minute; ARGS=--exit ends it
	$(BIN)/lastcall demo $(ARGS)

test: setup  ## all tests but the slow ones and those that need Apache Kafka or a browser: the same each time
	$(BIN)/pytest -n auto --dist worksteal -m "not slow and not apache_kafka and not browser" $(ARGS)

test-slow: setup  ## what takes more than half a minute each
	$(BIN)/pytest -n auto --dist worksteal -m "slow and not apache_kafka" $(ARGS)

test-clocks: setup  ## what reads the clock, on twelve days (needs faketime); DAYS="2027-03-01 00:30:00, ..." names others
	DAYS="$(DAYS)" .ci/clocks $(BIN)/pytest -n auto --dist worksteal -q -m "clock and not slow and not apache_kafka and not browser" $(ARGS)

test-kafka: setup  ## the broker tests on a real Apache Kafka (needs Java and Maven)
	.ci/kafka run $(BIN)/pytest -m "broker or apache_kafka" $(ARGS)

test-browser: setup  ## the page in a real Chromium
	$(BIN)/pytest -m browser $(ARGS)

chaos: setup  ## a million records, and months of escalation, while consumers and schedulers are killed
	LASTCALL_CHAOS_SEED=$(SEED) LASTCALL_CHAOS_RECORDS=1000000 \
	  .ci/kafka run $(BIN)/pytest tests/chaos/test_consumers_killed.py -m apache_kafka -s $(ARGS)
	LASTCALL_CHAOS_SEED=$(SEED) LASTCALL_CHAOS_SERVICES=300 LASTCALL_CHAOS_KILLS=60 \
	  $(BIN)/pytest tests/chaos/test_three_schedulers.py -s $(ARGS)

laws: setup  ## the property tests by chance: RUNS of them, two at a time, each with HISTORIES of escalation
	seq $(SEED) $$(($(SEED) + $(RUNS) - 1)) | LASTCALL_LAWS_EXAMPLES=$(HISTORIES) xargs -t -P 2 -I{} \
	  $(BIN)/pytest tests/property -q --hypothesis-profile=chance --hypothesis-seed={} $(ARGS)

check: setup  ## lint, format, types, layers, catalog
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/lastcall catalog check

bench: setup  ## throughput against a bare loop and FastStream's defaults
	.ci/kafka run $(BIN)/python bench/ingest.py $(ARGS)

bench-tick: setup  ## seconds and memory of a tick over 100,000 open campaigns
	$(BIN)/python bench/tick.py $(ARGS)

fmt: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --quiet

lock:  ## anew from pyproject.toml (needs uv): all that development needs, and what the image needs of it
	$(LOCK) --all-extras --group dev --output-file requirements.lock
	$(LOCK) --group build --constraint requirements.lock --output-file requirements.image.lock
