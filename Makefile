# One word per chore. CI runs the same words.

SHELL := /bin/sh
BIN := .venv/bin
DEMO := runs/demo
FAMILIES := python node jvm native go rust scripts

.PHONY: help venv deep demo test test-all test-vllm test-train check bench docs engine image images images-all launcher toolchains

help:      ## show this list
	@sed -n 's/^\([a-z-]*\): .*## /  make \1\t/p' Makefile | expand -t 18

venv:      ## what the system lacks, .venv, and the command .venv/bin/backfeed
	@tools/venv.sh

deep: venv ## the tools of the deep passes, pylint, ast-grep and semgrep, in .venv
	@tools/deep.sh

launcher: venv ## the sandbox's launcher in C, where there is a compiler
	@$(BIN)/python -m backfeed.sandboxes._launcher

engine:    ## a Docker engine that answers, with the image backfeed-base
	@tools/docker-engine.sh

images:    ## the engine, with the image backfeed-tools too; FAMILY="go jvm" for others
	@tools/docker-engine.sh $(or $(FAMILY),tools)

images-all: ## the engine, with backfeed-tools and an image for each family
	@tools/docker-engine.sh tools $(FAMILIES)

image: engine ## the image backfeed, which runs the engine, over BASE=backfeed-base
	@docker build --network host --build-arg BASE=$(or $(BASE),backfeed-base) -t backfeed .

toolchains: ## compilers and interpreters of the languages that tests run
	@tools/toolchains.sh

demo: venv ## a small corpus from three packages, in runs/demo
	@began=$$(date +%s); \
	$(BIN)/backfeed synth pypi:more-itertools pypi:toolz pypi:boltons -o $(DEMO) || exit; \
	echo "demo: $(DEMO) after $$(($$(date +%s) - began)) s"

test: venv deep toolchains images ## every test, the fast ones first; a skip is a failure
	@$(BIN)/pytest --forbid-skips

test-all: venv deep toolchains images ## the same, and the tests that measure
	@$(BIN)/pytest --forbid-skips --bench
	@$(MAKE) --no-print-directory test-vllm test-train

test-vllm: venv ## the tests against a real vLLM, in .venv-vllm (2.7 GB)
	@tools/vllm.sh
	@.venv-vllm/bin/python -m pytest --forbid-skips tests/with_vllm

test-train: venv ## the tests that teach a tiny model, in .venv-train (1.5 GB)
	@tools/train.sh
	@.venv-train/bin/python -m pytest --forbid-skips tests/with_train

check: venv ## lint, format, types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: venv ## each headline figure, both sides measured in one run
	@for file in $(sort $(wildcard benchmarks/[!_]*.py)); do \
		echo "== $$file"; $(BIN)/python "$$file" || exit; \
	done

docs: venv ## renew the generated tables in docs/
	@for file in $(wildcard tools/docs.py); do $(BIN)/python "$$file" || exit; done
