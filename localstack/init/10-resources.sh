#!/bin/sh
# Run by LocalStack each time that it is ready (and by MiniStack, which knows the same directory):
# it forgets everything when it stops, so everything is made again. RESOURCES may name a part.
set -eu
export AWS_ENDPOINT_URL="http://127.0.0.1:${GATEWAY_PORT:-4566}"
export AWS_ACCESS_KEY_ID="${AWS_ACCESS_KEY_ID:-test}" AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:-test}"
python=/opt/code/localstack/.venv/bin/python
[ -x "$python" ] || python=python
# shellcheck disable=SC2086  # several words by design
exec "$python" /opt/framemill/localstack/provision.py ${RESOURCES:-}
