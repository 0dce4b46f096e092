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

# Tests start many processes: where nothing compiled is kept, each compiles all of lastcall.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test test-slow test-clocks test-kafka test-browser chaos laws check bench bench-peers bench-tick
.PHONY: bench-catalog bench-retention bench-startup bench-ask bench-latency
.PHONY: fuzz fuzz-engine schema fmt lock catalog-packages

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

test-slow: setup  ## what takes more than ten seconds each, but for what `make test-kafka` runs anyway
	$(BIN)/pytest -n auto --dist worksteal -m "slow and not broker and not apache_kafka" $(ARGS)

test-clocks: setup  ## what reads the clock, on twelve days (needs faketime); DAYS="2027-03-01 00:30:00, ..." names others
	DAYS="$(DAYS)" .ci/clocks $(BIN)/pytest -n auto --dist worksteal -q -m "clock and not slow and not apache_kafka and not browser" $(ARGS)

test-kafka: setup  ## the broker tests on a real Apache Kafka (needs Java and Maven)
	.ci/kafka run $(BIN)/pytest -n auto --dist worksteal -m "broker or apache_kafka" $(ARGS)

test-browser: setup  ## the page in a real Chromium
	$(BIN)/pytest -m browser $(ARGS)

chaos: setup  ## a million records, and months of escalation, while consumers and schedulers are killed
	LASTCALL_CHAOS_SEED=$(SEED) LASTCALL_CHAOS_RECORDS=1000000 LASTCALL_CHAOS_KILLS=20 \
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

PACKAGES := .cache/catalog
catalog-packages: setup $(PACKAGES)/.ready  ## the dates in the packages openai and anthropic against the catalog
	$(BIN)/python -m scripts.compare_packages $(PACKAGES)/*.whl

$(PACKAGES)/.ready: requirements.catalog.lock
	rm -rf $(PACKAGES)
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest $(PACKAGES) -r requirements.catalog.lock
	@touch $@

bench: setup  ## what a call costs, and throughput against a bare loop and other stream processors
	-$(MAKE) --no-print-directory bench-peers
	status=0; $(BIN)/python -m bench.decode || status=1; \
	  .ci/kafka run $(BIN)/python -m bench.ingest $(ARGS) || status=1; exit $$status

PEERS := .cache/bench
bench-peers: $(PEERS)/.ready  ## Quix Streams and Bytewax, in an environment of their own

$(PEERS)/.ready: requirements.bench.lock
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.bench.lock
	@touch $@

bench-tick: setup  ## seconds and memory of a tick over 100,000 open campaigns
	$(BIN)/python bench/tick.py $(ARGS)

bench-retention: setup  ## a year of 1,000 services: the size of each table by month
	$(BIN)/python -m bench.retention $(ARGS)

bench-startup: setup  ## CPU seconds of `lastcall --help` and `lastcall who`, beside an empty Python
	$(BIN)/python -m bench.startup $(ARGS)

bench-latency: setup  ## seconds from a call's production to the API's answer, at half the peak rate (needs Java and Maven)
	.ci/kafka run $(BIN)/python -m bench.latency $(ARGS)

bench-catalog: setup  ## seconds until 300 new ends have found their callers, and until 200,000 series are resolved again
	$(BIN)/python -m bench.catalog $(ARGS)

bench-ask: setup  ## milliseconds of the page, the API and the commands' questions over 100,000 exposures
	$(BIN)/python -m bench.ask $(ARGS)

INPUTS ?= 10000000
fuzz: setup  ## decoding of ten million mutated records; INPUTS=100000 makes them fewer, ARGS="--seed 7" repeats them
	-$(MAKE) --no-print-directory fuzz-engine
	PYTHONPATH=$(ATHERIS) $(BIN)/python -m tests.fuzz.run --inputs $(INPUTS) $(ARGS)

ATHERIS := .cache/atheris
fuzz-engine: $(ATHERIS)/.ready  ## atheris, which there is for few platforms; without it inputs are mutated blindly

$(ATHERIS)/.ready: requirements.fuzz.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --target $(ATHERIS) --require-hashes -r requirements.fuzz.lock
	@touch $@

schema: setup  ## migrations/schema.sql anew: what the migrations come to
	WRITE_SCHEMA=1 $(BIN)/python -m pytest -q tests/integration/test_migrations.py

fmt: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

LOCK := uv pip compile --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --quiet

lock:  ## anew from pyproject.toml (needs uv): all that development needs, what the image needs of it, peers, atheris, packages with dates
	$(LOCK) pyproject.toml --all-extras --group dev --output-file requirements.lock
	$(LOCK) pyproject.toml --group build --constraint requirements.lock --output-file requirements.image.lock
	$(LOCK) --group pyproject.toml:bench --output-file requirements.bench.lock
	$(LOCK) --group pyproject.toml:fuzz --output-file requirements.fuzz.lock
	$(LOCK) --no-deps --group pyproject.toml:catalog --output-file requirements.catalog.lock
