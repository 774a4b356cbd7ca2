# The commands of this repository. Each does its own set-up (.ci/setup); PYTHON=python3.13 picks an interpreter.
.POSIX:
PYTHON =
MEDIAPIPE_PYTHON = $(BIN)/python
ROOM = session
ARGS =
BIN = .venv/bin
# Tests start hundreds of Python processes. Where bytecode is not kept, each of them compiles our code anew.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
# Two more than the cores of a small machine: browser tests wait more than they compute.
WORKERS = 4
# Percent of lines and branches that the unit tests reach together; raise it when they reach more.
COVERAGE_FLOOR = 97
FAST = tests/unit/core tests/unit/session tests/unit/liveness tests/unit/evidence tests/unit/tlog tests/unit/audit tests/unit/protocol \
    tests/unit/live tests/unit/launch tests/unit/review tests/unit/ports tests/property

.PHONY: help check test test-fast demo redteam adversary docs lock release coverage clean fault mutants train-pad bench-pad bench-accuracy bench-throughput compare soak test-busy

help:
	@echo "make demo     a learner's session, live, on http://127.0.0.1:8000 (Ctrl-C ends it)"
	@echo "make test     every test            ARGS='-k merkle' passes options to pytest, WORKERS=0 runs in one process"
	@echo "make test-fast  the rules, the log and the protocol, in under two minutes"
	@echo "make check    lint, format, types, import order, file sizes, SDK types"
	@echo "make redteam  what cheats earn and honest learners lose; writes docs/redteam.md"
	@echo "make adversary  search for the worst that cheats earn and honest learners lose (an hour)   ARGS='--sessions 3000'"
	@echo "make docs     rewrite all that is generated from the code: pages, schema, clients"
	@echo "make lock     resolve the dependencies anew into requirements.lock"
	@echo "make release  wheels, npm package, SBOM and hashes into dist/   ARGS=--draft tries it on any commit"
	@echo "make coverage branch coverage of the unit tests, room by room; fails below the floor"
	@echo "make train-pad  the attack-detection network anew, from ../shared (2 cores, under an hour)"
	@echo "make bench-pad  its error rates on people and sources left out"
	@echo "make bench-accuracy    identity, challenge, injection and picture figures of docs/accuracy.md, from ../shared"
	@echo "make bench-throughput  speed of every stage, one and two workers, cold start"
	@echo "make compare  the engines that benchmarks compare with: then ARGS='--dlib --mediapipe' measures them too"
	@echo "make fault    a thousand killed and failing log writers (half an hour)   ARGS='--runs 100'"
	@echo "make mutants  what the unit tests of the session core do not notice (40 minutes)   ARGS='credit step', ROOM=ledger"
	@echo "make test-busy  the timing-sensitive tests beside four processes that compute (15 minutes at most)"
	@echo "make soak     twenty minutes of study in a real browser: does it grow, is every second credited"
	@echo "make clean    remove what set-up and the tools made"

check:
	@PYTHON='$(PYTHON)' sh .ci/setup check
	@$(BIN)/python .ci/check.py

test:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@$(PYTEST) -n $(WORKERS) --dist worksteal --durations=15 --durations-min=2 $(ARGS)

# The inner loop: no browser, no models, no real server; and no branch coverage, which runs each test of its room again.
test-fast:
	@PYTHON='$(PYTHON)' sh .ci/setup check
	@$(PYTEST) -q -n $(WORKERS) --dist worksteal --ignore-glob='*/test_branch_coverage.py' $(FAST) $(ARGS)

demo:
	@PYTHON='$(PYTHON)' sh .ci/setup demo
	@exec $(BIN)/zaichang demo $(ARGS)

redteam:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@$(BIN)/python -m zaichang_simulation.suite tests --page docs/redteam.md $(ARGS)

adversary:
	@PYTHON='$(PYTHON)' sh .ci/setup check
	@PYTHONPATH=service $(BIN)/python -m benchmarks.adversary $(ARGS)

docs:
	@PYTHON='$(PYTHON)' sh .ci/setup check
	@$(BIN)/python -m zaichang.api --write
	@$(BIN)/python .ci/pages.py
	@$(BIN)/python client_sdk/web/scripts/reasons.py

fault:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@PYTHONPATH=service $(BIN)/python -m benchmarks.log.fault $(ARGS)

mutants:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'mutmut==3.8.1'
	@ROOM=$(ROOM) $(BIN)/python tests/mutants.py $(ARGS)

lock:
	@PYTHON='$(PYTHON)' sh .ci/setup check
	@sh .ci/lock $(ARGS)

release:
	@PYTHON='$(PYTHON)' sh .ci/setup check
	@$(BIN)/python .ci/release.py $(ARGS)

coverage:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@$(PYTEST) -q -n $(WORKERS) --dist worksteal tests/unit --cov=zaichang --cov-branch --cov-report=term:skip-covered \
	    --cov-fail-under=$(COVERAGE_FLOOR) $(ARGS)

test-busy:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python tests/busy.py $(ARGS)

# Chromium must be there; about 21 minutes.
soak:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@PYTHONPATH=service $(BIN)/python -m benchmarks.sdk.soak_live $(ARGS)

clean:
	rm -rf .venv .venv-mediapipe client_sdk/web/node_modules client_sdk/web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache

# Torch is wanted here and nowhere else, so it is neither in the lock nor in any other set-up.
train-pad:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'torch==2.13.0'
	@sh models/training/run

bench-pad:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@sh models/training/bench $(ARGS)

# dlib beside everything else; mediapipe wants an older NumPy and so an environment of its own (docs/adr/0028), made by
# a Python up to 3.12: MEDIAPIPE_PYTHON=python3.12 names one.
compare:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[compare]'
	@$(MEDIAPIPE_PYTHON) -m venv .venv-mediapipe
	@.venv-mediapipe/bin/python -m pip install --quiet --disable-pip-version-check '.[mediapipe]'

# ARGS='--dlib' measures face-recognition's network too, after `make compare`.
bench-accuracy:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@PYTHONPATH=service $(BIN)/python -m benchmarks.accuracy.identity --plain $(ARGS)
	@PYTHONPATH=service $(BIN)/python -m benchmarks.accuracy.challenge
	@PYTHONPATH=service $(BIN)/python -m benchmarks.accuracy.eyelids
	@PYTHONPATH=service $(BIN)/python -m benchmarks.accuracy.injection
	@PYTHONPATH=service $(BIN)/python -m benchmarks.accuracy.reflected
	@PYTHONPATH=service $(BIN)/python -m benchmarks.accuracy.pictures
	@PYTHONPATH=service $(BIN)/python -m benchmarks.accuracy.search

# ARGS='--dlib --mediapipe' measures what a user would install instead, after `make compare`.
bench-throughput:
	@PYTHON='$(PYTHON)' sh .ci/setup test
	@PYTHONPATH=service $(BIN)/python -m benchmarks.throughput.pipeline $(ARGS)
	@PYTHONPATH=service $(BIN)/python -m benchmarks.throughput.workers
