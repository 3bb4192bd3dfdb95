# Every target is one script or one command; `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help setup build install demo docs test bench clean

# Where `make install` puts things; DESTDIR comes before it, for who makes a package.
PREFIX ?= /usr/local

help: ## List the targets
	@awk -F ':.* ## |: ## ' '/^[a-z]+:.* ## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: system packages, then what the cases need
	@scripts/setup.sh release

build: ## Build the release binary
	cargo build --release --locked

install: build ## Install the binary, completions and manual pages under PREFIX (/usr/local)
	@scripts/install.sh "$(DESTDIR)$(PREFIX)"

demo: ## Measure three built-in subjects and write an HTML report
	@scripts/demo.sh

docs: ## Build docs/ as a site, in target/docs, with mdBook
	@scripts/docs.sh

test: ## The whole gate: format, lints, licences, the proof of the corpus, tests
	@scripts/test.sh

bench: ## Time validations beside the bare tools, runs beside a provider, and the gateway
	@scripts/bench.sh

clean: ## Remove what was built and the HTML report; runs are kept
	cargo clean
	rm -rf assay-report
