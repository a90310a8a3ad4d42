"""The media bucket and the bucket of access logs."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Annotations, Duration, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.description import described
from infra.practices import accept
from infra.sizes import Size

_LOG_DAYS = 90
# Everything of videos lies under this: core/model/object_keys.py.
_MEDIA_PREFIX = "videos/"
# Source and renditions of a video share a prefix, and rules have no wildcards: a tag tells.
_SOURCE_TAG = {"kind": "source"}  # TAG_SOURCES has the API give it


class StorageStack(Stack):
    """The buckets.

    Attributes:
        bucket: sources and what is made of them; only signed requests reach it.
        log_bucket: who asked for what; server access logs.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        size: Size,
        origins: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.log_bucket = _log_bucket(self, size)
        self.bucket = _media_bucket(self, size, origins, self.log_bucket)


def _log_bucket(stack: Stack, size: Size) -> s3.Bucket:
    bucket = s3.Bucket(
        stack,
        "Logs",
        lifecycle_rules=[s3.LifecycleRule(id="expire-logs", expiration=Duration.days(_LOG_DAYS))],
        **_private(size),
    )
    accept(bucket, "AwsSolutions-S1", "It holds the access logs; logging its own would never end.")
    return bucket


def _media_bucket(
    stack: Stack, size: Size, origins: Sequence[str], log_bucket: s3.Bucket
) -> s3.Bucket:
    description = described()["bucket"]
    readers = description["cors_of_readers"]
    if not origins:
        Annotations.of(stack).add_warning_v2(
            "framemill:origins",
            "No page may send videos to the bucket yet: give its address with --context origins=…",
        )
    return s3.Bucket(
        stack,
        "Media",
        # What was deleted or replaced can be had back as long as the database can be put back.
        versioned=size.keep_data,
        cors=[
            *([_cors(description["cors"], origins)] if origins else ()),
            # Whoever has a signed URL may read by it: who plays a film came by a redirect, and then
            # a browser tells no origin but "null".
            _cors(readers, readers["AllowedOrigins"]),
        ],
        lifecycle_rules=[*map(_lifecycle, description["lifecycle"]), *_own_rules(size)],
        server_access_logs_bucket=log_bucket,
        server_access_logs_prefix="media/",
        **_private(size),
    )


def _private(size: Size) -> dict[str, Any]:
    """Return what makes a bucket one that only its owner reaches, over TLS."""
    return {
        "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
        "encryption": s3.BucketEncryption.S3_MANAGED,
        "enforce_ssl": True,
        "minimum_tls_version": 1.2,
        "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        "removal_policy": RemovalPolicy.RETAIN if size.keep_data else RemovalPolicy.DESTROY,
        "auto_delete_objects": not size.keep_data,
    }


def _cors(rule: dict[str, Any], origins: Sequence[str]) -> s3.CorsRule:
    return s3.CorsRule(
        allowed_origins=list(origins),
        allowed_methods=[s3.HttpMethods[method] for method in rule["AllowedMethods"]],
        allowed_headers=rule["AllowedHeaders"],
        exposed_headers=rule["ExposeHeaders"],
        max_age=rule["MaxAgeSeconds"],
    )


def _lifecycle(rule: dict[str, Any]) -> s3.LifecycleRule:
    """Translate a rule of the description.

    Raises:
        ValueError: it asks for something that is not translated yet.
    """
    unknown = {*rule} - {"ID", "Status", "Filter", "AbortIncompleteMultipartUpload"}
    if unknown or {*rule["Filter"]} != {"Prefix"}:
        raise ValueError(f"The lifecycle rule {rule['ID']!r} has parts that are not known here.")
    return s3.LifecycleRule(
        id=rule["ID"],
        enabled=rule["Status"] == "Enabled",
        prefix=rule["Filter"]["Prefix"] or None,
        abort_incomplete_multipart_upload_after=Duration.days(
            rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        ),
    )


def _own_rules(size: Size) -> list[s3.LifecycleRule]:
    """Return the rules that only a store of AWS carries out.

    What lost attempts leave behind is not among them: their keys look like those of published
    ones, and control's sweep, which knows the difference, removes them.
    """
    rules = []
    if size.source_days:
        rules.append(
            s3.LifecycleRule(
                id="expire-sources",
                tag_filters=_SOURCE_TAG,
                expiration=Duration.days(size.source_days),
            )
        )
    if size.rendition_tier_days:
        # Objects below 128 KiB stay where they are: S3 moves none of those.
        rules.append(
            s3.LifecycleRule(
                id="tier-media",
                prefix=_MEDIA_PREFIX,
                transitions=[
                    s3.Transition(
                        storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                        transition_after=Duration.days(size.rendition_tier_days),
                    )
                ],
            )
        )
    if size.keep_data:
        rules.append(
            s3.LifecycleRule(
                id="forget-deleted",
                noncurrent_version_expiration=Duration.days(size.backup_days),
                expired_object_delete_marker=True,
            )
        )
    return rules
