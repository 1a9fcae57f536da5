# `make` shows this list. PYTHON chooses the interpreter that the environment is made from.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*##.*/\1/p' $(MAKEFILE_LIST))

help: ## Show what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

# Folder of the data sets, for the benchmarks that need one.
DATA ?= data
# Folder of images, for the one that takes any.
IMAGES ?= data/images

# bfloat16 halves the time where the CPU has units for it, and is many times slower where it has none.
PRECISION ?= $(shell grep -qsE 'amx_bf16|avx512_bf16' /proc/cpuinfo && echo bf16-mixed || echo 32-true)

demo: $(READY) ## Train on the embedded digits (minutes) and make pictures
	$(BIN)/gan fit --config dcgan.yaml --name demo --trainer.precision $(PRECISION)
	$(BIN)/gan sample
	$(BIN)/gan interpolate
	@echo "Look at them in checkpoints/dcgan-digits-demo/ (the newest version): samples/ while it trained, pictures/ now"

test: $(READY) ## Run the default tests (no network, no GPU)
	$(BIN)/python -m pytest -n auto --dist loadfile

test-oldest: ## Run the default tests with the oldest PyTorch that is supported, in an environment of its own
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check "torch==2.11.*" "torchvision==0.26.*" -e ".[dev]"
	.venv-oldest/bin/python -m pytest -n auto --dist loadfile

test-slow: $(READY) ## Run the tests that learn something (minutes), and those of the extra that makes each start slower
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,text]"
	$(BIN)/python -m pytest -m slow -n auto --dist worksteal

chromium: ## Install chromium, in which the page of gan serve is tested, where apt-get is there and may
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } || \
	  echo "no chromium here: the tests of the page in a browser are skipped"

test-web: $(READY) chromium ## Run the tests of the page, in a real browser too
	$(BIN)/python -m pytest -m "slow or not slow" tests/web tests/verbs/test_serve.py

bench-page: $(READY) chromium ## Measure milliseconds from a click to the pictures at the page (RUN=a run's folder)
	$(BIN)/python -m benchmarks.page $(RUN)

check: $(READY) ## Check format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

gallery: $(READY) ## Train a small model of every family and draw the documentation's pictures of them; resumable, two hours
	$(BIN)/python -m benchmarks.gallery

docs: $(READY) ## Make a site of the documentation, in site/, with every link checked
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Open site/index.html"

format: $(READY) ## Format and mend what can be mended
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(READY) ## Measure gan fit beside a bare loop, for every variant and precision, and the data's ways (DATA=folder)
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.overhead
	$(BIN)/python -m benchmarks.data --root $(DATA)

bench-playground: $(READY) ## Frames a second of the page's playground, by objective, on one core
	$(BIN)/python -m benchmarks.playground

bench-learning: $(READY) ## Train every variant on MNIST (DATA=folder) and print the table; resumable, over an hour
	$(BIN)/python -m benchmarks.learning --root $(DATA)

bench-modes: $(READY) ## Count modes on Grid25 and stacked MNIST (DATA=folder); resumable, over an hour
	$(BIN)/python -m benchmarks.grid
	$(BIN)/python -m benchmarks.stacked --root $(DATA)

bench-robustness: $(READY) ## Train seven pairs of networks by four objectives (DATA=folder); resumable, hours
	$(BIN)/python -m benchmarks.robustness --root $(DATA) --random 8

bench-labels: $(READY) ## Semi-supervised learning from 10 labels a class (DATA=folder); resumable
	$(BIN)/python -m benchmarks.semi_supervised --root $(DATA)

bench-few-images: $(READY) ## Learn from some hundred images (IMAGES=folder) by StyleGAN2, FastGAN and DCGAN; resumable
	$(BIN)/python -m benchmarks.few_images --images $(IMAGES)

bench-translation: $(READY) ## Translate held-out images by pix2pix, CycleGAN, CUT and both StarGANs, and style them; resumable, hours
	$(BIN)/python -m benchmarks.paired
	$(BIN)/python -m benchmarks.unpaired
	$(BIN)/python -m benchmarks.domains
	$(BIN)/python -m benchmarks.style
	if [ -d $(DATA)/cmp_facades ]; then $(BIN)/python -m benchmarks.label_maps --root $(DATA)/cmp_facades; fi

bench-transfer: $(READY) ## DTN and CycleGAN from digits before photographs to plain ones, three seeds; resumable, an hour
	$(BIN)/python -m benchmarks.transfer

bench-restoration: $(READY) ## Fill holes and sharpen photographs (DATA=folder of the sets); resumable, over an hour
	$(BIN)/python -m benchmarks.restoration --root $(DATA)

bench-music: $(READY) ## MidiNet on the embedded tunes beside rows that learn nothing; resumable, a quarter of an hour
	$(BIN)/python -m benchmarks.music

bench-videos: $(READY) ## VGAN, its conditional version and DVD-GAN on moving digits; resumable, a quarter of an hour
	$(BIN)/python -m benchmarks.videos

bench-portraits: $(READY) ## LivingPortraits beside Pix2Pix on drawn faces and films (DATA=folder); resumable, half an hour
	$(BIN)/python -m benchmarks.portraits --root $(DATA)

bench-frontal: $(READY) ## TP-GAN on drawn heads, and on UMIST's and CMU's faces (DATA=folder of both), three seeds; resumable, an hour
	$(BIN)/python -m benchmarks.frontal --faces $(DATA)

bench-captions: $(READY) ## CaptionGAN on captioned moving digits beside likelihood alone; resumable, minutes
	$(BIN)/python -m benchmarks.captions

bench-adaptation: $(READY) ## DANN, ADDA and PixelDA beside no adaptation, over seeds (DATA=folder); resumable, over an hour
	$(BIN)/python -m benchmarks.adaptation --root $(DATA)

bench-detection: $(READY) ## PerceptualGAN on small digits in scenes and small crops of facades, three seeds; resumable, an hour
	$(BIN)/python -m benchmarks.detection

bench-augmentation: $(READY) ## What generated images add to ten labels a class, beside classical augmentation (DATA=folder); resumable, a quarter of an hour
	$(BIN)/python -m benchmarks.augmentation --root $(DATA)

bench-solids: $(READY) ## 3D-GAN on the embedded shapes beside rows that learn nothing; resumable, a quarter of an hour
	$(BIN)/python -m benchmarks.solids

bench-super-resolution: $(READY) ## Enlarge Set5 by SRResNet, SRGAN and ESRGAN (DATA=folder); resumable, over an hour
	$(BIN)/python -m benchmarks.super_resolution --root $(DATA)/superres

bench-trajectories: $(READY) ## Foresee people of ETH and UCY, and people who avoid each other (DATA=folder); resumable, an hour
	$(BIN)/python -m benchmarks.trajectories --root $(DATA)

bench-score: $(READY) ## Score the newest run's digits beside baselines
	$(BIN)/python -m benchmarks.score --root $(DATA)

bench-theory: $(READY) ## Train the players of docs/theory.md and draw its plots
	$(BIN)/python -m benchmarks.inverse_transform
	$(BIN)/python -m benchmarks.two_samples
	$(BIN)/python -m benchmarks.likelihood
	$(BIN)/python -m benchmarks.theory

bench-peers: $(READY) ## Train plain scripts of the usual recipes beside gan fit on MNIST (DATA=folder); resumable, hours
	$(BIN)/python -m benchmarks.peers --root $(DATA)

bench-resume: $(READY) ## Kill DCGAN, WGAN-GP and CycleGAN at random moments and compare the resumed weights
	$(BIN)/python -m benchmarks.resume

# A GPU's machine often has the PyTorch that fits its driver: its own Python is taken where it has what is needed.
DEVICE ?= cuda
NEEDED := import jsonargparse, lightning, pytest, torchvision

gpu-check: ## Measure all that needs a GPU, in nine minutes, into gpu-check.md (DEVICE=cpu tries it in tiny sizes)
	if $(PYTHON) -c '$(NEEDED)' 2>/dev/null; then $(PYTHON) -m benchmarks.gpu_check --device $(DEVICE); \
	else $(MAKE) $(READY) && $(BIN)/python -m benchmarks.gpu_check --device $(DEVICE); fi

slurm-check: $(READY) ## Stop, requeue and go on with a run on a SLURM of this one machine (as root; Debian's packages)
	deploy/slurm-check.sh

docker-check: ## Build the image and try it, without a daemon (root, buildah; BASE=image, otherwise debootstrap)
	deploy/docker-check.sh

clean: ## Remove the environment and what tools left; runs and data stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
