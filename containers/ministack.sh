#!/bin/sh
# Starts MiniStack with the access key that the other services have; it reads it from its
# environment only.
set -eu
credentials=/var/lib/framemill/secrets/aws-s3
value() { sed -n "s/^$1 *= *//p" "$credentials"; }
AWS_ACCESS_KEY_ID=$(value aws_access_key_id)
AWS_SECRET_ACCESS_KEY=$(value aws_secret_access_key)
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
exec python -m ministack
