# The one list of commands. Each target installs what it needs (scripts/install.sh).
.DEFAULT_GOAL := help
.PHONY: help run test build bench dev check deep

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build all and start the demo on http://127.0.0.1:8025, data in ./data
	target/release/depesche serve --demo

build: ## build only: target/release/depesche
	@scripts/build.sh

test: ## run every test
	@scripts/test.sh

check: ## formatting, lints and the rules of the house; quick
	@scripts/check.sh

bench: build ## measure beside curl + nginx and age; tables into docs/performance.md (SIZES=, ROUNDS=, ONLY=)
	@scripts/install.sh bench
	@python3 bench/run.py $(if $(SIZES),--sizes "$(SIZES)") $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only "$(ONLY)")

dev: ## the demo server, with the web client rebuilt as you type
	@scripts/dev.sh

deep: ## the long checks: fuzzing, models, mutants (MINUTES= per fuzz target)
	@scripts/deep.sh
