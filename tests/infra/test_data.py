"""Postgres, Redis and their secrets: not public, encrypted, kept where they must be."""

import json
import string
from typing import Any

import pytest
from pydantic import SecretStr

from infra.sizes import SIZES
from tests.infra.assembly import Template, properties, resources
from tests.infra.conftest import Templates
from tests.support.settings import Settings


def _database(template: Template) -> dict[str, Any]:
    return properties(template, "AWS::RDS::DBInstance")


def _redis(template: Template) -> dict[str, Any]:
    return properties(template, "AWS::ElastiCache::ReplicationGroup")


def test_the_database_is_private_and_encrypted(templates: Templates, every_size: str) -> None:
    database = _database(templates(every_size)["data"])
    assert database["PubliclyAccessible"] is False
    assert database["StorageEncrypted"] is True
    parameters = properties(templates(every_size)["data"], "AWS::RDS::DBParameterGroup")
    assert parameters["Parameters"]["rds.force_ssl"] == "1"
    assert database["DBParameterGroupName"]["Ref"].startswith("Parameters")


def test_the_database_lies_in_isolated_subnets(templates: Templates, every_size: str) -> None:
    found = properties(templates(every_size)["data"], "AWS::RDS::DBSubnetGroup")["SubnetIds"]
    assert len(found) == SIZES[every_size].zones
    assert all("VpcisolatedSubnet" in subnet["Fn::ImportValue"] for subnet in found)


def test_rds_keeps_and_changes_the_password(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["data"]
    database = _database(template)
    assert database["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in database
    assert database["MasterUsername"] == database["DBName"] == "framemill"
    # Its own rotation needs no function of ours.
    assert not resources(template, "AWS::Lambda::Function")


def test_the_database_is_as_large_as_its_size_says(templates: Templates, every_size: str) -> None:
    size, database = SIZES[every_size], _database(templates(every_size)["data"])
    assert database["DBInstanceClass"] == f"db.{size.database_class}"
    assert database["MultiAZ"] is size.database_multi_az
    assert database["AllocatedStorage"] == str(size.database_gb)
    assert database["MaxAllocatedStorage"] == size.database_max_gb
    assert database["BackupRetentionPeriod"] == size.backup_days


def test_the_database_outlives_its_stack_where_data_is_kept(
    templates: Templates, every_size: str
) -> None:
    template, keep = templates(every_size)["data"], SIZES[every_size].keep_data
    [database] = resources(template, "AWS::RDS::DBInstance").values()
    assert database["DeletionPolicy"] == ("Retain" if keep else "Delete")
    assert database["Properties"]["DeletionProtection"] is keep
    assert database["Properties"]["DeleteAutomatedBackups"] is not keep


def test_what_a_database_stands_on_stays_as_long_as_it(
    templates: Templates, every_size: str
) -> None:
    template = templates(every_size)["data"]
    [database] = resources(template, "AWS::RDS::DBInstance").values()
    for kind in ("AWS::RDS::DBParameterGroup", "AWS::RDS::DBSubnetGroup"):
        [found] = resources(template, kind).values()
        assert found.get("DeletionPolicy", "Delete") == database["DeletionPolicy"]


def test_another_database_can_be_named_where_one_was_read(templates: Templates) -> None:
    # The former deployment reads this still while the data stack is deployed.
    before, after = (
        templates("small")["data"]["Outputs"],
        templates("short-lived")["data"]["Outputs"],
    )
    assert any("MasterUserSecret" in name for name in before)
    assert {*before} <= {*after}
    assert "MasterUserSecret" not in str(templates("short-lived")["api"])


def test_redis_is_encrypted_and_asks_for_its_password(
    templates: Templates, every_size: str
) -> None:
    redis = _redis(templates(every_size)["data"])
    assert redis["AtRestEncryptionEnabled"] is True
    assert redis["TransitEncryptionEnabled"] is True
    assert redis["TransitEncryptionMode"] == "required"
    assert "{{resolve:secretsmanager:" in json.dumps(redis["AuthToken"])


def test_redis_has_replicas_that_take_over(templates: Templates, every_size: str) -> None:
    size, redis = SIZES[every_size], _redis(templates(every_size)["data"])
    assert redis["NumCacheClusters"] == 1 + size.redis_replicas
    assert redis["AutomaticFailoverEnabled"] is (size.redis_replicas > 0)
    assert redis["MultiAZEnabled"] is (size.redis_replicas > 0)


def test_no_secret_is_in_a_template(templates: Templates, every_size: str) -> None:
    for secret in resources(templates(every_size)["data"], "AWS::SecretsManager::Secret").values():
        found = secret["Properties"]
        assert "GenerateSecretString" in found or "{{resolve:" in json.dumps(found["SecretString"])


def _filled(template: Template, generated: str) -> str:
    """Return JWT_KEYS as CloudFormation would make it of what Secrets Manager generated."""
    joined = properties(template, "AWS::SecretsManager::Secret", "SigningKeys")["SecretString"]
    start, _, end = joined["Fn::Join"][1]
    before, _, _ = start.partition("{{resolve:")
    _, _, after = end.partition("}}")
    value = json.loads(before + generated + after)["JWT_KEYS"]
    assert isinstance(value, str)
    return value


def _letters(template: Template, start: str) -> str:
    rule = properties(template, "AWS::SecretsManager::Secret", start)["GenerateSecretString"]
    assert rule["ExcludePunctuation"] is True
    assert rule["PasswordLength"] == 64
    letters = string.ascii_letters + string.digits
    return "".join(letter for letter in letters if letter not in rule["ExcludeCharacters"])


def test_the_signing_keys_are_what_the_api_takes(templates: Templates) -> None:
    template = templates("small")["data"]
    letters = _letters(template, "SigningKeyE")
    keys = _filled(template, (letters * 2)[:64])
    settings = Settings(
        database_url=SecretStr("postgresql://host/db"),
        redis_url=SecretStr("redis://host"),
        jwt_keys=SecretStr(keys),
    )
    assert settings.signing_keys() == {"first": (letters * 2)[:64]}


@pytest.mark.parametrize("word", ["change", "placeholder", "example", "secret", "password",
                                  "default", "xxxx"])  # fmt: skip
def test_no_generated_key_can_look_like_a_placeholder(templates: Templates, word: str) -> None:
    letters = _letters(templates("small")["data"], "SigningKeyE").lower()
    assert not {*word} <= {*letters}
