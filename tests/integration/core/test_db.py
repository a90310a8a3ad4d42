"""A database that lets nobody in is one that is away, not a fault of a statement."""

import pytest
from sqlalchemy.exc import OperationalError

from core.db import Database
from embedded.stack import Stack
from tests.support.settings import settings_of


async def test_a_wrong_password_means_that_the_database_is_away(stack: Stack) -> None:
    url = settings_of(stack).database_url.get_secret_value()
    right = url.split("://")[1].split("@")[0]
    database = Database(url.replace(right, right.split(":")[0] + ":wrong"))
    with pytest.raises(OperationalError, match="password authentication failed"):
        await database.ping()
    with pytest.raises(OperationalError):
        async with database.begin():
            pass
    await database.close()
