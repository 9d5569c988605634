# Every command a person types. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# MoviePy needs an older Pillow than we do, so it has an environment of its own.
MOVIEPY := .venv-moviepy/bin/python
ARGS   ?=
JOBS   ?= 2

.PHONY: help demo test check pytest bench-render bench-checkout bench-search bench-mcp conformance install install-test system clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

demo: install ## try everything (ARGS=--once: do the loop, print a summary, end)
	$(BIN)/adengine demo $(ARGS)

test: install-test check ## install what tests need, then run every check
	$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

check: install-test ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

pytest: install-test ## the tests alone (ARGS=tests/core, say)
	$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

bench-render: install-test ## the renderer beside its encoder, ffmpeg and MoviePy (ARGS=--quick)
	$(PIP) --editable '.[bench]'
	test -x $(MOVIEPY) || $(PYTHON) -m venv $(dir $(MOVIEPY))..
	$(MOVIEPY) -m pip install --quiet moviepy==2.2.1 av font-hanken-grotesk
	$(BIN)/python -m benchmarks.render --moviepy $(MOVIEPY) $(ARGS)

bench-checkout: install-test ## an agent's purchase beside a bare request with one insert (ARGS='--only sqlite')
	$(BIN)/python -m benchmarks.checkout $(ARGS)

bench-search: install-test ## judged queries over a generated shop of 20,000 (ARGS='--worst' shows where it fails)
	$(BIN)/python -m benchmarks.search $(ARGS)

bench-mcp: install-test ## an agent's calls beside a bare JSON echo (ARGS='--only sqlite --seconds 10')
	$(BIN)/python -m benchmarks.agents $(ARGS)

conformance: install-test ## the public MCP conformance suite and checkers of tool lists, against our own servers
	$(BIN)/python -m tests.conformance.runner

install: $(VENV)/installed ## the light set: no torch
install-test: $(VENV)/installed-test ## everything, torch included

$(VENV)/installed: pyproject.toml workers/studio/pixels/kernel.c | system
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip
	$(PIP) --editable .
	touch $@

# torch first and exactly so: a range could bring a build with gigabytes of CUDA.
$(VENV)/installed-test: $(VENV)/installed
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[dev]'
	touch $@

# Drawing needs two system libraries that a bare server lacks; venv is a package of its own on Debian.
system:
	@need=""; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "adengine needs Python 3.11 or newer; set PYTHON=python3.11"; exit 1; }; \
	$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || need="$$need python3-venv"; \
	ldconfig -p | grep -q 'libEGL.so.1' || need="$$need libegl1"; \
	ldconfig -p | grep -q 'libGL.so.1' || need="$$need libgl1"; \
	test -z "$$need" && exit 0; \
	get="apt-get install -y --no-install-recommends$$need"; \
	if [ "$$(id -u)" = 0 ]; then apt-get update -q && $$get; \
	elif sudo -n true 2>/dev/null; then sudo apt-get update -q && sudo $$get; \
	else echo "some system packages are missing; run: sudo $$get"; exit 1; fi

clean: ## remove the environment and caches; data in var/ stays
	rm -rf $(VENV) .venv-moviepy .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
