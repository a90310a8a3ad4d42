"""What one film asks of Postgres, Redis, S3, SQS and the API: parts of `bench/counts.py`."""
