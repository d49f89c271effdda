# Everything runs in .venv, set up from uv.lock with the Python found here. Outside this folder only uv keeps its cache.

PYTHON ?= python3
UV = .uv/bin/uv
IN_VENV = .venv/bin/python
BESIDE = tests/workspace tests/transports tests/publishing tests/endpoints/connect
BESIDE_FAST = tests/workspace tests/docs tests/test_repository.py
SCHEMA = .venv/bin/check-jsonschema --quiet --builtin-schema

.PHONY: help demo serve test test-fast test-daemon test-dify record-dify lint format docs bench package screenshots clean

help:  ## this list
	@grep -E '^[a-z-]+:' Makefile | sed -E 's/:[^#]*(## )?/: /; s/^([a-z-]+): /  make \1\t/'

demo: .venv/ready  ## calls every tool and every route on the local workspace; leaves what came out in demo-output/
	@$(IN_VENV) -m examples.demo

serve: .venv/ready  ## serves the console and the endpoints on localhost, with the settings in examples/serve.yaml
	@$(IN_VENV) -m workspace serve . --settings examples/serve.yaml

# $(1): the paths that one of two processes takes, for about as long as the other takes for the rest; $(2): options
define pytest_in_two
	@log=$$(mktemp); $(IN_VENV) -m pytest $(2) $(1) >"$$log" 2>&1 & beside=$$!; \
	trap 'kill -INT $$beside 2>/dev/null; rm -f "$$log"' EXIT; trap 'exit 130' INT TERM; \
	$(IN_VENV) -m pytest $(2) $(1:%=--ignore=%); status=$$?; \
	wait $$beside || status=$$?; cat "$$log"; exit $$status
endef

test: .venv/ready  ## all tests
	$(call pytest_in_two,$(BESIDE))

test-fast: .venv/ready  ## the tests that start no process of their own
	$(call pytest_in_two,$(BESIDE_FAST),-q -m "not child_process")

test-daemon: .venv/ready  ## the endpoints on the real plugin daemon (DIFY_DAEMON and DIFY_CLI name its binaries)
	@$(IN_VENV) -m pytest --daemon tests/daemon tests/endpoints

test-dify: .venv/ready  ## the plugin in a running Dify (DIFY_API, DIFY_EMAIL and DIFY_PASSWORD name it and an admin)
	@$(IN_VENV) -m pytest --dify tests/dify/real -v --tb=no -rs

record-dify: .venv/ready  ## what that Dify answers, as the recordings that the local workspace is held to (also DIFY_CLI)
	@$(IN_VENV) -m tests.dify

lint: .venv/ready  ## format, rules, types, the marketplace's rules, and the workflows of .github
	@.venv/bin/ruff format --check
	@.venv/bin/ruff check
	@.venv/bin/mypy
	@$(IN_VENV) -m publishing check
	@$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	@$(SCHEMA) custom.github-workflows-require-timeout .github/workflows/*.yml
	@$(SCHEMA) vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/feature.yml
	@$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(SCHEMA) vendor.dependabot .github/dependabot.yml
	@.venv/bin/zizmor --offline --no-progress --quiet .github

format: .venv/ready  ## puts the code into the project's format
	@.venv/bin/ruff format
	@.venv/bin/ruff check --fix

docs: .venv/ready  ## the tables of tools, routes and settings in the documents again, from the YAML files and the code
	@$(IN_VENV) -m docs.tables

bench: .venv/ready  ## speed beside the bare SDK
	@$(IN_VENV) -m benchmarks

package: .venv/ready  ## dist/NAME-VERSION.difypkg, held beside what Dify's CLI makes if `dify` or DIFY_CLI is there
	@$(IN_VENV) -m publishing package

screenshots: .venv/ready  ## the pictures in docs/images/ again, with the Chromium and the pdftocairo found here
	@$(IN_VENV) -m docs.pictures

clean:  ## removes what the commands above have made
	rm -rf .venv .uv .workspace demo-output dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV):
	@echo "Setting up (once): uv, then the packages in uv.lock"
	@$(PYTHON) -m venv .uv || { echo "$(PYTHON) could not make a virtual environment here. Is the folder writable? Debian and Ubuntu want the package python3-venv." >&2; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.7,<1'

.venv/ready: pyproject.toml uv.lock | $(UV)
	@python=$$($(PYTHON) -c 'import sys; print(sys.executable if (3, 12) <= sys.version_info[:2] <= (3, 13) else "")'); \
	[ -n "$$python" ] || python=$$($(UV) python find --system --no-python-downloads '>=3.12,<3.14' 2>/dev/null) || \
		{ echo "Python 3.12 or 3.13 is needed and was not found. Install one and name it (make demo PYTHON=/path/to/python3.12), or let uv do it: $(UV) python install 3.12" >&2; exit 1; }; \
	$(UV) sync --quiet --frozen --compile-bytecode --no-python-downloads --python "$$python"
	@touch $@
