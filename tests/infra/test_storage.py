"""The buckets: private, encrypted, and with the rules that every other store is given."""

import json
from pathlib import Path
from typing import Any

from infra.sizes import SIZES
from tests.infra.assembly import Template, properties, resources
from tests.infra.conftest import ASKED, Templates

_DESCRIPTION = json.loads(
    (Path(__file__).parents[2] / "localstack" / "resources.json").read_text()
)["bucket"]


def _media(template: Template) -> dict[str, Any]:
    return properties(template, "AWS::S3::Bucket", "Media")


def _rules(template: Template) -> dict[str, dict[str, Any]]:
    return {rule["Id"]: rule for rule in _media(template)["LifecycleConfiguration"]["Rules"]}


def test_every_bucket_is_private_and_encrypted(templates: Templates, every_size: str) -> None:
    for template in templates(every_size).values():
        for name, bucket in resources(template, "AWS::S3::Bucket").items():
            found = bucket["Properties"]
            assert set(found["PublicAccessBlockConfiguration"].values()) == {True}, name
            [rule] = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}, name


def test_only_the_owner_owns_what_is_in_the_media_bucket(templates: Templates) -> None:
    [rule] = _media(templates("small")["storage"])["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}


def test_who_comes_without_tls_is_refused(templates: Templates, every_size: str) -> None:
    policies = resources(templates(every_size)["storage"], "AWS::S3::BucketPolicy")
    assert len(policies) == 2
    for policy in policies.values():
        denied = [
            statement["Condition"]
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny" and statement["Action"] == "s3:*"
        ]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_pages_are_let_in_as_the_description_says(templates: Templates, every_size: str) -> None:
    rule, _ = _media(templates(every_size)["storage"])["CorsConfiguration"]["CorsRules"]
    described = _DESCRIPTION["cors"]
    assert rule == {
        "AllowedOrigins": ASKED["origins"].split(","),
        "AllowedMethods": described["AllowedMethods"],
        "AllowedHeaders": described["AllowedHeaders"],
        "ExposedHeaders": described["ExposeHeaders"],
        "MaxAge": described["MaxAgeSeconds"],
    }


def test_no_page_is_let_in_that_was_not_named(templates: Templates) -> None:
    """But to read by a signed URL."""
    [rule] = _media(templates("no-origins")["storage"])["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["GET", "HEAD"]
    assert rule["AllowedOrigins"] == ["*"]


def test_the_described_lifecycle_rules_are_there(templates: Templates, every_size: str) -> None:
    found = _rules(templates(every_size)["storage"])
    for described in _DESCRIPTION["lifecycle"]:
        rule = found[described["ID"]]
        assert rule["Status"] == described["Status"]
        assert rule.get("Prefix", "") == described["Filter"]["Prefix"]
        assert rule["AbortIncompleteMultipartUpload"] == described["AbortIncompleteMultipartUpload"]


def test_media_becomes_cheaper_with_time(templates: Templates, every_size: str) -> None:
    days = SIZES[every_size].rendition_tier_days
    rule = _rules(templates(every_size)["storage"]).get("tier-media")
    if not days:
        assert rule is None
    else:
        assert rule is not None
        assert rule["Prefix"] == "videos/"
        assert rule["Transitions"] == [
            {"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": days}
        ]


def test_sources_stay_unless_days_are_asked_for(templates: Templates, every_size: str) -> None:
    assert "expire-sources" not in _rules(templates(every_size)["storage"])


def test_sources_go_by_their_tag_and_nothing_else_does(templates: Templates) -> None:
    rules = _rules(templates("short-lived")["storage"])
    assert rules["expire-sources"]["ExpirationInDays"] == 30
    assert rules["expire-sources"]["TagFilters"] == [{"Key": "kind", "Value": "source"}]
    assert [name for name, rule in rules.items() if "ExpirationInDays" in rule] == [
        "expire-sources"
    ]


def test_what_was_deleted_can_be_had_back_for_as_long_as_the_database(
    templates: Templates, every_size: str
) -> None:
    size, template = SIZES[every_size], templates(every_size)["storage"]
    versions = _media(template).get("VersioningConfiguration")
    if not size.keep_data:
        assert versions is None
        assert "forget-deleted" not in _rules(template)
    else:
        assert versions == {"Status": "Enabled"}
        rule = _rules(template)["forget-deleted"]
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": size.backup_days}


def test_the_buckets_outlive_their_stack_where_data_is_kept(
    templates: Templates, every_size: str
) -> None:
    wanted = "Retain" if SIZES[every_size].keep_data else "Delete"
    for bucket in resources(templates(every_size)["storage"], "AWS::S3::Bucket").values():
        assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == wanted


def test_who_asked_for_what_is_logged(templates: Templates) -> None:
    template = templates("small")["storage"]
    [logs] = [name for name in resources(template, "AWS::S3::Bucket") if name.startswith("Logs")]
    assert _media(template)["LoggingConfiguration"]["DestinationBucketName"] == {"Ref": logs}
