"""What the two distributions have in common."""

from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_s3 as s3

from infra.practices import accept
from infra.sizes import Size

_LOG_DAYS = 90
_EVERYWHERE = "large"


def price_class(size: Size) -> cloudfront.PriceClass:
    """Return the edge locations: America and Europe, or everywhere for the largest size."""
    if size.name == _EVERYWHERE:
        return cloudfront.PriceClass.PRICE_CLASS_ALL
    return cloudfront.PriceClass.PRICE_CLASS_100


def common_settings(
    stack: Stack, size: Size, domain: str | None, certificate: str | None
) -> dict[str, Any]:
    """Return what both distributions are made with.

    Args:
        stack: that the distribution is in.
        size: of the deployment.
        domain: a name of one's own, which needs the certificate too.
        certificate: ARN of the one for it, in us-east-1.
    """
    settings: dict[str, Any] = {
        "price_class": price_class(size),
        "minimum_protocol_version": cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        "http_version": cloudfront.HttpVersion.HTTP2_AND_3,
        "log_bucket": logs_of(stack, size),
    }
    if domain and certificate:
        settings["domain_names"] = [domain]
        settings["certificate"] = acm.Certificate.from_certificate_arn(
            stack, "Certificate", certificate
        )
    return settings


def logs_of(stack: Stack, size: Size) -> s3.Bucket:
    """Return a bucket for a distribution's access logs.

    One that knows access lists: CloudFront writes with them. Its newer way without can be set up in
    us-east-1 only. What it holds are addresses and paths; queries, and so signatures, are part of
    those logs, and are of no use after their quarter of an hour.
    """
    bucket = s3.Bucket(
        stack,
        "AccessLogs",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
        lifecycle_rules=[s3.LifecycleRule(id="expire-logs", expiration=Duration.days(_LOG_DAYS))],
        removal_policy=RemovalPolicy.RETAIN if size.keep_data else RemovalPolicy.DESTROY,
        auto_delete_objects=not size.keep_data,
    )
    accept(bucket, "AwsSolutions-S1", "It holds access logs; logging its own would never end.")
    return bucket
