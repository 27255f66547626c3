# Two commands do all the set-up: `make demo` runs the main job, `make test` the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SAMPLE := WMHSiameseSeg/Resources/SampleData/simulated_flair.nii.gz
FLAIR  ?= $(SAMPLE)
DEMO   ?= demo
# The build of PyTorch that is developed and measured with; any from 2.6 on works.
TORCH  ?= torch==2.13.0
# The torchvision that fits it, an oracle of the tests.
TORCHVISION ?= torchvision==0.28.0

.PHONY: demo test fuzz kills bench screenshots translations train-default clean index-entry offline-bundle licences audit sbom release-files

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
	PYTHONPATH=WMHSiameseSeg $(BIN)/lint-imports --no-cache
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# kill -9 at any moment of commands, worker, trainings and imports, and of the panel's training.
WMH_KILLS ?= 50
kills: $(VENV)/.dev
	WMH_KILLS=$(WMH_KILLS) QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -s -q \
	  Testing/kills Testing/slicer_side/finetune/test_killed_training.py

# Damaged files and lines for every reader: as many as WMH_FUZZ says, instead of the suite's 2,000.
WMH_FUZZ ?= 40000
fuzz: $(VENV)/.dev
	WMH_FUZZ="$(WMH_FUZZ)" $(BIN)/python -m pytest -m fuzz --timeout 0 --numprocesses 2 Testing

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

# The bundled generator again, from the cases, lesion masks and VGG19 weights that docs/model-card.md
# names: nine trainings, each going on from the one before (the sixth and seventh from the same one, and so
# the last two), six of them beside simulated heads, and means; a tenth one as the last two, but without
# the held-out and the validation patients, to judge it by. About twenty hours on two CPU cores.
CASES ?=
VGG   ?=
ATLAS ?=
BUILT := build/train-default
MS3SEG_HELD_OUT := ms3seg/101627 ms3seg/105465 ms3seg/111008
NICHART = $(foreach number,$(shell seq 1 23),nichart/Subj$(number))
EVERY_TRAINING := --vgg "$(VGG)" --recipe robust --width 16 --cosine --cache $(BUILT)/slices
HELD_OUT := --held-out $(MS3SEG_HELD_OUT) openms/patient07
KEPT_APART := --validation ms3seg/105074 $(HELD_OUT)
SEVERAL_SCANNERS := --cohort ms3seg mslesseg openms \
  --crop 128 --scanner-variation --stripped-copies --cases-alike \
  --extra-loss dice --extra-weight 3000 --name "Several scanners"
PAINTED := --lesion-atlas "$(ATLAS)" --painted-share
SIMULATED := --simulated $(BUILT)/heads --simulated-share
JUDGED := --name "Several scanners" --cases "$(CASES)"
LAST := --base $(BUILT)/mean3.safetensors --epochs 6 --batches 1000 --lesion-slices 2 $(SIMULATED) 0.5 --learning-rate 5e-4
train-default: $(VENV)/.dev
	@test -n "$(CASES)" -a -n "$(VGG)" -a -n "$(ATLAS)" || \
	  { echo "make train-default CASES=cases.csv VGG=vgg19.npz ATLAS=lesion_masks.npz"; exit 2; }
	$(BIN)/wmh-siamese train "$(CASES)" $(BUILT)/first $(EVERY_TRAINING) --cohort ms3seg \
	  --validation ms3seg/105074 --held-out $(MS3SEG_HELD_OUT) --epochs 20 --batches 50 --lesion-slices 6 --name "MS3SEG, content loss"
	$(BIN)/wmh-siamese train "$(CASES)" $(BUILT)/second $(EVERY_TRAINING) $(SEVERAL_SCANNERS) \
	  $(KEPT_APART) --batches 80 \
	  --base $(BUILT)/first/generator.safetensors --epochs 25 --lesion-slices 5 $(PAINTED) 0.5 \
	  --learning-rate 5e-4
	$(BIN)/wmh-siamese train "$(CASES)" $(BUILT)/third $(EVERY_TRAINING) $(SEVERAL_SCANNERS) \
	  $(KEPT_APART) --batches 80 \
	  --base $(BUILT)/second/last.safetensors --epochs 9 --lesion-slices 2 $(PAINTED) 0.35 \
	  --learning-rate 3e-4 --seed 1
	test -f $(BUILT)/mean.safetensors || \
	  $(BIN)/wmh-siamese average $(BUILT)/third/best.safetensors $(BUILT)/third/last.safetensors \
	  $(BUILT)/second/last.safetensors --output $(BUILT)/mean.safetensors $(JUDGED) $(HELD_OUT)
	$(BIN)/wmh-siamese simulate $(BUILT)/heads --lesion-atlas "$(ATLAS)" --count 88
	$(BIN)/wmh-siamese train "$(CASES)" $(BUILT)/fourth $(EVERY_TRAINING) $(SEVERAL_SCANNERS) \
	  $(KEPT_APART) --batches 80 \
	  --base $(BUILT)/mean.safetensors --epochs 20 --lesion-slices 3 $(PAINTED) 0.5 \
	  $(SIMULATED) 0.375 --learning-rate 4e-4 --seed 3
	$(BIN)/wmh-siamese train "$(CASES)" $(BUILT)/fifth $(EVERY_TRAINING) $(SEVERAL_SCANNERS) \
	  $(KEPT_APART) --batches 80 \
	  --base $(BUILT)/fourth/last.safetensors --epochs 15 --lesion-slices 3 \
	  $(SIMULATED) 0.5 --learning-rate 3e-4 --seed 4
	test -f $(BUILT)/mean2.safetensors || \
	  $(BIN)/wmh-siamese average $(BUILT)/fifth/last.safetensors $(BUILT)/fourth/last.safetensors \
	  $(BUILT)/mean.safetensors --output $(BUILT)/mean2.safetensors $(JUDGED) $(HELD_OUT)
	for seed in 5 6; do $(BIN)/wmh-siamese train "$(CASES)" $(BUILT)/seed$$seed $(EVERY_TRAINING) \
	  $(SEVERAL_SCANNERS) $(KEPT_APART) --base $(BUILT)/mean2.safetensors --epochs 8 --batches 1000 \
	  --lesion-slices 2 $(SIMULATED) 0.5 --learning-rate 5e-4 --seed $$seed || exit; done
	test -f $(BUILT)/mean3.safetensors || \
	  $(BIN)/wmh-siamese average $(BUILT)/seed5/last.safetensors $(BUILT)/seed6/last.safetensors \
	  --output $(BUILT)/mean3.safetensors --threshold 0.55 $(JUDGED) $(HELD_OUT)
	$(BIN)/wmh-siamese simulate $(BUILT)/heads --lesion-atlas "$(ATLAS)" --count 160
	$(BIN)/wmh-siamese train "$(CASES)" $(BUILT)/control $(EVERY_TRAINING) \
	  $(SEVERAL_SCANNERS) $(KEPT_APART) $(LAST) --seed 7
	for seed in 7 8; do $(BIN)/wmh-siamese train "$(CASES)" $(BUILT)/seed$$seed $(EVERY_TRAINING) --no-split \
	  $(SEVERAL_SCANNERS) $(LAST) --seed $$seed || exit; done
	$(BIN)/wmh-siamese average $(BUILT)/seed7/last.safetensors $(BUILT)/seed8/last.safetensors \
	  --output $(BUILT)/several-scanners.safetensors --threshold 0.45 $(JUDGED) --held-out $(NICHART)

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

# Packaging and release; docs/extensions-index.md tells what each is for.

index-entry:
	$(PYTHON) Packaging/index_entry.py

# Wheels for computers like this one and Slicer's Python; PIP="..." goes to pip, TORCH names the build,
# VGG a file of VGG19's weights to go along (docs/finetuning.md).
BUNDLE ?= build/offline-bundle
BUNDLE_PYTHON ?= 3.12
offline-bundle:
	$(PYTHON) Packaging/offline_bundle.py "$(BUNDLE)" --python "$(BUNDLE_PYTHON)" \
	  $(if $(VGG),--vgg "$(VGG)") -- "$(TORCH)" $(PIP)

# An environment with what people run, and nothing that only developers need.
RUNTIME := build/runtime
RUNTIME_BIN := $(RUNTIME)$(BIN:$(VENV)%=%)
$(RUNTIME)/.done: pyproject.toml
	$(PYTHON) -m venv $(RUNTIME)
	$(RUNTIME_BIN)/python -m pip install --quiet "$(TORCH)"
	$(RUNTIME_BIN)/python -m pip install --quiet ".[train]"
	@touch $@

$(VENV)/.release: pyproject.toml
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet $$($(PYTHON) Packaging/extra.py release)
	@touch $@

licences: $(RUNTIME)/.done $(VENV)/.release
	$(PYTHON) Packaging/licences.py $(BIN)/pip-licenses $(RUNTIME_BIN)/python build/release/licences.md

audit: $(RUNTIME)/.done $(VENV)/.release
	$(BIN)/zizmor --offline .github
	$(RUNTIME_BIN)/python -m pip freeze --exclude wmh-siamese | sed 's/+[a-z0-9.]*$$//' > build/audited.txt
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement build/audited.txt

sbom: $(RUNTIME)/.done $(VENV)/.release
	@mkdir -p build/release
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --output-file build/release/sbom.cdx.json $(RUNTIME_BIN)/python

release-files:
	$(PYTHON) Packaging/release.py files build/release

clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache
