# Each of these sets up first; a second set-up takes a fraction of a second.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup setup-tests serve build bench soak test fuzz check format clean

setup setup-tests:  ## virtual environment, Python and npm packages; for the tests a Chromium
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "setup: $(PYTHON) is missing; install Python 3.11 or newer, or name it: make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) scripts/setup.py $(if $(filter setup-tests,$@),--chromium)

serve: setup  ## the page on http://127.0.0.1:8000, rebuilt when something changes
	@$(BIN)/livematte serve

build: setup  ## site/
	@$(BIN)/livematte build

bench: setup-tests  ## the built page's speed in Chromium
	@$(BIN)/livematte bench

test: setup-tests  ## JavaScript units, then Python and browser tests on up to four cores
	@npm test --silent
	@$(BIN)/python -m pytest -n auto

fuzz: setup-tests  ## damaged model files and recipes, 21,000 cases and more
	@LIVEMATTE_FUZZ=3000 $(BIN)/python -m pytest -q tests/builder/test_fuzz.py

soak: setup-tests  ## ten minutes of an engine in use: its memory must not grow (SOAK_MINUTES=…)
	@$(BIN)/python -m pytest -o log_cli=true --log-cli-level=INFO tests/browser/soak.py

check: setup  ## formatting, lint and types of both languages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@npm run --silent check

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@npm run --silent format

clean:  ## what was made, but for the installed packages
	rm -rf site .site-* .cache build dist test-results .mypy_cache .ruff_cache .pytest_cache .hypothesis
