# Names commands only; what they do is in manage.py and .ci/.
PYTHON ?= python3
UV ?= uv
MANAGE = .venv/bin/python manage.py
CHECK = .venv/bin/python .ci/check.py
GATES = format lint imports types system migrations schema tests
LOCK = $(UV) pip compile pyproject.toml --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help install up demo test check fix $(GATES) test-postgresql-15 benchmark benchmark-ingest benchmark-series benchmark-alarms proof-metering proof-smartme fuzz-smartme messages proto lock

help:
	@echo "make demo    the platform with a demonstration building; Ctrl-C stops it"
	@echo "make test    every gate, with services of its own"
	@echo "make up      the platform, empty"
	@echo "make check   every gate, with the services of a running \`up\`; single gates: $(GATES)"
	@echo "also: install fix messages test-postgresql-15 benchmark benchmark-ingest benchmark-series benchmark-alarms proof-metering lock"

install:
	@.ci/install $(PYTHON)

up: install
	$(MANAGE) up

demo: install
	$(MANAGE) demo

# Services of its own, so that a running demonstration of this checkout is left alone.
test: export STATE_DIR ?= var/test
test: install
	$(MANAGE) up -- make check

check:
	$(CHECK)

$(GATES):
	$(CHECK) $@

fix:
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

test-postgresql-15: install
	.ci/test-postgresql-15

benchmark: install
	for name in readings rollups series ingest_http detail topology views scale whole_sites history access onboarding auth plans sweep smartme_sweep smartme_backfill commands realtime; do \
		$(MANAGE) up -- .venv/bin/python -m tests.benchmarks.$$name || exit 1; done

# Five minutes of 60,000 points a second over HTTP, with worker and beat: memory, backlog, sums.
benchmark-ingest: install
	$(MANAGE) up -- .venv/bin/python -m tests.benchmarks.ingest_sustained

# Series out of 100 million readings; wants 45 GB of disk for a while.
benchmark-series: install
	$(MANAGE) up -- .venv/bin/python -m tests.benchmarks.series 2850

# The sweep of a rule of alarms over 1,000,000 devices.
benchmark-alarms: install
	$(MANAGE) up -- .venv/bin/python -m tests.benchmarks.alarms

# A year of 200 metering points against a naive computation, everything killed again and again;
# `make test` runs it for two.
proof-metering: install
	$(MANAGE) up -- .venv/bin/python -m tests.proofs.metering 200

# An hour of four smart-me accounts with every fault and everybody killed; `make test` runs two
# minutes of it.
proof-smartme: install
	$(MANAGE) up -- .venv/bin/python -m tests.proofs.smartme 60

# Five minutes of chance against the reader of smart-me posts; `make test` runs seconds.
fuzz-smartme: install
	FUZZ_SECONDS=300 $(MANAGE) up -- .venv/bin/python -m pytest -q --timeout 3600 tests/integrations/smartme/realtime/test_fuzz.py

messages:
	$(MANAGE) messages

# Needs grpcio-tools, which nothing else does: PROTOC='/path/python -m grpc_tools.protoc'.
PROTOC ?= .venv/bin/python -m grpc_tools.protoc
proto:
	$(PROTOC) -I. --python_out=. --pyi_out=. integrations/smartme/realtime/realtime.proto

lock:
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --output-file requirements-dev.lock
