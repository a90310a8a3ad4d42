"""Passwords: argon2id through libpass, in a few threads of their own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from passlib.hash import argon2

from core.errors import Invalid, Unavailable

MIN_LENGTH = 12
MAX_LENGTH = 128
# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane.
_HASHER = argon2.using(type="ID", memory_cost=19_456, time_cost=2, parallelism=1)
# Hashes under way and waiting. One takes some 30 ms and 19 MiB: the last of them is answered within
# a second or two, while everybody would time out behind an unbounded number.
_MOST_AT_ONCE = 64


class Passwords:
    """Hashes and verifies without holding up the event loop or filling the memory."""

    def __init__(self, threads: int = 2, most_at_once: int = _MOST_AT_ONCE) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._room = BoundedSemaphore(most_at_once)
        # Verified against when there is no account, so that this takes the same time.
        self._nobody = str(_HASHER.hash("nobody's password"))

    async def hash(self, password: str) -> str:
        """Return the hash to store.

        Raises:
            Unavailable: too many others are being hashed.
        """
        return str(await self._run(_HASHER.hash, password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Tell whether a password fits; `None` means that nobody has that address.

        Raises:
            Unavailable: too many others are being verified.
        """
        if len(password) > MAX_LENGTH:
            return False
        fits = await self._run(_HASHER.verify, password, stored or self._nobody)
        return bool(fits) and stored is not None

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False)

    async def _run(self, call: Callable[..., object], *args: str) -> object:
        if not self._room.acquire(blocking=False):
            raise Unavailable("Too many people log in at this moment. Try again.", retry_after_s=2)
        done = self._pool.submit(call, *args)
        # When it is over, not when nobody waits for it any more.
        done.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(done)


def check_password(password: str, email: str) -> None:
    """Refuse a password that would soon be guessed; what it is made of does not matter.

    Raises:
        Invalid: `password_rejected`.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise _rejected(f"Use {MIN_LENGTH} to {MAX_LENGTH} characters.")
    lowered = password.casefold()
    if lowered in _common() or len(set(lowered)) < 4:
        raise _rejected("This password is easy to guess. Choose another.")
    if lowered in (email, email.partition("@")[0] * 2):
        raise _rejected("Your email address is not a safe password. Choose another.")


def _rejected(detail: str) -> Invalid:
    return Invalid(detail, "password_rejected")


@cache
def _common() -> frozenset[str]:
    text = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
