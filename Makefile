# Bright Kitchen. `make help` lists what there is; `make up` and `make test` are all a newcomer needs.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Which Python makes the environment (3.11 or newer 3.11.x); of several on the PATH one that is not much slower than another.
PYTHON ?= $(shell .ci/python python3.11)
# An extra package index for torch, e.g. the one with CPU builds for a machine without a GPU. Empty: pip's own.
TORCH_INDEX ?=
# make up: folder of the installation, port of the console, number of simulated cameras.
DATA ?= data
PORT ?= 8080
DEMO ?= 4
# make bench-ingest: how many cameras, for how long each round. (bash sets SECONDS itself, so it is never inherited.)
CAMERAS ?= 31
ifneq ($(origin SECONDS),command line)
SECONDS := 20
endif
# make test: what to run, e.g. make test TESTS="tests/rtsp -x", and how many files of tests at a time (0: one after the
# other). What of whole stacks fails beside others is run once more, alone.
TESTS ?= tests
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CONSOLE := services/gateway/console
CONSOLE_BUILT := $(CONSOLE)/dist/index.html
CONSOLE_SOURCES := $(shell find $(CONSOLE) \( -name node_modules -o -name dist \) -prune -o -type f -print 2>/dev/null)

.PHONY: help up test test-peers check format bench-ingest bench-live bench-whep bench-ice-port bench-recorder bench-detector bench-alerting bench-start bench-seek bench-timeline bench-figures bench-audit bench-gateway bench-doors bench-search bench-intercom bench-broadcast proof-gateway proof-console proof-intercom proof-broadcast proof-recorder proof-detector proof-alerting proof-diagnosis proof-rodents proof-drills console docs clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

up: $(INSTALLED) $(CONSOLE_BUILT) ## run everything on this machine: DATA= PORT= DEMO=; Ctrl-C stops it
	@exec $(BIN)/bk up --data "$(DATA)" --port "$(PORT)" --demo "$(DEMO)"

test: $(INSTALLED) $(CONSOLE_BUILT) peers-if-possible check ## the whole suite: TESTS= for a part of it, WORKERS= at a time
	@.ci/suite $(BIN)/python "$(WORKERS)" $(TESTS)

test-peers: ## install what tests compare us with: GStreamer's RTSP server, Chromium, ffmpeg (needs root)
	@.ci/peers install

.PHONY: peers-if-possible
peers-if-possible:
	@.ci/peers present || { .ci/peers can-install && $(MAKE) --no-print-directory test-peers; } || true

check: $(INSTALLED) ## ruff, mypy --strict, the architecture test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict shared services
	$(BIN)/python -m pytest -q tests/architecture

format: $(INSTALLED) ## write the code the way `make check` wants it
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench-ingest: $(INSTALLED) ## CPU and memory of ingest beside ffmpeg: CAMERAS= SECONDS=
	@$(BIN)/python -m tests.bench.bench_ingest --cameras "$(CAMERAS)" --seconds "$(SECONDS)"

bench-live: $(INSTALLED) $(CONSOLE_BUILT) ## first picture and latency in Chromium
	@$(BIN)/python -m tests.bench.bench_live

bench-whep: $(INSTALLED) $(CONSOLE_BUILT) ## the same by WebRTC, beside MediaSource, and what a view costs
	@$(BIN)/python -m tests.bench.bench_whep

bench-ice-port: $(INSTALLED) ## one UDP port for all talks beside one for each
	@$(BIN)/python -m tests.bench.bench_ice_port

bench-recorder: $(INSTALLED) $(CONSOLE_BUILT) ## what recording costs, beside ffmpeg segmenting to disk: CAMERAS= SECONDS=
	@$(BIN)/python -m tests.bench.bench_recorder --cameras $(CAMERAS) --seconds $(SECONDS)

bench-detector: $(INSTALLED) $(CONSOLE_BUILT) ## analysed pictures beside the bare models, decoding, captured to fact: CAMERAS= SECONDS=
	@$(BIN)/python -m tests.bench.bench_detector --cameras "$(CAMERAS)" --seconds "$(SECONDS)"

bench-alerting: $(INSTALLED) $(CONSOLE_BUILT) ## a picture in front of a camera to a person's screen, hop by hop: CAMERAS= SECONDS=
	@$(BIN)/python -m tests.bench.bench_alerting --cameras "$(if $(filter command line,$(origin CAMERAS)),$(CAMERAS),31)" --seconds "$(if $(filter command line,$(origin SECONDS)),$(SECONDS),90)"

bench-start: $(INSTALLED) $(CONSOLE_BUILT) ## how soon `bk up` is ready
	@$(BIN)/python -m tests.bench.bench_start

bench-seek: $(INSTALLED) $(CONSOLE_BUILT) ## 200 seeks in a day of three cameras, in Chromium
	@$(BIN)/python -m tests.bench.bench_seek

bench-timeline: $(INSTALLED) ## a timeline out of ten million segments, with its plan
	@$(BIN)/python -m tests.bench.bench_timeline

bench-figures: $(INSTALLED) ## figures out of a million alerts, each with its plan
	@$(BIN)/python -m tests.bench.bench_figures

bench-audit: $(INSTALLED) ## what the hash chain of the audit trail costs
	@$(BIN)/python -m tests.bench.bench_audit

bench-gateway: $(INSTALLED) ## what event streams and live views cost the gateway, REST and push beside them: CAMERAS= SECONDS=
	@$(BIN)/python -m tests.bench.bench_gateway --cameras "$(CAMERAS)" --seconds "$(if $(filter command line,$(origin SECONDS)),$(SECONDS),6)"

bench-doors: $(INSTALLED) $(CONSOLE_BUILT) ## long lists compressed, the console's first page, many log-ins at once: WHAT=lists|console|logins
	@$(BIN)/python -m tests.bench.bench_doors --what "$(if $(filter command line,$(origin WHAT)),$(WHAT),lists)"

bench-search: $(INSTALLED) ## words found among 20,000 cameras, 2,000 schools, 50,000 cases
	@$(BIN)/python -m tests.bench.bench_search

bench-intercom: $(INSTALLED) $(CONSOLE_BUILT) ## a press to the first sound, mouth to camera, CPU of a talk: WHAT=all|press|browser|latency|cost
	@$(BIN)/python -m tests.bench.bench_intercom --what "$(if $(filter command line,$(origin WHAT)),$(WHAT),all)"

bench-broadcast: $(INSTALLED) $(CONSOLE_BUILT) ## what one more camera costs a broadcast, how far apart they begin: CAMERAS= SECONDS=
	@$(BIN)/python -m tests.bench.bench_broadcast --cameras "$(CAMERAS)" --seconds "$(SECONDS)"

proof-broadcast: $(INSTALLED) $(CONSOLE_BUILT) ## 28 kitchens and three that are dead, busy, refusing: every receipt compared
	@$(BIN)/python -m tests.bench.proof_broadcast

WHAT ?= kill
proof-recorder: $(INSTALLED) $(CONSOLE_BUILT) ## every fragment of 31 cameras compared: WHAT=kill|objects|database CAMERAS= SECONDS=
	@$(BIN)/python -m tests.bench.proof_recorder --what "$(WHAT)" --cameras "$(CAMERAS)" --seconds "$(SECONDS)"

proof-gateway: $(INSTALLED) $(CONSOLE_BUILT) ## killed under 200 listeners, or the OpenAPI document walked by every role: WHAT=killed|schema
	@$(BIN)/python -m tests.bench.proof_gateway --what "$(if $(filter command line,$(origin WHAT)),$(WHAT),killed)"

proof-console: $(INSTALLED) $(CONSOLE_BUILT) ## each role's day in Chromium at 390, 1280 and 1920 px in both languages, with screenshots: SHOTS=
	@$(BIN)/python -m tests.bench.proof_console $(if $(SHOTS),--shots "$(SHOTS)")

proof-detector: $(INSTALLED) ## more cameras than CPU, or a worker killed: WHAT=many|kill CAMERAS= SECONDS=
	@$(BIN)/python -m tests.bench.proof_detector --what "$(WHAT)" --cameras "$(CAMERAS)" --seconds "$(SECONDS)"

proof-alerting: $(INSTALLED) ## facts doubled, shuffled and a worker killed, or ten thousand cameras on one: WHAT=replay|many CAMERAS= SECONDS=
	@$(BIN)/python -m tests.bench.proof_alerting --what "$(if $(filter command line,$(origin WHAT)),$(WHAT),replay)" --cameras "$(if $(filter command line,$(origin CAMERAS)),$(CAMERAS),10000)" --seconds "$(if $(filter command line,$(origin SECONDS)),$(SECONDS),90)"

proof-diagnosis: $(INSTALLED) ## precision and recall of picture diagnosis on 329 degraded clips
	@$(BIN)/python -m tests.bench.proof_diagnosis

proof-rodents: $(INSTALLED) ## runs found and false alarms of the night watch on composed nights
	@$(BIN)/python -m tests.bench.proof_rodents

proof-drills: $(INSTALLED) $(CONSOLE_BUILT) ## the tone of a drill: found, not found, false alarms; kitchens of a real stack
	@$(BIN)/python -m tests.bench.proof_drills

proof-intercom: $(INSTALLED) $(CONSOLE_BUILT) ## what is said is what is heard: WHAT=tone|network|killed SECONDS=
	@$(BIN)/python -m tests.bench.proof_intercom --what "$(if $(filter command line,$(origin WHAT)),$(WHAT),tone)" --seconds "$(SECONDS)"

console: $(CONSOLE_BUILT) ## build the console

docs: $(INSTALLED) ## write the generated tables again
	$(BIN)/python -m shared.settings_table

clean: ## remove the environment and what was built; data stays
	rm -rf $(VENV) $(CONSOLE)/node_modules $(CONSOLE)/dist build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(INSTALLED): pyproject.toml .ci/constraints.txt
	@.ci/install "$(PYTHON)" "$(VENV)" "$(TORCH_INDEX)"

$(CONSOLE_BUILT): $(CONSOLE_SOURCES) | $(INSTALLED)
	@.ci/build-console "$(VENV)" "$(CONSOLE)"
