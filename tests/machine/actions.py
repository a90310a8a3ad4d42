"""What owners, workers and sweeps do, through the product's own functions."""

import uuid
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import func, select, update

from backend.deps import Principal
from backend.jobs import service as jobs_service
from backend.jobs.schemas import NewJob
from backend.uploads import begin as upload_begin
from backend.uploads import routes as upload_routes
from backend.uploads.schemas import NewUpload
from backend.videos import routes as videos
from backend.videos.reader import VideoReader
from backend.videos.schemas import VideoPatch
from backend.workers import KnownWorkers
from control import dead_letters, deleted, purges, uploads
from core.adapters.postgres import Database
from core.adapters.s3 import Part
from core.adapters.sqs import DeadLetter
from core.errors import DomainError, Failure, LeaseLost
from core.jobs.create import FIRST_TASK
from core.model.failure_codes import FailureCode
from core.model.states import Stage, Topic
from core.model.tables import Outbox, Purge, Task, Upload, Video
from core.tasks import lease, planning, settle
from core.tasks.claim import Claim, Work, begin, claim_next
from core.tasks.planning import Inspection, NewTask
from core.uploads import upload_lifecycle
from tests.machine.paced import PacedDatabase, PacedStorage
from tests.support.control import rounds_of
from tests.support.settings import Settings
from tests.support.work import SKILLS, outputs

SIZE = 1000
_FAILURE = Failure(FailureCode.CORRUPT_MEDIA, "The file is damaged.", retryable=False)
REFUSALS = (DomainError, LeaseLost)  # expected of who comes too late
# Three that need nothing, and two that need others. One makes something to show.
_GRAPH = (
    NewTask("encode", "video"),
    NewTask("encode", "sound"),
    NewTask("encode", "text"),
    NewTask("encode", "assemble", needs=("video", "sound")),
    NewTask("encode", "quality", needs=("assemble", "text")),
)
_MAKES = {"video": ("720p",)}


class _Quiet:
    """Redis, the board and limits, for those who only tell them something."""

    def pipeline(self, **_: Any) -> "_Quiet":
        """Be told several things."""
        return self

    async def __aenter__(self) -> "_Quiet":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def publish(self, *_: Any) -> None:
        """Tell nobody."""

    async def execute(self) -> None:
        """Have told nobody."""

    async def tell_ended(self, *_: Any) -> None:
        """Tell no worker."""

    async def read(self, *_: Any) -> dict[uuid.UUID, Any]:
        """Know of no progress."""
        return {}

    async def take(self, *_: Any) -> None:
        """Allow it."""


class _Nobody(KnownWorkers):
    """Knows of no worker."""

    def __init__(self) -> None:
        """Ask nobody."""

    async def now(self) -> None:
        """Tell that nothing is known."""


class _Queue:
    """Takes every message, and has the dead letters that it is given."""

    def __init__(self) -> None:
        self.dead: list[DeadLetter] = []

    async def send(self, ids: list[uuid.UUID]) -> list[uuid.UUID]:
        """Take messages."""
        return ids

    async def backlog(self) -> int:
        """Tell that there is none."""
        return 0

    async def receive_dead(self, *_: Any) -> list[DeadLetter]:
        """Return what there is, once."""
        found, self.dead = self.dead, []
        return found

    async def delete(self, _letter: Any) -> None:
        """Settle it."""


@dataclass
class Mill:
    """Everything that actors act on.

    Attributes:
        db: for actors.
        plain: the same database at once, for preparing and looking.
        storage: the store.
        settings: the product's.
    """

    db: PacedDatabase
    plain: Database
    storage: PacedStorage
    settings: Settings

    def __post_init__(self) -> None:
        quiet = _Quiet()
        self._queue = _Queue()
        held = SimpleNamespace(
            db=self.db,
            settings=self.settings,
            storage=self.storage,
            redis=quiet,
            rate_limits=quiet,
            board=quiet,
            videos=VideoReader(
                cast(Any, self.plain), cast(Any, self.storage), 900, _Nobody(), cast(Any, quiet)
            ),
        )
        self._held = cast(Any, held)
        self._rounds = rounds_of(
            self.settings, self.db, self._queue, self._queue, self.storage, quiet
        )

    def _as(self, user_id: uuid.UUID) -> Principal:
        return Principal(user_id, "session", self._held)

    # Owners

    async def begin_upload(self, user_id: uuid.UUID) -> None:
        """Begin an upload and send its part."""
        wanted = NewUpload(filename="film.mp4", size=SIZE)
        row = await upload_begin.create(self._as(user_id), wanted)
        self.storage.uploads[row.s3_upload_id][1].append(Part(1, SIZE, "etag"))

    async def complete(self, upload_id: uuid.UUID) -> None:
        """Complete an upload."""
        upload = await self._upload(upload_id)
        await upload_lifecycle.complete(cast(Any, self.db), cast(Any, self.storage), upload)

    async def abort(self, upload_id: uuid.UUID) -> None:
        """Abort an upload."""
        upload = await self._upload(upload_id)
        await upload_routes.abort_upload(upload, self._as(upload.user_id))

    async def _upload(self, upload_id: uuid.UUID) -> upload_lifecycle.UploadRow:
        found = await upload_lifecycle.load(cast(Any, self.db), [upload_id])
        if upload_id not in found:
            raise DomainError("it is gone")
        return found[upload_id]

    async def rename(self, user_id: uuid.UUID, video_id: uuid.UUID) -> None:
        """Rename a video."""
        await videos.rename_video(video_id, VideoPatch(title="Another name"), self._as(user_id))

    async def cancel(self, user_id: uuid.UUID, video_id: uuid.UUID) -> None:
        """Cancel its work."""
        await videos.cancel_video(video_id, self._as(user_id))

    async def retry(self, user_id: uuid.UUID, video_id: uuid.UUID) -> None:
        """Try again what failed."""
        await videos.retry_video(video_id, self._as(user_id))

    async def new_job(self, user_id: uuid.UUID, video_id: uuid.UUID) -> None:
        """Ask for another transcode."""
        await jobs_service.create(self._as(user_id), video_id, NewJob(operation="transcode"))

    async def delete(self, user_id: uuid.UUID, video_id: uuid.UUID) -> None:
        """Delete a video."""
        await videos.delete_video(video_id, self._as(user_id))

    # Workers

    async def claim(self, held: list[Work]) -> None:
        """Take the task whose turn it is, and begin it."""
        taken = await self._taken()
        if taken is None:
            return
        async with self.db.begin() as tx:
            work = await begin(cast(Any, tx), taken)
        if work is not None:
            held.append(work)

    async def claim_in_vain(self) -> None:
        """Take the task whose turn it is, and give it back because it could not begin."""
        taken = await self._taken()
        if taken is not None:
            async with self.db.begin() as tx:
                await lease.give_back_unbegun(cast(Any, tx), taken, "no", charge=True)

    async def _taken(self) -> Claim | None:
        found = await claim_next(cast(Any, self.db), "worker", uuid.uuid4(), 60.0, SKILLS)
        return found if isinstance(found, Claim) else None

    async def heartbeat(self, held: Work) -> None:
        """Keep a task."""
        async with self.db.begin() as tx:
            await lease.heartbeat(
                cast(Any, tx), held, 60.0, stage=Stage.ENCODING, progress=50.0, eta_s=None
            )

    async def succeed(self, held: Work, following: list[Work] | None = None) -> None:
        """Plan a graph, and go on with its first task; or end a task of it well."""
        if held.kind == FIRST_TASK:
            made = Inspection({}, _GRAPH, {"duration": 2.0})
            async with self.db.begin() as tx:
                work = await planning.plan(cast(Any, tx), held, made, 60.0, "worker", uuid.uuid4())
            if following is not None:
                following.append(work)
            return
        made_now = outputs(held, *_MAKES.get(held.key, ()))
        async with self.db.begin() as tx:
            await settle.succeed(cast(Any, tx), held, made_now)

    async def fail(self, held: Work) -> None:
        """Blame the input."""
        async with self.db.begin() as tx:
            await settle.fail(cast(Any, tx), held, _FAILURE)

    async def give_back(self, held: Work) -> None:
        """Give a task back."""
        async with self.db.begin() as tx:
            await settle.give_back(cast(Any, tx), held, delay_s=0, charge=True)

    async def abandon(self, held: Work) -> None:
        """Have removed what an attempt has made, if it lost its lease."""
        async with self.db.autocommit() as connection:
            if await lease.holds(cast(Any, connection), held):
                return
        async with self.db.begin() as tx:
            await settle.abandon(cast(Any, tx), held)

    # Sweeps

    async def lapse(self) -> None:
        """Bring back what workers have lost."""
        await self._rounds.leases.lapse()

    async def relay(self) -> None:
        """Send what is to be sent."""
        for topic in Topic:
            await self._rounds.relay.relay(topic)

    async def check_uploads(self) -> None:
        """Settle uploads."""
        await uploads.check(cast(Any, self.db), cast(Any, self.storage), 30.0)

    async def purge(self) -> None:
        """Remove objects."""
        await purges.purge(cast(Any, self.db), cast(Any, self.storage))

    async def forget(self) -> None:
        """Remove the last of what was deleted."""
        after_s = self.settings.forget_deleted_s
        await deleted.forget_videos(cast(Any, self.db), cast(Any, self.storage), after_s)

    async def dead_letter(self, task_id: uuid.UUID) -> None:
        """Settle a message that was received too often."""
        self._queue.dead.append(DeadLetter(task_id, "-", "-"))
        await dead_letters.settle(cast(Any, self.db), cast(Any, self._queue))

    # What happens by itself

    async def time_passes(self) -> None:
        """Let leases lapse, uploads fall due and waits end."""
        async with self.plain.begin() as tx:
            # Rows that somebody has locked are left as they are: time waits for nobody, we would.
            for table, key, change in (
                (Task, Task.lease_until, {"lease_until": func.now()}),
                (Task, Task.available_at, {"available_at": func.now()}),
                (Outbox, Outbox.available_at, {"available_at": func.now()}),
                (Outbox, Outbox.sending_until, {"sending_until": func.now()}),
                (Upload, Upload.check_at, {"check_at": func.now()}),
                (Purge, Purge.not_before, {"not_before": func.now()}),
            ):
                later = (
                    select(table.id)
                    .where(key.is_not(None), key > func.now())
                    .with_for_update(skip_locked=True)
                )
                await tx.execute(update(table).where(table.id.in_(later)).values(change))

    async def ids(self, model: Any) -> list[uuid.UUID]:
        """Return the ids of all rows of a table, in order."""
        async with self.plain.autocommit() as connection:
            return list((await connection.scalars(select(model.id).order_by(model.id))).all())

    async def owners(self) -> dict[uuid.UUID, uuid.UUID]:
        """Return the owner of each video."""
        async with self.plain.autocommit() as connection:
            rows = (await connection.execute(select(Video.id, Video.user_id))).all()
        return {row.id: row.user_id for row in rows}
