# Two commands do all the set-up: `make demo` runs the main job, `make test` the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SAMPLE := WMHSiameseSeg/Resources/SampleData/simulated_flair.nii.gz
FLAIR  ?= $(SAMPLE)
DEMO   ?= demo
# The build of PyTorch that is developed and measured with; any from 2.6 on works.
TORCH  ?= torch==2.13.0
TORCHVISION ?= torchvision==0.28.0

.PHONY: demo test bench screenshots translations train-default clean

demo: $(VENV)/.engine
	@mkdir -p "$(DEMO)"
	@$(BIN)/wmh-siamese segment "$(FLAIR)" \
	  --output "$(DEMO)/mask.nii.gz" --output "$(DEMO)/mask.seg.nrrd" \
	  --probability "$(DEMO)/probability.nii.gz" \
	  --picture "$(DEMO)/overlay.png" --csv "$(DEMO)/readouts.csv"
ifeq ($(FLAIR),$(SAMPLE))
	@$(BIN)/python -c "import json; s = json.load(open('Resources/SampleData/simulated.json')); \
	  print(f'The sample is simulated; {s[\"lesion_volume_ml\"]:.2f} ml in {s[\"lesion_count\"]} lesions were put in.')"
endif
	@echo "Written to $(DEMO)/: mask.nii.gz mask.seg.nrrd probability.nii.gz overlay.png readouts.csv"

test: $(VENV)/.dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest

bench: $(VENV)/.bench
	PYTHONPATH=Testing $(BIN)/python -m bench --output build/bench $(BENCH)

# The pictures of the docs, from the running panel; DATA names a folder of real scans with
# cases.csv, VGG the weights for the content loss.
DATA ?=
CASE ?=
screenshots: $(VENV)/.dev
	QT_QPA_PLATFORM=offscreen PYTHONPATH=WMHSiameseSeg:Testing $(BIN)/python -m screenshots \
	  $(if $(DATA),--data "$(DATA)") $(if $(CASE),--case "$(CASE)") $(if $(VGG),--vgg "$(VGG)")

# Every text of the panel, for translators.
translations: $(VENV)/.dev
	$(BIN)/python Resources/Translations/update_translations.py

# The bundled generator again, from the cases and VGG19 weights that docs/model-card.md names.
CASES ?=
VGG   ?=
train-default: $(VENV)/.dev
	@test -n "$(CASES)" -a -n "$(VGG)" || { echo "make train-default CASES=cases.csv VGG=vgg19.npz"; exit 2; }
	$(BIN)/wmh-siamese train "$(CASES)" build/train-default --vgg "$(VGG)" \
	  --cohort ms3seg --recipe robust --width 16 --epochs 20 --batches 50 --lesion-slices 6 --cosine \
	  --validation ms3seg/105074 --held-out ms3seg/101627 ms3seg/105465 ms3seg/111008 \
	  --name "MS3SEG, content loss"

$(VENV)/.engine: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet "$(TORCH)"
	$(BIN)/pip install --quiet --editable .
	@touch $@

# What a bare Debian or Ubuntu lacks to show the panel; elsewhere see Testing/README.md.
LIBRARIES := libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3 libglib2.0-0 libx11-6 fonts-dejavu-core

$(VENV)/.dev: $(VENV)/.engine pyproject.toml
	@if command -v dpkg >/dev/null && [ "$$(id -u)" = 0 ] && ! dpkg -s $(LIBRARIES) >/dev/null 2>&1; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends $(LIBRARIES); fi
	$(BIN)/pip install --quiet "$(TORCH)" "$(TORCHVISION)"
	$(BIN)/pip install --quiet --editable ".[dev]"
	@touch $@

$(VENV)/.bench: $(VENV)/.engine pyproject.toml
	$(BIN)/pip install --quiet --editable ".[bench]"
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache
