"""What the bucket and the queues are made with."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localstack.provision import main, make_bucket, read_origins

READERS = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
DESCRIPTION: dict[str, Any] = {
    "cors": {"AllowedMethods": ["PUT"]}, "cors_of_readers": READERS, "lifecycle": [{"ID": "x"}],
}  # fmt: skip


class Store:
    """Remembers its rules; may not know lifecycle rules, or refuse them."""

    class meta:  # noqa: N801 - the SDK's name
        region_name = "us-east-1"

    def __init__(self, lifecycle_error: str | None = None) -> None:
        self.rules: dict[str, Any] = {}
        self._error = lifecycle_error

    def create_bucket(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "BucketAlreadyOwnedByYou"}}, "CreateBucket")

    def put_bucket_cors(self, **rules: Any) -> None:
        self.rules.update(rules)

    def put_bucket_lifecycle_configuration(self, **rules: Any) -> None:
        if self._error:
            raise ClientError({"Error": {"Code": self._error}}, "PutBucketLifecycle")
        self.rules.update(rules)


def test_a_bucket_that_is_there_gets_its_rules() -> None:
    store = Store()
    make_bucket(store, "films", ["http://a.example"], DESCRIPTION)
    rule, readers = store.rules["CORSConfiguration"]["CORSRules"]
    assert rule == {"AllowedMethods": ["PUT"], "AllowedOrigins": ["http://a.example"]}
    assert readers == READERS
    assert store.rules["LifecycleConfiguration"] == {"Rules": [{"ID": "x"}]}


def test_a_store_without_lifecycle_rules_will_do(capsys: pytest.CaptureFixture[str]) -> None:
    store = Store("NotImplemented")
    make_bucket(store, "films", ["http://a.example"], DESCRIPTION)
    assert "CORSConfiguration" in store.rules
    assert "knows no lifecycle rules" in capsys.readouterr().err


def test_a_refusal_is_not_taken_for_that() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        make_bucket(Store("AccessDenied"), "films", ["http://a.example"], DESCRIPTION)


def test_no_page_is_let_in_by_a_wildcard() -> None:
    assert read_origins(" http://a.example ,http://b.example,") == [
        "http://a.example",
        "http://b.example",
    ]
    with pytest.raises(ValueError, match="without"):
        read_origins("http://*.example")


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["buckets"]) == 2
    assert "usage" in capsys.readouterr().err
