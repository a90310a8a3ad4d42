# Each target calls one thing. Variables: PORT, DATA_DIR, FILE, ONCE for `up`; ENDPOINT_URL, BUCKET, TARGET for
# `test-contract`; ARGS for `test` and its like, `prove`, `e2e`, `bench`, `fleet`, `faults`.
PYTHON ?= python3

# With it each process would compile all its imports again at its start, which takes many seconds.
unexport PYTHONDONTWRITEBYTECODE

# Python begins with a traceback for a Ctrl-C; what is started with it ignored takes it over when it is ready to.
ENSURE = command -v $(PYTHON) >/dev/null || { echo "Framemill needs Python 3.11 or newer; there is no $(PYTHON) on PATH." >&2; exit 1; }; \
	ensure() { (trap '' INT; exec $(PYTHON) -S -m embedded.bootstrap "$$1"); }; ensure
UV = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

.PHONY: up test test-all test-rest test-busy prove test-infra synth cdk test-localstack test-contract check check-page check-code bench fleet faults fidelity e2e screens clean lock compose-up compose-test compose-down image-sbom image-scan

up:
	@trap '' INT; $(ENSURE) embedded && exec .venv/bin/python -m embedded up

# Three processes, each with its own stack, because tests wait much of their time. For lanes see tests/support/lanes.py.
PYTEST = .venv/bin/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 25

test:
	@$(ENSURE) dev && exec $(PYTEST) --lane test $(ARGS)

# Everything; of large sets a sample by FRAMEMILL_TEST_SEED. `test-rest` is only what `make test` leaves out.
test-all test-rest: test-%:
	@$(ENSURE) dev && exec $(PYTEST) --lane $* $(ARGS)

# As on a machine that is a third as fast: beside four busy loops on two processors.
test-busy:
	@$(ENSURE) dev && exec .venv/bin/python -m tests.support.busy 4 -- $(PYTEST) --lane test $(ARGS)

# All tests with full counts, for hours. Continues where it stopped; ARGS=--list shows the results so far.
prove:
	@$(ENSURE) dev && exec .venv/bin/python -m tests.prove $(ARGS)

# AWS without AWS, and Kubernetes without a cluster; a part of `make test-all`: the templates of every size, what
# judges them, the product on an emulator of what they say, and the chart.
test-infra:
	@$(ENSURE) dev && exec $(PYTEST) tests/infra $(ARGS)

# The templates, to look at: make synth SIZE=medium; see infra/app.py for what CONTEXT may say ("name=films domain=…").
SIZE ?= small
synth:
	@$(ENSURE) dev && exec .venv/bin/python -m infra.toolchain synth --context size=$(SIZE) \
		$(foreach each,$(CONTEXT),--context $(each)) --output build/infra/$(SIZE)

# The CDK's own command line: make cdk ARGS="deploy --all --context size=small"; see docs/deploy-aws.md.
cdk:
	@$(ENSURE) dev && exec .venv/bin/python -m infra.toolchain cdk $(ARGS)

# tests/contract on LocalStack, on the store at ENDPOINT_URL, or on AWS. See docs/stores.md.
test-localstack:
	@$(ENSURE) dev && .venv/bin/python -m tests.contract.localstack && \
		exec .venv/bin/python -m pytest tests/contract --target localstack $(ARGS)

TARGET ?= aws
test-contract:
	@$(ENSURE) dev && exec .venv/bin/python -m pytest tests/contract --target $(TARGET) \
		$(if $(ENDPOINT_URL),--endpoint-url "$(ENDPOINT_URL)") $(if $(BUCKET),--bucket "$(BUCKET)") $(ARGS)

# The page's part takes as long as all the rest, so they run side by side.
check:
	@$(ENSURE) dev
	@$(MAKE) --no-print-directory --jobs 2 check-page check-code

check-page:
	.venv/bin/python -m embedded.page check

check-code:
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m tests.audit
	@! grep -nE '^ *-(i|f|-[a-z-]*(index|find-links|host))|://' requirements/*.txt \
		|| { echo "The lists in requirements/ must not name an index; run make lock." >&2; exit 1; }

bench:
	@$(ENSURE) dev && exec .venv/bin/python -m bench $(ARGS)

# The fault tests, many times: make faults ARGS="--only I4 --seed 7". Minutes each; `prove`
# plays them all.
faults:
	@$(ENSURE) dev && exec .venv/bin/python -m tests.faults $(ARGS)

# Odd files of every kind, and whether what comes out of them is right: make fidelity ARGS="--only A --stack".
# With --piped each is read as it arrives, as large files are.
# FRAMEMILL_FIDELITY_FFMPEG names another FFmpeg to encode with.
fidelity:
	@$(ENSURE) dev && exec .venv/bin/python -m tests.fidelity $(ARGS)

# Many workers, simulated: what videos wait and cost. See docs/scaling.md.
fleet:
	@$(ENSURE) dev && exec .venv/bin/python -m bench.fleet $(ARGS)

e2e:
	@$(ENSURE) dev && exec .venv/bin/python -m pytest tests/e2e $(ARGS)

screens:
	@$(ENSURE) dev && exec .venv/bin/python -m tests.screens $(ARGS)

# On a Docker engine. ENV names a file for docker compose: make compose-up ENV=containers/s3.env
COMPOSE = docker compose $(if $(ENV),--env-file $(ENV))

compose-up:
	@began=$$(date +%s) && $(COMPOSE) up --detach --build --wait && \
		echo "Healthy after $$(($$(date +%s) - began)) s: http://localhost:$${PAGE_PORT:-5173}"

compose-test:
	@$(ENSURE) dev && FRAMEMILL_COMPOSE=1 exec .venv/bin/python -m pytest tests/compose $(ARGS)

compose-down:
	@exec docker compose --profile s3 down

image-sbom image-scan: image-%:
	@exec containers/images.sh $*

clean:
	rm -rf .venv .venv-emulator .venv-infra .venv-kubernetes .venv-localstack .venv-plots .venv-node infra/node_modules frontend/node_modules frontend/dist .mypy_cache .hypothesis .pytest_cache .ruff_cache .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -not -path './.git/*' -not -path '*/node_modules/*' -prune -exec rm -rf {} +

lock:
	@$(ENSURE) embedded
	$(UV) requirements/bootstrap.in --output-file requirements/bootstrap.txt
	$(UV) requirements/runtime.in --output-file requirements/runtime.txt
	$(UV) requirements/backend.in --constraint requirements/runtime.txt --output-file requirements/backend.txt
	$(UV) requirements/worker.in --constraint requirements/runtime.txt --output-file requirements/worker.txt
	$(UV) requirements/embedded.in --constraint requirements/runtime.txt --output-file requirements/embedded.txt
	$(UV) requirements/ffmpeg.in --constraint requirements/embedded.txt --output-file requirements/ffmpeg.txt
	$(UV) requirements/dev.in --constraint requirements/embedded.txt --output-file requirements/dev.txt
	$(UV) requirements/emulator.in --output-file requirements/emulator.txt
	$(UV) requirements/infra.in --output-file requirements/infra.txt
	$(UV) requirements/kubernetes.in --output-file requirements/kubernetes.txt
	$(UV) requirements/plots.in --output-file requirements/plots.txt
	$(UV) requirements/node.in --output-file requirements/node.txt
	# What LocalStack was made to run with cannot be had for a newer Python.
	$(subst 3.11,3.13,$(filter-out --universal,$(UV))) requirements/localstack.in --output-file requirements/localstack.txt
