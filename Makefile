# `make demo` shows the main job, `make test` checks everything; each works from a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check format docs notebooks lessons bench insight-bench insight-bench-full clean

demo: $(VENV)/.core
	$(BIN)/cutaway train digits --name demo-$$(date +%Y%m%d-%H%M%S)
	$(BIN)/cutaway evaluate last --test

test: check
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n 2 -q

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Everything on the site is run anew, the lessons in full.
docs: $(VENV)/.docs
	rm -rf docs/_build docs/lessons
	$(BIN)/sphinx-build -q -W --keep-going docs docs/_build/html
	$(BIN)/python docs/check_site.py docs/_build/html

# What the cells show is kept in the notebooks themselves.
notebooks: $(VENV)/.dev
	$(BIN)/jupyter execute --inplace docs/notebooks/*.ipynb

# Figures go to ./lessons.
lessons: $(VENV)/.docs
	@for name in $$($(BIN)/python -c 'from cutaway.lessons import LESSONS; print(*LESSONS)'); do \
	  $(BIN)/cutaway lesson $$name || exit 1; \
	done

# Beside scikit-learn, PyTorch and the course's code; DATA=FOLDER has the course's cats.
bench: $(VENV)/.bench
	$(BIN)/python benchmarks/run.py $(if $(DATA),--data $(DATA))

# Trainings whose fault, cause or truth is known: a sample in minutes, or all, kept in benchmarks/insight.
insight-bench: $(VENV)/.bench
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/insight/run.py

insight-bench-full: $(VENV)/.bench
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/insight/run.py --full

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "cutaway needs Python 3.11 or newer; choose one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python3 cannot make a virtual environment; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.core: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.core

$(VENV)/.docs: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e '.[docs]'
	@touch $@ $(VENV)/.core

# The exact version of PyTorch: it is a CPU build.
$(VENV)/.bench: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e '.[bench]'
	@touch $@ $(VENV)/.core

clean:
	rm -rf docs/_build docs/lessons $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
