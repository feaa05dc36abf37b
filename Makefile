# Every task in one word. `make` alone lists them. Each sets up what it needs: a first run installs
# the locked packages into .venv, later runs start at once, until a lock changes.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench simulate screenshots lock clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/run.stamp ## carry a real project through six phases and open it at a local address
	@$(BIN)/sextant demo

test: $(VENV)/test.stamp ## run the whole test suite
	@$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

CHECKS := "ruff format --check --output-format concise" "ruff check --output-format concise" "mypy" "lint-imports --no-logo"

lint: $(VENV)/test.stamp ## check format, style, types and the directions of imports
	@status=0; for check in $(CHECKS); do echo "--- $$check"; $(BIN)/$$check || status=1; done; exit $$status

format: $(VENV)/test.stamp ## put the code into its standard format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/test.stamp ## measure speed beside the floor and beside peers
	@$(BIN)/python -m benchmarks $(ARGS)

simulate: $(VENV)/test.stamp ## measure error rates and coverage of every statistic offered
	@$(BIN)/python -m simulations $(ARGS)

screenshots: $(VENV)/test.stamp ## take a picture of every page, wide and narrow
	@$(BIN)/python -m tools.screenshots $(ARGS)

# `make lock ARGS=--upgrade` moves to the newest versions; without it only what changed is resolved anew.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(ARGS)

lock: $(VENV)/test.stamp ## write the locks anew from pyproject.toml and benchmarks/peers
	$(COMPILE) pyproject.toml --group build -o requirements.lock
	$(COMPILE) pyproject.toml --group build --group test -c requirements.lock -o requirements-test.lock
	for peer in benchmarks/peers/*.in; do $(COMPILE) $$peer -o $${peer%.in}.lock; done

clean: ## remove the environments and every cache
	rm -rf $(VENV) .venv-peers build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests benchmarks simulations tools -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# --- set-up ---

$(VENV)/python.stamp:
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  for python in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3; do \
	    if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	      found=$$python; break; fi; done; \
	  if [ -z "$$found" ]; then \
	    echo "Sextant needs Python 3.11 or newer with its venv module, and none was found." >&2; \
	    echo "Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python)," >&2; \
	    echo "or name it: make PYTHON=/path/to/python3" >&2; exit 1; fi; \
	  echo "Making $(VENV) with $$("$$found" --version)"; "$$found" -m venv --clear $(VENV); fi
	@touch $@

# Sextant itself is installed in place and without build isolation, so that nothing comes from outside a lock.
define install
	@echo "Installing $< into $(VENV): under 1 GB, some minutes at most, and only once until the lock changes"
	@$(PIP) install -qq --require-hashes -r $<
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/python.stamp
	$(install)

$(VENV)/test.stamp: requirements-test.lock pyproject.toml | $(VENV)/python.stamp
	$(install)
