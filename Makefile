# Each target calls one thing. Variables: PORT, DATA_DIR, FILE, ONCE for `up`; ARGS for `test`, `e2e`, `bench`.
PYTHON ?= python3

ENSURE = command -v $(PYTHON) >/dev/null || { echo "Framemill needs Python 3.11 or newer; there is no $(PYTHON) on PATH." >&2; exit 1; }; \
	$(PYTHON) -S -m embedded.bootstrap
UV = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

.PHONY: up test check bench e2e screens clean lock

up:
	@$(ENSURE) embedded && exec .venv/bin/python -m embedded up

test:
	@$(ENSURE) dev && .venv/bin/python -m embedded.page test && exec .venv/bin/python -m pytest $(ARGS)

check:
	@$(ENSURE) dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m embedded.page check
	@! grep -nE '^ *-(i|f|-[a-z-]*(index|find-links|host))|://' requirements/*.txt \
		|| { echo "The lists in requirements/ must not name an index; run make lock." >&2; exit 1; }

bench:
	@$(ENSURE) dev && exec .venv/bin/python -m bench $(ARGS)

e2e:
	@$(ENSURE) dev && exec .venv/bin/python -m pytest tests/e2e $(ARGS)

screens:
	@$(ENSURE) dev && exec .venv/bin/python -m tests.screens $(ARGS)

clean:
	rm -rf .venv .venv-emulator .venv-node frontend/node_modules frontend/dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -not -path './.git/*' -not -path '*/node_modules/*' -prune -exec rm -rf {} +

lock:
	@$(ENSURE) embedded
	$(UV) requirements/bootstrap.in --output-file requirements/bootstrap.txt
	$(UV) requirements/runtime.in --output-file requirements/runtime.txt
	$(UV) requirements/embedded.in --constraint requirements/runtime.txt --output-file requirements/embedded.txt
	$(UV) requirements/dev.in --constraint requirements/embedded.txt --output-file requirements/dev.txt
	$(UV) requirements/emulator.in --output-file requirements/emulator.txt
	$(UV) requirements/node.in --output-file requirements/node.txt
