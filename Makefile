# Everything a developer does; `make` alone lists it. A fresh machine needs Python 3.11+ with venv, and make.
PYTHON ?= python3
PYTHONS ?= python3.11 python3.12 python3.13
VENV ?= .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
JOBS ?= 2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --quiet
# whole files go to one worker, so that what a file prepares once is not prepared twice
TESTS := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations=10
# counting covered lines doubles the time of the tests, so that only the night counts them
COVERAGE := --cov --cov-report=term:skip-covered

RUN := $(VENV)/.stamp-run
DEV := $(VENV)/.stamp-dev

# compiled once and kept: the tests start the program some hundred times
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-server pythons nightly lint types docs pictures bench windows lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(RUN) ## play the whole loop for both plans into out/demo
	$(BIN)/nq57xl demo out/demo

test: $(DEV) ## run the tests; what needs a missing program is skipped by name
	$(TESTS)

pythons: ## run the tests with each supported Python, in an environment of its own; a missing one is named
	@set -e; for python in $(PYTHONS); do \
		if $$python -c '' 2>/dev/null; then $(MAKE) test PYTHON=$$python VENV=.venv-$$(basename $$python); \
		else echo "not on this machine: $$python"; fi; done

test-server: $(DEV) ## the tests of the ledger, of collecting and of being killed, once more with every ledger on PostgreSQL
	$(TESTS) -p tests.postgresql --ignore tests/ledger/test_server.py tests/ledger tests/commands/test_commands_loop.py tests/commands/test_kill_rerun.py

nightly: $(DEV) ## the same with the full counts of random cases, then once more without the extra parquet
	NQ57XL_NIGHTLY=1 $(TESTS) $(COVERAGE)
	$(TESTS) -p tests.without_pyarrow

lint: $(DEV) ## ruff: rules and layout
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV) ## mypy --strict
	$(BIN)/mypy

docs: $(DEV) ## write the generated pages of docs/ again
	$(BIN)/python tools/make_docs.py
	$(BIN)/python -m tools.compile_messages

pictures: demo $(DEV) ## docs/pictures from out/demo (needs LibreOffice, pdftoppm, Chromium)
	$(BIN)/python tools/make_pictures.py
	NQ57XL_PICTURES=docs/pictures $(BIN)/python -m pytest -q tests/web/test_web_month.py -k 'alone and bql'

BENCHES = bench_forms bench_report bench_collect bench_others bench_year

bench: $(DEV) ## forms beside the same cells written bare; the report of 5,000 rows; collecting, with bad files, beside other programs; a year
	@over=; for bench in $(BENCHES); do \
		echo "--- $$bench"; $(BIN)/python -m tools.$$bench || over="$$over $$bench"; done; \
	test -z "$$over" || { echo "over a limit or broken:$$over"; exit 1; }

windows: $(RUN) ## dist/NQ57-*.zip, for wine; RUNTIME=ZIP SHA256=… for a release (docs/windows.md)
	$(BIN)/python -m tools.windows build $(if $(RUNTIME),--runtime "$(RUNTIME)" --sha256 "$(SHA256)")

lock: ## make the lock files again (needs uv)
	$(LOCK) --extra build pyproject.toml -o requirements.lock
	$(LOCK) --extra build --extra bench --extra parquet --extra postgresql --extra test pyproject.toml -o requirements-dev.lock

clean: ## remove what was built; workspaces stay
	rm -rf $(VENV) build dist out/demo out/demo-tinh .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov

# A stamp says which lock file the environment was built from: a changed lock file builds it again.
$(VENV)/pyvenv.cfg:
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements.lock pyproject.toml | $(VENV)/pyvenv.cfg
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@echo built from $< > $@

$(DEV): requirements-dev.lock $(RUN)
	$(PIP) --require-hashes -r requirements-dev.lock
	@echo built from $< > $@
