"""The distribution that videos come from."""

import hashlib
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.edge import common_settings
from infra.media_key import MediaKey
from infra.practices import accept
from infra.settings import Media
from infra.sizes import Size
from infra.storage import StorageStack


class MediaStack(Stack):
    """A distribution of its own before the media bucket, for signed URLs only.

    Apart from the page's for two reasons: what strangers have uploaded should not come from the
    page's own origin, and `/videos/…` is an address of the page as well as the beginning of a key.

    Attributes:
        settings: what the API has to know of it.
        private_key: ARN of the secret with the key that signs.
        distribution: the distribution.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        size: Size,
        storage: StorageStack,
        key: MediaKey,
        domain: str | None = None,
        certificate: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.private_key = key.secret
        keys = [_public_key(self, each) for each in key.public]
        group = cloudfront.KeyGroup(self, "Keys", items=keys)
        self.distribution = cloudfront.Distribution(
            self,
            "Films",
            comment="Films",
            default_behavior=_behavior(_bucket(self, storage), group),
            **common_settings(self, size, domain, certificate),
        )
        self.distribution.apply_removal_policy(RemovalPolicy.DESTROY)
        name = self.distribution.distribution_domain_name
        # Also under a name of one's own: with one that is given later, this stack is deployed
        # before those that read the export still, and CloudFormation takes away none that is read.
        self.export_value(name)
        host = domain if domain and certificate else name
        self.settings = Media(url=f"https://{host}", key_id=keys[0].public_key_id)
        _accept(self.distribution, own_name=bool(domain and certificate))


def _public_key(stack: Stack, pem: str) -> cloudfront.PublicKey:
    """Make a key known, under a name of its own: CloudFront changes none that it knows."""
    name = hashlib.sha256(pem.encode()).hexdigest()[:8]
    made = cloudfront.PublicKey(stack, f"PublicKey{name}", encoded_key=pem)
    # The former key's too: what still signs with it is deployed after this stack.
    stack.export_value(made.public_key_id)
    return made


def _bucket(stack: Stack, storage: StorageStack) -> s3.IBucket:
    """Let this account's distributions read videos, and return the bucket as one that is known.

    The policy names all of the account's distributions: naming this one, the two stacks would each
    have to be there before the other.
    """
    storage.bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Distribution",
            principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
            actions=["s3:GetObject"],
            resources=[storage.bucket.arn_for_objects("videos/*")],
            # The account is in the ARN; that CloudFront says it apart too is nowhere documented.
            conditions={
                "ArnLike": {
                    "AWS:SourceArn": stack.format_arn(
                        service="cloudfront",
                        region="",
                        resource="distribution",
                        resource_name="*",
                    )
                },
            },
        )
    )
    return s3.Bucket.from_bucket_attributes(
        stack,
        "Bucket",
        bucket_name=storage.bucket.bucket_name,
        region=stack.region,
    )


def _behavior(bucket: s3.IBucket, group: cloudfront.KeyGroup) -> cloudfront.BehaviorOptions:
    stack = Stack.of(group)
    access = cloudfront.S3OriginAccessControl(
        stack, "Access", signing=cloudfront.Signing.SIGV4_ALWAYS
    )
    shown = cloudfront.CacheQueryStringBehavior.allow_list(
        # How a video is to be saved, and under which name: S3 answers with what they say.
        "response-content-disposition", "response-content-type",
    )  # fmt: skip
    return cloudfront.BehaviorOptions(
        origin=origins.S3BucketOrigin.with_origin_access_control(
            bucket, origin_access_control=access
        ),
        trusted_key_groups=[group],
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
        cached_methods=cloudfront.CachedMethods.CACHE_GET_HEAD_OPTIONS,
        compress=False,  # videos are packed already
        # No two outputs ever have the same key, so what is here stays right.
        cache_policy=cloudfront.CachePolicy(
            stack,
            "Kept",
            comment="Videos, by key and by how they are to be saved",
            query_string_behavior=shown,
            # The bucket's answer to a page is for that page's origin.
            header_behavior=cloudfront.CacheHeaderBehavior.allow_list(
                "Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method"
            ),
            default_ttl=Duration.days(1),
            max_ttl=Duration.days(365),
            min_ttl=Duration.seconds(0),
        ),
        response_headers_policy=cloudfront.ResponseHeadersPolicy(
            stack,
            "Headers",
            comment="Films",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), override=True
                ),
                # A video that is a page too runs nothing, even when somebody opens it as one.
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy="sandbox", override=True
                ),
            ),
        ),
    )


def _accept(distribution: cloudfront.Distribution, *, own_name: bool) -> None:
    accept(distribution, "AwsSolutions-CFR1", "Whoever has a signed URL may watch, wherever.")
    accept(
        distribution,
        "AwsSolutions-CFR2",
        "It answers signed URLs only, and reads nothing else of a request.",
    )
    if not own_name:
        accept(
            distribution,
            "AwsSolutions-CFR4",
            "Under CloudFront's own name TLS cannot be chosen; with a domain it is 1.2 or newer.",
        )
