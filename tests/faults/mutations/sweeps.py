"""Without the rounds that find what was lost."""

from typing import Any

from tests.faults.mutations import mutation, replace


@mutation("lapse", "control")
def no_lapse() -> None:
    """Nobody brings back the tasks of workers that fell silent."""
    from control.leases import Leases

    _never(Leases, "lapse")


@mutation("resend", "control")
def no_resend() -> None:
    """Nobody notices that a task waits whose message is gone."""
    from control import lost_hints

    _never(lost_hints, "resend")


@mutation("upload_sweep", "control")
def no_upload_sweep() -> None:
    """Nobody asks S3 about uploads that were begun."""
    from control import uploads

    _never(uploads, "check")


@mutation("purge", "control")
def no_purge() -> None:
    """Nobody removes what nobody may see any more."""
    from control import purges

    _never(purges, "purge")


def _never(owner: Any, name: str) -> None:
    async def nothing(*_arguments: Any) -> None:
        return None

    replace(owner, name, nothing)


@mutation("no_outbox", "control")
def no_outbox() -> None:
    """No row says what is still to be sent; see `sends_itself`."""
    from control.relay import Relay

    async def relay(_self: Relay, _topic: object) -> int:
        return 0

    replace(Relay, "relay", relay)


@mutation("sends_itself", "backend")
def sends_itself() -> None:
    """Who has queued a video sends its message after that, and nobody else does."""
    from sqlalchemy import select

    from core import config
    from core.adapters import aws
    from core.model.tables import Task
    from core.uploads import upload_lifecycle

    plain = upload_lifecycle.complete

    async def complete(db: Any, storage: Any, upload: Any, *more: Any) -> Any:
        queued = await plain(db, storage, upload, *more)
        if queued:
            async with db.autocommit() as connection:
                task_id = await connection.scalar(
                    select(Task.id).where(Task.video_id == upload.video_id)
                )
            async with aws.connect(config.load(config.Settings)) as found:
                await found.queue.send([task_id])
        return queued

    replace(upload_lifecycle, "complete", complete)


@mutation("only_heard", "control")
def only_what_is_heard() -> None:
    """The relay sends what was written since it began, and looks for nothing older."""
    from datetime import UTC, datetime

    from core import setbacks
    from core.model.tables import Outbox

    plain, since = setbacks.clear_of, datetime.now(UTC)

    def clear_of(kind: setbacks.Kind, row_id: Any) -> Any:
        if row_id is Outbox.id:
            return plain(kind, row_id) & (Outbox.created_at > since)
        return plain(kind, row_id)

    replace(setbacks, "clear_of", clear_of)


@mutation("mark_lapses", "control")
def mark_never_lapses() -> None:
    """A hint that somebody was about to send is his for ever."""
    from control import relay

    replace(relay, "_SENDING_S", 1_000_000)


@mutation("resume_completion", "backend", "control")
def no_resumed_completion() -> None:
    """That S3 no longer knows an upload is never taken to mean that it completed it."""
    from core.adapters.s3 import Storage

    plain = Storage.list_parts

    async def list_parts(self: Storage, *arguments: Any) -> Any:
        return await plain(self, *arguments) or []

    replace(Storage, "list_parts", list_parts)
