# Each target is one script. Set-up is done once: a second run finds it up to date.
.PHONY: help setup setup-all demo up test test-fast check bench bench-setup demo-model screenshots requirements env-example clean
.DEFAULT_GOAL := help

help: ## These lines
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{ printf "make %-13s %s\n", $$1, $$2 }'

setup: ## What running needs: .venv and the LiveKit server
	@sh setup/setup.sh app livekit

setup-all: ## The same, and what testing needs: linters, Node, Chromium, PostgreSQL, networks
	@sh setup/setup.sh app dev livekit participants node browser network postgres

demo: setup ## A real meeting, captioned live on this terminal; ends by itself
	@.venv/bin/python -m greffier demo $(ARGS)

up: setup ## Everything on this machine, until Ctrl-C; join by the page it prints
	@.venv/bin/python -m greffier up $(ARGS)

test: setup-all ## The whole suite: linters, the web page, all tests
	@sh setup/suite.sh

test-fast: setup-all ## Only the tests that need no LiveKit server and no browser
	@.venv/bin/python -m pytest -m "not slow and not browser" $(ARGS)

check: test ## The same as test

bench: setup ## How many speaking tracks this machine holds; other systems too after bench-setup
	@.venv/bin/python -m greffier bench asr $(ARGS)

bench-setup: setup ## The other systems of the bench, each in an environment of its own (8 GB)
	@sh setup/setup.sh participants
	@sh setup/python.sh bench
	@sh setup/peers.sh

demo-model: ## Train the demo model from nothing (hours)
	@sh setup/setup.sh app train voices
	@.venv/bin/python -m assets.recipe $(ARGS)

screenshots: setup-all ## Take the README's pictures anew, from a meeting that is played (four minutes)
	@.venv/bin/python -m tests.e2e.screenshots $(ARGS)

requirements: ## Write the locks anew from requirements/*.in
	@sh setup/setup.sh app dev
	@sh setup/locks.sh

env-example: setup ## Write .env.example anew from the settings
	@.venv/bin/python -m greffier.settings_example

clean: ## Remove all that was installed, built or measured here
	@rm -rf .venv .tools .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache web/node_modules
