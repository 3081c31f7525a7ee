# Two commands matter: `make run` starts the assistant, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The catalogue as the program reads it fastest; without it Babel reads the sentences.
COMPILED := locales/vi/LC_MESSAGES/messages.mo

# Compiled modules are kept, whatever the environment says: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup programs run test soak check corpus compare lint format bench messages screens clean

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@$(BIN)/python -m compileall -q -j 0 bot handlers rules locales tests/support tools
	@touch $@

setup: $(READY) $(COMPILED) ## set up alone, into .venv

$(COMPILED): locales/vi/LC_MESSAGES/messages.po $(READY)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

programs: ## bring what the tests open files with (LibreOffice and others), where that may be installed
	@sh tools/programs.sh

run: setup ## start the assistant (the chat in a browser, and every channel that is set)
	@$(BIN)/troly run

test: setup programs ## every test, PostgreSQL included
	$(BIN)/python -m pytest --workers auto

soak: setup programs ## the properties, each tried ten times as often as in make test (half an hour)
	TROLY_TESTS_SOAK=1 $(BIN)/python -m pytest --workers auto -m hypothesis --timeout 3600

check: lint ## for the desk: lint, types and the unit tests
	$(BIN)/python -m pytest --workers auto tests/unit

corpus: setup ## only the foreign certificate files
	$(BIN)/python -m pytest tests/corpus

compare: setup ## read the certificates in FOLDERS="..." with ours, OpenSSL and certtool; say where they differ
	$(BIN)/python -m tests.corpus.compare $(FOLDERS)

lint: setup ## ruff, mypy strict, import contracts, rules, figures of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/troly rules check
	$(BIN)/python -m tools.house_figures

format: setup ## put the code into the house form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## measure the numbers of docs/numbers.md
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m tests.bench

messages: setup ## bring new texts into the Vietnamese catalogue; texts nobody uses any more go
	@$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --sort-by-file --add-location file \
		--output-file $(VENV)/messages.pot .
	@$(BIN)/pybabel --quiet update --input-file $(VENV)/messages.pot --output-dir locales --locale vi --width 120 \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

screens: setup ## write the pages with every screen
	$(BIN)/troly screens --lang vi --out docs/screens.md
	$(BIN)/troly screens --lang en --out docs/screens.en.md
	$(BIN)/troly screens --journeys --out docs/journeys.md

clean: ## remove what setup and tests made (never var/)
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
