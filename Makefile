# Two commands do everything: `make demo` and `make test`. Either can come first; a second run starts at once.
PYTHON ?= python3.11
VENV := .venv
POE := $(VENV)/bin/poe
# The stamp is made anew when what is installed would change.
STAMP := $(VENV)/.installed-$(shell cat pyproject.toml constraints.txt | cksum | cut -d' ' -f1)

.PHONY: demo test check setup clean

setup: $(STAMP)

demo: $(STAMP)
	@$(VENV)/bin/conduit demo $(ARGS)

test: $(STAMP)
	@$(POE) test

check: $(STAMP)
	@$(POE) check

$(STAMP):
	@command -v $(PYTHON) >/dev/null || { echo "Conduit needs Python 3.11 or newer: apt-get install python3.11 python3.11-venv, or make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python has no venv module: apt-get install python3.11-venv"; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache
