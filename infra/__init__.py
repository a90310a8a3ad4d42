"""Framemill on AWS: one CDK app, with one stack for each concern. See docs/deploy-aws.md."""
