"""A login that is kept elsewhere: read, kept for a while, asked for again when it is refused."""

import asyncio

import pytest

from core.adapters.database_login import Login, Secret, parse_login
from core.errors import Unavailable


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ('{"username": "framemill", "password": "p{w"}', Login("p{w", "framemill")),
        (' {"password": "p", "engine": "postgres"}', Login("p")),
        ("just-a-password\n", Login("just-a-password")),
    ],
)
def test_a_secret_is_json_or_a_password(text: str, login: Login) -> None:
    assert parse_login(text) == login


@pytest.mark.parametrize("text", ["", " \n", "{", "{}", '{"password": ""}', '{"password": 7}'])
def test_a_secret_without_a_password_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="the secret") as refused:
        parse_login(text)
    assert "7" not in str(refused.value)


def test_a_login_does_not_show_its_password() -> None:
    assert "hidden" not in repr(Login("hidden", "u"))


class Store:
    """Gives what `text` is, or the error; counts how often it was asked. Time stands still."""

    def __init__(self, text: str) -> None:
        self.text: str | Exception = text
        self.asked = 0
        self.now = 100.0
        self.secret = Secret(self.ask, lambda: self.now)

    async def ask(self) -> str:
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.text, Exception):
            raise self.text
        return self.text


async def test_those_who_ask_together_share_one_question_and_its_answer_is_kept() -> None:
    store = Store("old")
    assert await asyncio.gather(*(store.secret.login() for _ in range(5))) == [Login("old")] * 5
    store.text = "new"
    store.now += 59
    assert await store.secret.login() == Login("old")
    assert store.asked == 1
    store.now += 2
    assert await store.secret.login() == Login("new")


async def test_a_refused_login_is_asked_for_again_but_not_all_the_time() -> None:
    store = Store("old")
    old = await store.secret.login()
    store.text = "new"
    assert await store.secret.login(refused=old) == Login("new")
    # Another connection that was refused with the old one finds the new one there.
    assert await store.secret.login(refused=old) == Login("new")
    assert store.asked == 2
    assert await store.secret.login(refused=Login("new")) == Login("new")
    assert store.asked == 2, "asked again at once"
    store.now += 1.5
    await store.secret.login(refused=Login("new"))
    assert store.asked == 3


async def test_a_store_of_secrets_that_is_away_leaves_what_is_known() -> None:
    store = Store("old")
    old = await store.secret.login()
    store.text = Unavailable("It does not answer.")
    store.now += 61
    assert await store.secret.login() == old
    assert await store.secret.login() == old
    assert store.asked == 2, "asked for each connection while away"
    assert await store.secret.login(refused=old) == old
    assert store.asked == 3


async def test_a_secret_that_was_never_read_is_a_database_that_is_away() -> None:
    store = Store("{")
    for _ in range(3):
        with pytest.raises(ConnectionError, match="begins like JSON"):
            await store.secret.login()
    assert store.asked == 1
    store.now += 1.5
    store.text = "found"
    assert await store.secret.login() == Login("found")
