# The commands a person needs; everything lives in .venv.
.PHONY: up test check studio screenshots bench chaos lock clean
.DEFAULT_GOAL := up

# What is compiled once need not be compiled at every start of a process.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
# What is never run need not be compiled, and the rest is at its first import.
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check --no-compile
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

# The page that people work in, built once into the package.
STUDIO := src/estampe/http/page/index.html
STUDIO_SOURCES := $(shell find web/studio web/client/src web/react/src -type f -not -path '*/node_modules/*' -not -path '*/test/*') \
	web/package-lock.json

up: $(VENV)/ready $(STUDIO)
	@exec $(BIN)/estampe up $(ARGS)

studio: $(STUDIO)

$(STUDIO): $(STUDIO_SOURCES) | $(BIN)/python
	@echo "Building the studio (once)…"
	@sh web/studio/build.sh $(BIN)/python
	@touch $@

# The quick suite; TESTS_THOROUGH=1 make test runs the tests marked thorough too (pyproject.toml says what those are).
# Most of a test is waiting for another process, so that two cores are busy with six of them; tests/longest.py says
# which files begin.
PROCESSES := 6
test: $(VENV)/ready-to-develop
	@$(MAKE) --no-print-directory -j2 check $(STUDIO)
	$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

# ARGS names some pages only: make screenshots ARGS="gallery usage".
screenshots: $(VENV)/ready-to-develop $(STUDIO)
	$(PIP) -r requirements/browser.txt
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

check: $(VENV)/ready-to-develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file sdk/python/pyproject.toml sdk/python/src
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/ready-to-develop
	TESTS_BENCH_PAGE=docs/performance.md $(BIN)/python -m pytest -q -s -m bench tests $(ARGS)

# The long form of what make test does in half a minute; TESTS_CHAOS_SEED repeats a run.
chaos: $(VENV)/ready-to-develop
	TESTS_CHAOS_JOBS=$${TESTS_CHAOS_JOBS:-1000} TESTS_CHAOS_WOUNDS=$${TESTS_CHAOS_WOUNDS:-200} \
		$(BIN)/python -m pytest -q -s tests/chaos $(ARGS)

# People run what the tests ran with.
lock: $(VENV)/ready-to-develop
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --group dev pyproject.toml -o requirements/develop.txt $(ARGS)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate pyproject.toml \
		-c requirements/develop.txt -o requirements/run.txt $(ARGS)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --extra redis pyproject.toml \
		-c requirements/develop.txt -o requirements/image.txt $(ARGS)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --group browser -o requirements/browser.txt $(ARGS)

clean:
	rm -rf $(VENV) src/estampe/http/page web/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Estampe needs Python 3.11 or later: install it, then run make again."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python lacks its venv module: install it (python3-venv on Debian), then run make again."; exit 1; }

$(VENV)/ready: pyproject.toml requirements/run.txt | $(BIN)/python
	@echo "Installing Estampe in $(VENV) (once)…"
	@$(PIP) -r requirements/run.txt
	@$(PIP) --no-deps -e .
	@touch $@

$(VENV)/ready-to-develop: requirements/develop.txt $(VENV)/ready
	@$(PIP) -r requirements/develop.txt
	@touch $@
