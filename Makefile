# Everything happens in a virtual environment that these targets make themselves.
# Another Python or folder:  make test PYTHON=python3.7 VENV=.venv-3.7
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
RUN_DIR ?= runs/quickstart-$(shell date +%Y%m%d-%H%M%S)

export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: help quickstart test lint docs clean

help:  ## Show this help
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

quickstart: $(VENV)/.installed  ## Install, then train a small Glow and draw samples (5 minutes)
	$(BIN)/python examples/glow_cifar10.py --problem auto --depth 4 --width 128 --learntop \
		--flow_coupling 1 --gradient_checkpointing 0 --steps 1500 --steps_warmup 100 \
		--epochs_full_valid 2 --n_test 1000 --max_minutes 2.5 --logdir $(RUN_DIR)

test: $(VENV)/.installed  ## Install, then run the tests
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

lint: $(VENV)/.dev  ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

docs: $(VENV)/.dev  ## Build the documentation, warnings as errors
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

clean:  ## Remove the environment and what was built
	rm -rf $(VENV) build docs/_build src/*.egg-info .pytest_cache .ruff_cache

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable ".[test]"
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --editable ".[dev]"
	@touch $@
