# Every target that people use has a "##" line; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
UV ?= $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
UV_VERSION := 0.13.9
PYTHON ?= python3
RUN := $(UV) run --frozen

.PHONY: help
help: ## List every target
	@awk -F ':.*## ' '/^[a-zA-Z_-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet uv==$(UV_VERSION)

.PHONY: sync
sync: $(filter .uv/bin/uv,$(UV)) ## Install the locked dependencies into .venv
	@$(UV) sync --frozen --quiet

.PHONY: format
format: sync ## Format the code and sort its imports
	$(RUN) ruff format
	$(RUN) ruff check --fix

.PHONY: check
check: sync ## Lint, types, import directions, house numbers: what every commit passes
	$(RUN) ruff format --check
	$(RUN) ruff check
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) pytest -q tests/house

.PHONY: crds
crds: sync ## Write crds/ from the pydantic model, and what the chart takes from it
	$(RUN) tradingsweep crd > crds/tradingsweeps.yaml
	$(RUN) python -m dev chart

.PHONY: chart
chart: sync ## Write the chart's values.schema.json, README and CRD from settings and models
	$(RUN) python -m dev chart

.PHONY: docs
docs: sync ## Write what is generated in the documents
	$(RUN) python -m dev docs

.PHONY: test
test: sync ## Run every test that needs no container engine, on a real API server and Postgres
	$(RUN) python -m dev prepare
	$(RUN) pytest -n 2

.PHONY: test-faults
test-faults: sync ## Every part of the fault harness, whole; then kill at every effect, over 10 plans (SEED=…, LONG=1)
	FAULTS_WHOLE=1 $(RUN) pytest -n 2 tests/faults
	$(RUN) python -m tests.faults.matrix

.PHONY: test-faults-mutants
test-faults-mutants: sync ## Break the product in 17 ways: each must turn the fault harness red
	$(RUN) python -m tests.faults.breaking

.PHONY: repro
repro: sync ## Repeat a run of the crash matrix up to 20 times (SEED=4711-keys-3-1)
	$(RUN) python -m tests.faults.repro

.PHONY: demo
demo: sync ## Start everything, apply the samples, watch them finish (KEEP=1 leaves it running)
	@$(RUN) python -m dev demo $(if $(KEEP),--keep) $(if $(CLUSTER),--cluster=$(CLUSTER))

.PHONY: image
image: sync ## Build both images with Docker; their sizes, and build/sbom/ (TAG=dev; PYTHON_BASE_IMAGE)
	@$(RUN) python -m dev images --tag $(or $(TAG),dev)

.PHONY: sbom
sbom: image ## Build both images, and write what each holds to build/sbom/ (CycloneDX)

.PHONY: manifests
manifests: chart ## Write manifests/base/install.yaml from the chart
	$(RUN) python -m dev manifests

.PHONY: check-deploy
check-deploy: sync ## Hold chart, manifests and alerts against helm 3 and 4, kubeconform, kube-score, promtool, an API server
	$(RUN) python -m dev prepare
	$(RUN) --group deploy pytest -q tests/deploy tests/observability/check_promtool.py

.PHONY: e2e
e2e: sync ## Live through an installation on a fresh kind cluster; figures in build/bars/cluster.json
	$(RUN) pytest tests/e2e -x -s --timeout 900

.PHONY: bench-spine
bench-spine: sync ## Measure the spine's bars and write build/bars/spine.json
	$(RUN) python -m benchmarks.spine

.PHONY: soak
soak: sync ## Ten minutes at 20 sweeps a second, memory and descriptors flat (LONG=1: two hours; SECONDS=60)
	$(RUN) python -m benchmarks.soak

.PHONY: bench-recovery
bench-recovery: sync ## Kill leaders, lose all callbacks: how long it takes; write build/bars/recovery.json
	$(RUN) python -m benchmarks.recovery

.PHONY: bench-memory
bench-memory: sync ## Measure the operator with 10,000 finished sweeps and write build/bars/memory.json
	$(RUN) python -m benchmarks.memory

.PHONY: bench-receiver
bench-receiver: sync ## Measure the callback receiver's bars and write build/bars/receiver.json
	$(RUN) python -m benchmarks.receiver

.PHONY: slowhttptest
slowhttptest: ## Install Debian's slowhttptest, which holds slow connections open (needs root)
	apt-get install --yes slowhttptest

.PHONY: bench-api
bench-api: sync ## Measure the Trading API's bars over HTTP and write build/bars/api.json
	$(RUN) python -m benchmarks.api

.PHONY: bench-dask
bench-dask: sync ## Sweep 200 tickers on two Dask workers and on one, kill one midway; build/bars/dask.json
	$(RUN) python -m benchmarks.many_tickers

.PHONY: false-alarms
false-alarms: sync ## Ask the permutation test about 400 markets without skill (a minute or more)
	LONG=1 $(RUN) pytest -q tests/honesty/test_false_alarms.py

.PHONY: bench-engine
bench-engine: $(filter .uv/bin/uv,$(UV)) ## Measure the engine beside its peers and write build/bars/engine.json (QUICK=1: without them)
ifdef QUICK
	QUICK=1 $(RUN) python -m benchmarks.engine
else
	UV_PROJECT_ENVIRONMENT=build/peers $(RUN) --compile-bytecode --group peers python -m benchmarks.engine
endif

.PHONY: check-observability
check-observability: sync ## The part of check-deploy that is promtool's: metrics, dashboard, alerts
	$(RUN) python -m dev prepare
	$(RUN) pytest -q tests/observability/check_promtool.py

.PHONY: clean
clean: ## Remove what the targets above made in this checkout
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
