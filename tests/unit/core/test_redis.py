"""How Redis is reached: what of its address and its password ends up in a connection."""

from typing import Any

import redis.asyncio as redis
from pydantic import SecretStr

from core.adapters.redis import connect


def test_the_password_is_shown_where_the_address_has_none() -> None:
    arguments = connect("redis://h:6380/2", password=SecretStr("p")).connection_pool
    assert arguments.connection_kwargs["password"] == "p"
    assert (arguments.connection_kwargs["host"], arguments.connection_kwargs["db"]) == ("h", 2)
    assert arguments.connection_kwargs.get("username") is None


def test_a_user_of_the_address_is_kept() -> None:
    arguments = connect("redis://reader@h", password=SecretStr("p")).connection_pool
    assert arguments.connection_kwargs["username"] == "reader"
    assert arguments.connection_kwargs["password"] == "p"


def test_an_address_alone_is_as_before() -> None:
    assert connect("redis://:own@h").connection_pool.connection_kwargs["password"] == "own"
    assert connect("redis://h").connection_pool.connection_kwargs["password"] is None


def test_rediss_is_tls_with_a_certificate_that_is_checked() -> None:
    pool: Any = connect("rediss://cache.example:6379", password=SecretStr("p")).connection_pool
    made = pool.make_connection()
    assert isinstance(made, redis.SSLConnection)
    assert made.password == "p"
    context = made.ssl_context.get()
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
