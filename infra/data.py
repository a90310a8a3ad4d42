"""Postgres, Redis and the secrets that open them."""

from typing import Any

from aws_cdk import RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.database import DATABASE, USER, master_secret_arn, postgres
from infra.network import NetworkStack
from infra.practices import accept
from infra.sizes import Size
from infra.valkey import PORT, cache

# Without these letters no word can come out that core/config.py takes for a placeholder
# (change, example, secret, password, xxxx …), and without punctuation it needs no quoting.
_NO_WORDS = "aAeExX"
_KEY_ID = "first"


class DataStack(Stack):
    """What remembers.

    Attributes:
        database: Postgres.
        database_secret_arn: of the secret with `username` and `password`, which RDS changes every
            week; a token.
        database_name: of the database in it.
        database_user: its owner.
        redis_address: host name of the primary.
        redis_port: where it listens, with TLS.
        redis_secret: its password, the whole secret.
        signing_secret: its field `JWT_KEYS` is the setting of that name. To change keys, put a new
            `kid:secret,` before what is there, and take the old one out when its tokens have ended.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        size: Size,
        network: NetworkStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.database: rds.DatabaseInstance = postgres(
            self, size, network.vpc, network.database_group
        )
        self.database_secret_arn = master_secret_arn(self.database)
        # Also while a restored database's secret is used instead: this stack is deployed before
        # those that read the export still, and CloudFormation takes away none that is read.
        self.export_value(self.database_secret_arn)
        self.database_name = DATABASE
        self.database_user = USER
        self.redis_secret = _generated(self, "RedisPassword", "The password of Redis")
        accept(
            self.redis_secret,
            "AwsSolutions-SMG4",
            "Only tasks reach Redis and it holds nothing that lasts; a new password must reach it "
            "and every task together, which is a deployment.",
        )
        group = cache(self, size, network.vpc, network.redis_group, self.redis_secret)
        self.redis_address: str = group.attr_primary_end_point_address
        self.redis_port = PORT
        self.signing_secret = _signing(self)


def _generated(stack: Stack, name: str, what: str) -> secrets.Secret:
    return secrets.Secret(
        stack,
        name,
        description=what,
        generate_secret_string=secrets.SecretStringGenerator(
            password_length=64, exclude_punctuation=True, exclude_characters=_NO_WORDS
        ),
        removal_policy=RemovalPolicy.DESTROY,
    )


def _signing(stack: Stack) -> secrets.Secret:
    """Return a secret that has the form of JWT_KEYS, which no generator can make by itself.

    CloudFormation puts the generated text in when it makes the second secret, and looks at it
    again only when its template changes: what an operator has changed since stays.
    """
    part = _generated(stack, "SigningKey", "The first key that signed tokens")
    whole = secrets.Secret(
        stack,
        "SigningKeys",
        description="The keys that sign tokens, newest first",
        secret_object_value={
            "JWT_KEYS": SecretValue.unsafe_plain_text(
                # A reference that CloudFormation resolves: the template never holds the text.
                f"{_KEY_ID}:{part.secret_value.unsafe_unwrap()}"
            )
        },
        removal_policy=RemovalPolicy.DESTROY,
    )
    for each in (part, whole):
        accept(
            each,
            "AwsSolutions-SMG4",
            "A key may only go when the tokens that it signed have ended: a person puts the next "
            "one before it.",
        )
    return whole
