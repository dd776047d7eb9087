# `make` alone lists what there is. Whatever a target needs it sets up itself: nothing has to be done before.
# PYTHON=/path/to/python3 chooses the Python; ARGS= goes to pytest. A variable given to make reaches the
# commands through the environment, so nothing here quotes what a user typed.

.DEFAULT_GOAL := help
.SUFFIXES:

# Modules are compiled once, also where the environment asks for no __pycache__: a run starts a dozen processes, a
# worker of the tests would read for half a minute.
export PYTHONDONTWRITEBYTECODE :=

VENV_PYTHON := .venv/bin/python
LOCAL := exec $(VENV_PYTHON) -m infra.local
EMULATION := exec $(VENV_PYTHON) -m infra.localstack
PYTEST := exec $(VENV_PYTHON) -m pytest
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

.PHONY: help
help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

# --- the running system ---------------------------------------------------------------------------------------

.PHONY: run match clock admin replay kafka backup restore
run: dev ## start everything on 127.0.0.1 and serve a demo community (PORT=8000 DATA=.local)
	@$(LOCAL) run

match: dev ## a round now, on the running system (WEEK=2026-W48)
	@test -n "$$WEEK" || { echo "Which week? make match WEEK=2026-W48"; exit 2; }
	@$(LOCAL) match "$$WEEK"

clock: dev ## set the running system's clock (NOW=2026-11-30T12:00Z)
	@test -n "$$NOW" || { echo "To what time? make clock NOW=2026-11-30T12:00Z"; exit 2; }
	@$(LOCAL) clock "$$NOW"

admin: dev ## invite the first admin of a new installation (EMAIL=ada@example.org)
	@test -n "$$EMAIL" || { echo "Whom? make admin EMAIL=ada@example.org"; exit 2; }
	@$(LOCAL) admin "$$EMAIL"

backup: dev ## write the running system's database to a file (FILE=rendezvous.dump; DATABASE_URL= another's)
	@exec $(VENV_PYTHON) -m infra.backup backup "$$FILE"

restore: dev ## put such a file into an empty database: of DATA=, or at DATABASE_URL= (FILE=rendezvous.dump)
	@exec $(VENV_PYTHON) -m infra.backup restore "$$FILE"

replay: dev ## lunches rebuilt from Kafka's Events_All, compared with the running system's database
	@$(LOCAL) replay

kafka: dev ## run a real Apache Kafka (needs Java 17 and Maven)
	@$(LOCAL) kafka

# --- as deployed, on this machine (needs Python 3.13) ---------------------------------------------------------

.PHONY: localstack deploy-local test-localstack emulation
localstack: emulation ## run LocalStack, PostgreSQL and Kafka on 127.0.0.1, for what is deployed (LOCALSTACK_PORT=4566)
	@$(EMULATION) start

deploy-local: emulation ## deploy to them, and start them first where they do not run
	@$(EMULATION) deploy

test-localstack: emulation ## deploy to an emulation of its own and drive what is deployed, faults included
	@$(PYTEST) -m localstack --numprocesses 0 $(ARGS) tests/localstack

# LocalStack, and what Lambda's Python has beside a function: an environment each, for neither may find the other's.
emulation: dev
	@PYTHON= WANTED=3.13 VENV=build/localstack sh infra/setup.sh infra/localstack/requirements.txt
	@PYTHON= WANTED=3.13 VENV=build/lambda-runtime sh infra/setup.sh infra/localstack/runtime.txt

# --- tests ----------------------------------------------------------------------------------------------------

.PHONY: test days bench mutants planted check lint types imports slow screenshots shapes terraform
test: dev matcher ## the tests that need no download beyond PyPI, a process a core (ARGS="-k login -n 0")
	@$(PYTEST) --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

days: dev matcher ## the tests on each of the days and in each of the zones of tests/days.py (ARGS="tests/coaching")
	@exec $(VENV_PYTHON) -m tests.days --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

bench: tools matcher ## the benchmarks: a table with the machine, the baseline of the same run, and ratios
	@exec $(VENV_PYTHON) -m tests.benchmarks

mutants: tools ## faults that a program puts into what is pure: which of them no test notices (an hour; ARGS=--again)
	@exec $(VENV_PYTHON) -m tests.mutants $(ARGS)

planted: tools matcher ## faults that a person planted: the tests nearest to each must fail (an hour; ARGS="calls book_calls")
	@exec $(VENV_PYTHON) -m tests.planted $(ARGS)

check: lint types imports test terraform slow test-localstack ## everything that CI runs

lint: tools ## style and common mistakes (ruff)
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types: tools ## types (mypy --strict)
	.venv/bin/mypy

imports: tools ## imports point down only (import-linter)
	.venv/bin/lint-imports --no-logo

slow: tools matcher checkers ## the tests that start whole systems, or need real Kafka, a browser, Lynx, the Lambda zip
	@$(PYTEST) -m "(kafka or browser or lynx or package or long) and not localstack" --numprocesses auto --maxprocesses 2 --dist loadfile $(ARGS)

screenshots: tools matcher checkers ## a picture of every page, narrow and wide, light and dark, in build/screenshots
	@$(PYTEST) -m browser tests/e2e/test_browser.py $(ARGS)

shapes: tools matcher checkers ## keep the shape of every page anew, after a change that is meant, in tests/e2e/shapes.txt
	@SHAPES=keep; export SHAPES; $(PYTEST) -m browser tests/e2e/test_shapes_of_pages.py $(ARGS)

terraform: dev ## what is deployed, as far as it can be checked without an account (needs Terraform 1.11)
	@VENV=build/checkov sh infra/setup.sh requirements-checkov.txt
	@exec $(VENV_PYTHON) -m infra.terraform_checks

# --- what it is made of ---------------------------------------------------------------------------------------

.PHONY: package settings schema reference lock clean dev tools matcher checkers
schema: dev ## write sql/schema.sql and the drawings of docs/architecture.md from the migrations
	@exec $(VENV_PYTHON) -m infra.schema

package: ## build and verify the zip for Lambda in build/ (needs Python 3.13)
	@PYTHON= WANTED=3.13 VENV=build/venv sh infra/setup.sh requirements-dev.txt
	@exec build/venv/bin/python -m infra.package

settings: dev ## write what Chalice and Terraform share, after a change of app.py's functions
	@exec $(VENV_PYTHON) -m infra.settings

reference: dev ## write the tables of docs/reference that come from code
	@exec $(VENV_PYTHON) -m infra.reference

lock: dev ## lock the requirements again (UPGRADE=1: to the newest versions)
	$(LOCK) requirements-check.in -o requirements-check.txt
	$(LOCK) requirements-dev.in -c requirements-check.txt -o requirements-dev.txt
	$(LOCK) requirements.in -c requirements-check.txt -o requirements.txt
	$(LOCK) requirements-checkov.in -o requirements-checkov.txt
	$(subst 3.11,3.13,$(LOCK)) --no-deps infra/localstack/requirements.in -o infra/localstack/requirements.txt
	$(subst 3.11,3.13,$(LOCK)) infra/localstack/runtime.in -c requirements-dev.txt -o infra/localstack/runtime.txt

clean: ## remove what was built and installed; the data of `make run` (.local) stays
	rm -rf .venv build .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -f chalicelib/lunch/matching/compiled

dev:
	@sh infra/setup.sh requirements-dev.txt

tools:
	@sh infra/setup.sh requirements-check.txt

matcher: dev
	@$(VENV_PYTHON) -m infra.compile_matcher || \
	echo "The matcher could not be compiled: it runs as plain Python, with the same answers, slower."

# axe and the Nu checker, locked; without npm the tests that want them say so.
checkers: build/checkers/node_modules/.package-lock.json
build/checkers/node_modules/.package-lock.json: infra/checkers/package.json infra/checkers/package-lock.json
	@mkdir -p build/checkers && cp infra/checkers/package*.json build/checkers/
	@npm ci --prefix build/checkers --ignore-scripts --no-audit --no-fund --silent && touch $@ || \
	echo "axe and the Nu checker could not be installed: is there an npm, and a network?"
