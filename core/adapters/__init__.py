"""Postgres, S3, SQS, Redis and Secrets Manager: the only modules that talk to them."""
