"""Passwords: long enough, not common, hashed as they should be."""

from collections.abc import Iterator

import pytest

from backend.auth.passwords import Passwords, check_password
from core.errors import Invalid


@pytest.mark.parametrize(
    "password",
    [
        "twelve chars",
        "x9" * 6 + "ab",
        "ä" * 3 + "öüßéèàñçø",
        "correct horse battery",
        "    a  b  c d",
    ],
)
def test_what_it_is_made_of_does_not_matter(password: str) -> None:
    check_password(password, "ada@example.com")


@pytest.mark.parametrize(
    "password",
    [
        "", "eleven char", "x" * 129, "aaaaaaaaaaaa", "abababababababab", "ABABabab" * 3,
        "passwordpassword", "Password1234", "PASSWORD1234", "123456789012", "qwertyuiop123",
        "ada@example.com", "ADA@EXAMPLE.COM",
    ],
)  # fmt: skip
def test_what_would_soon_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, "ada@example.com")
    assert refused.value.code == "password_rejected"
    assert not password or password not in refused.value.detail


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    found = Passwords()
    yield found
    found.close()


async def test_a_hash_fits_its_password_only(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse battery")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify("correct horse battery", stored)
    assert not await passwords.verify("correct horse batterz", stored)
    assert not await passwords.verify("", stored)
    assert not await passwords.verify("x" * 129, stored)
    assert await passwords.hash("correct horse battery") != stored


async def test_nobodys_password_fits_nobody(passwords: Passwords) -> None:
    assert not await passwords.verify("nobody's password", None)
