# Two commands do all the set-up: `make demo` runs the main job, `make test` the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
FLAIR  ?= Resources/SampleData/simulated_flair.nii.gz
DEMO   ?= demo
# The build of PyTorch that is developed and measured with; any from 2.6 on works.
TORCH  ?= torch==2.13.0
TORCHVISION ?= torchvision==0.28.0

.PHONY: demo test bench screenshots clean

demo: $(VENV)/.engine
	@$(BIN)/wmh-siamese demo "$(FLAIR)" --folder "$(DEMO)"

test: $(VENV)/.dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	Testing/run_tests.sh $(BIN)/python

bench: $(VENV)/.bench
	$(BIN)/python -m bench

$(VENV)/.engine: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet "$(TORCH)"
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.engine pyproject.toml
	$(BIN)/pip install --quiet "$(TORCH)" "$(TORCHVISION)"
	$(BIN)/pip install --quiet --editable ".[dev]"
	@touch $@

$(VENV)/.bench: $(VENV)/.engine pyproject.toml
	$(BIN)/pip install --quiet --editable ".[bench]"
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache
