"""Without what keeps the product whole while a part that it stands on misbehaves."""

import os
from typing import Any

from tests.faults.mutations import KINDS, mutation, replace


class _Any(int):
    """A size that is whatever it is compared with."""

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


@mutation("verify_sent", "workers")
def no_verification() -> None:
    """What the store has of a file is believed to be all of it."""
    from core.adapters.s3 import ObjectInfo, Storage

    async def believed(_self: Storage, _key: str) -> ObjectInfo:
        return ObjectInfo(_Any(0), "")

    replace(Storage, "head", believed)


@mutation("attempt_limit", *KINDS)
def no_attempt_limit() -> None:
    """A job is tried for ever."""
    os.environ |= {
        "MAX_ATTEMPTS": "1000",
        "MAX_JOB_S": "1e9",
    }  # the one must leave room for the other


@mutation("stall_watch", "workers")
def no_stall_watch() -> None:
    """FFmpeg may stand still for as long as it may run."""
    os.environ["STALL_TIMEOUT_S"] = "3600"


@mutation("diagnose_ours", "workers")
def no_diagnosis_of_ours() -> None:
    """The machine's troubles are not looked for in what FFmpeg says."""
    from workers.ffmpeg import diagnose

    replace(diagnose, "_OURS", ())


@mutation("scratch_cleanup", "workers")
def no_cleanup() -> None:
    """What an attempt has written stays."""
    import shutil

    def nothing(*_arguments: Any, **_named: Any) -> None:
        return None

    replace(shutil, "rmtree", nothing)


@mutation("no_store_patience", "workers")
def no_store_patience() -> None:
    """The store is waited for as long as it likes."""
    os.environ |= {"S3_READ_TIMEOUT_S": "3600", "TRANSFER_GRACE_S": "3600"}


@mutation("write_repeat", "workers")
def no_repetition() -> None:
    """A result is offered to the database once."""
    from workers.operations.transcode import tasks
    from workers.outputs import listing
    from workers.runtime import attempt

    replace(attempt, "_SETTLE_S", -1.0)
    replace(listing, "_SETTLE_S", -1.0)

    async def nothing(_context: object, _name: str, _info: object, decided: Any) -> Any:
        return decided

    # What is packaged would give up before there is a result.
    replace(tasks, "with_packaged", nothing)


@mutation("database_wait", "workers")
def no_wait_for_the_database() -> None:
    """Messages are received although nothing can be claimed."""
    from workers.runtime.consumer import Consumer

    async def at_once(_self: Consumer, _nonce: object) -> None:
        return None

    replace(Consumer, "_look_for", at_once)


@mutation("stored_sessions", "backend")
def no_stored_sessions() -> None:
    """Redis alone says which sessions live, and which token is the last."""
    from backend.auth import stored_sessions

    async def fine(*_arguments: Any) -> bool:
        return True

    replace(stored_sessions, "last_token", fine)
    replace(stored_sessions, "follow", fine)


@mutation("quiet_progress", "workers")
def progress_matters() -> None:
    """A Redis that is away is no longer ignored by whoever tells of progress."""
    from redis.exceptions import RedisError

    from core.progress import ProgressBoard

    plain = ProgressBoard.tell

    async def loud(self: ProgressBoard, *told: Any) -> bool:
        try:
            return await plain(self, *told)
        except (RedisError, OSError) as error:
            raise RuntimeError("Redis is away") from error

    replace(ProgressBoard, "tell", loud)


@mutation("events_first", "control")
def events_first() -> None:
    """Nobody is sent a hint while events cannot be told."""
    from control.relay import Relay

    plain = Relay._send_hints

    async def send(self: Relay, rows: Any) -> Any:
        await self._redis.ping()
        return await plain(self, rows)

    replace(Relay, "_send_hints", send)


@mutation("blind_readiness", "backend")
def no_questions() -> None:
    """Readiness is said without asking anybody."""
    from backend.health import readiness

    async def ready(_name: str, _check: Any) -> bool:
        return True

    replace(readiness, "_answers", ready)
