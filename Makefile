# Every target is one script or one command; `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help setup build demo test bench clean

help: ## List the targets
	@awk -F ': ## ' '/^[a-z]+: ## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: system packages, then what the cases need
	@scripts/setup.sh release

build: ## Build the release binary
	cargo build --release --locked

demo: ## Measure three built-in subjects and write an HTML report
	@scripts/demo.sh

test: ## The whole gate: format, lints, licences, the proof of the corpus, tests
	@scripts/test.sh

bench: ## Time validations beside the bare tools, runs beside a provider, and the gateway
	@scripts/bench.sh

clean: ## Remove what was built and the HTML report; runs are kept
	cargo clean
	rm -rf assay-report
