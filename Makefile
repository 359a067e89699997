# make run   set everything up and start; the address stands on the last lines
# make test  set up what tests need and run them
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
INDEX_URL ?= $(WALRAS_INDEX_URL)
TORCH_INDEX_URL ?= $(INDEX_URL)
TEST_WORKERS ?= 2
TESTS ?= tests
SEEDS ?= 100

# Every package of the locks is named there, so nothing is resolved and nothing else (such as another PyTorch) comes in.
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
LOCKED := --no-deps $(if $(INDEX_URL),--index-url $(INDEX_URL))
TORCH := -c requirements.lock $(if $(TORCH_INDEX_URL),--index-url $(TORCH_INDEX_URL))

# Tests and checks get one thread a process: two processes share two cores.
QUIET_MATHS := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: run test test-long soak check fmt bench docs lock venv clean help

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /	/' | sort

run: $(VENV)/.walras-run ## Set up where needed, then start
	@sh tools/packages.sh ffmpeg || echo "Without ffmpeg no uploads become videos; everything else works." >&2
	@$(BIN)/walras up

test: $(VENV)/.walras-test ## Set up where needed, then run the tests
	@sh tools/packages.sh postgresql chromium ffmpeg fonts-noto-cjk libgomp1
	@$(QUIET_MATHS) $(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal -m "not slow" $(TESTS)

test-long: $(VENV)/.walras-test ## The tests, with the slow ones
	@sh tools/packages.sh postgresql chromium ffmpeg fonts-noto-cjk libgomp1
	@$(QUIET_MATHS) $(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal $(TESTS)

soak: $(VENV)/.walras-run ## Break things by a hundred seeds and look whether promises hold. SEEDS=10 for fewer
	@$(QUIET_MATHS) $(BIN)/walras town faults 1 --count $(SEEDS)

check: $(VENV)/.walras-test ## Format, lint, types, import contracts, tidiness
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/tidy.py

fmt: $(VENV)/.walras-test ## Format, and mend what the linter can mend
	@$(BIN)/ruff check -q --fix . || true
	@$(BIN)/ruff format -q .

bench: $(VENV)/.walras-test ## Measure; write docs/benchmarks.md and .json. PARTS="feed events" for some of it
	@sh tools/packages.sh ffmpeg libgomp1
	@$(BIN)/python -m bench $(PARTS)

docs: $(VENV)/.walras-test ## Write the pages of docs/ that are made from the code
	@$(BIN)/python tools/docs.py

lock: $(VENV)/.walras-test ## Write the lock files from what is installed in .venv
	@$(BIN)/python tools/lock.py

venv: $(VENV)/.walras-test ## Only set up, for work on the code

clean: ## Remove what can be made again; the home folder and .venv stay
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache src/*.egg-info
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# A stamp is written last, so a set-up that was broken off is done again.
$(VENV)/.walras-python:
	@sh tools/venv.sh $(VENV)
	@touch $@

$(VENV)/.walras-run: $(VENV)/.walras-python requirements.lock requirements-torch.lock pyproject.toml
	@echo "Installing PyTorch (1 of 3; a few minutes in all the first time, nothing later) ..."
	@$(PIP) $(TORCH) -r requirements-torch.lock
	@echo "Installing packages (2 of 3) ..."
	@$(PIP) $(LOCKED) -r requirements.lock
	@echo "Installing Walras (3 of 3) ..."
	@$(PIP) $(LOCKED) --no-build-isolation -e .
	@touch $@

$(VENV)/.walras-test: $(VENV)/.walras-run requirements-test.lock
	@echo "Installing what tests and checks need ..."
	@$(PIP) $(LOCKED) -r requirements-test.lock
	@touch $@
