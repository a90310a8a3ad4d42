"""Requests that may be repeated: the same `Idempotency-Key` gives the same answer for a day.

A phone that lost the answer to `POST /v1/uploads` asks again with the same key and gets the upload
that it began, instead of a second one.
"""

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

import redis.asyncio as redis
from pydantic import BaseModel

from core.errors import Conflict, Invalid

M = TypeVar("M", bound=BaseModel)
_KEPT_S = 86_400
_AT_WORK_S = 60  # a process that died at it gives the key back after this
_AT_WORK = "…"


class Idempotency:
    """Remembers answers in Redis; losing it only means that a repetition is a new request."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    async def once(
        self,
        user_id: uuid.UUID,
        key: str | None,
        body: BaseModel,
        kind: type[M],
        work: Callable[[], Awaitable[M]],
    ) -> M:
        """Do the work, or return what it returned when the key was used before.

        Args:
            user_id: whose request it is.
            key: as the client chose it; None to do the work in any case.
            body: what is asked; the same key must come with the same.
            kind: the answer's type.
            work: does what is asked; when it raises, the key may be used again.

        Raises:
            Conflict: `idempotency_in_progress`: the first request is still being answered.
            Invalid: `idempotency_key_reused`: for something else.
        """
        if key is None:
            return await work()
        place = f"idempotency:{user_id}:{hashlib.sha256(key.encode()).hexdigest()}"
        asked = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        if not await self._redis.set(place, f"{asked} {_AT_WORK}", nx=True, ex=_AT_WORK_S):
            before, _, answer = str(await self._redis.get(place) or "").partition(" ")
            if before not in ("", asked):
                raise Invalid(
                    "This Idempotency-Key was used for another request.", "idempotency_key_reused"
                )
            if answer in ("", _AT_WORK):
                raise Conflict(
                    "The first request with this Idempotency-Key is still being answered.",
                    "idempotency_in_progress",
                    retry_after_s=1,
                )
            return kind.model_validate_json(answer)
        try:
            made = await work()
        except BaseException:
            await self._redis.delete(place)
            raise
        await self._redis.set(place, f"{asked} {made.model_dump_json()}", ex=_KEPT_S)
        return made
