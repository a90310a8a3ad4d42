"""The upload of one file: begin or resume, send what lacks, complete."""

import contextlib
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from client.api import Api
from client.errors import ApiError, FileChanged, FramemillError, HomeUnusable, UploadFailed
from client.models import SignedPart, Upload, Video
from client.parts import PartFailed, PartSender, Stopped
from client.plan import Plan, plan
from client.resume import FileStamp, ResumeFile, Unfinished, stamp_of
from client.retry import Outcome, after_part, final, lost

CONNECTIONS = 4
_TOO_MANY = 429
_URL_MARGIN = timedelta(seconds=5)
# Below this age a URL is trusted even if it seems to have expired: then a clock is wrong.
_URL_FRESH = 60.0
# Ctrl-C that comes just before a lock is waited for is heard when that wait ends, and not before.
_HEAR_S = 1.0


@dataclass(frozen=True)
class UploadProgress:
    """How far an upload is, in bytes.

    Attributes:
        sent: what the store has or is being sent; falls when a part has to be sent again.
        total: the size of the file.
        held: what the store had from an earlier run.
    """

    sent: int
    total: int
    held: int


OnProgress = Callable[[UploadProgress], None]


@dataclass(frozen=True)
class Begun:
    """An upload to send, or the video of one that was complete already."""

    upload: Upload
    resumed: bool
    video: Video | None = None


def begin(api: Api, memory: ResumeFile, path: Path, stamp: FileStamp, title: str | None) -> Begun:
    """Go on with the upload that is remembered for the file, or begin one and remember it.

    Raises:
        HomeUnusable: it cannot be remembered; then none is left at the server.
    """
    found = memory.read()
    unfinished = found if found is not None and found.is_of(stamp) else None
    if unfinished is not None and unfinished.upload_id:
        with _ignoring(404, 422):  # gone, or damaged in the file
            upload = api.upload(unfinished.upload_id)
            if upload.state == "open" and upload.size == stamp.size:
                return Begun(upload, resumed=True)
            if upload.state == "completed":
                return Begun(upload, resumed=True, video=api.video(upload.video_id))
    # Without an id an earlier run ended before it had the answer: its key still gives it.
    key = unfinished.key if unfinished is not None and not unfinished.upload_id else ""
    upload = _create(api, memory, path, stamp, title, key)
    try:
        memory.write(Unfinished(upload.id, upload.video_id, stamp.size, stamp.mtime_ns))
    except HomeUnusable:
        give_up(api, memory, upload)
        raise
    return Begun(upload, resumed=False)


def _create(
    api: Api, memory: ResumeFile, path: Path, stamp: FileStamp, title: str | None, key: str
) -> Upload:
    # The name is sent as text, whatever its bytes are.
    name = os.fsencode(path.name).decode("utf-8", "replace")
    if key:
        try:
            upload = api.create_upload(name, stamp.size, title, key)
        except ApiError as error:
            # Begun with another title, say, or gone by now. One that is being begun is waited for.
            if error.status != 422 and error.code != "idempotency_result_gone":
                raise
        else:
            if upload.state == "open":
                return upload
    key = str(uuid.uuid4())
    # Before it is begun: whatever ends this run, and be it a full disk, leaves nothing behind
    # that the next one does not find.
    memory.write(Unfinished("", "", stamp.size, stamp.mtime_ns, key))
    try:
        return api.create_upload(name, stamp.size, title, key)
    except ApiError as error:
        if error.status < 500:
            forget(memory)
        raise


def send_and_complete(
    api: Api,
    memory: ResumeFile,
    path: Path,
    stamp: FileStamp,
    upload: Upload,
    *,
    connections: int = CONNECTIONS,
    on_progress: OnProgress = lambda _: None,
) -> Video:
    """Send the parts that the store lacks and complete the upload.

    What may still succeed is left as it is, to be resumed. What cannot, or has brought nothing to
    the store when it is refused, is given up, so that it does not count as an upload at work.

    Raises:
        FileChanged: the file is not what it was; the upload is given up.
        UploadFailed: it stopped; calling `begin` again continues there, or starts again.
    """
    todo = plan(upload, upload.parts)
    sending = _Sending(api, upload, path, todo, on_progress)
    try:
        etags = sending.run(connections)
        _check_unchanged(path, stamp)
        video = api.complete_upload(upload.id, todo.etags | etags)
    except FileChanged:
        give_up(api, memory, upload)
        raise
    except ApiError as error:
        over = error.status in {404, 409} or error.code == "size_mismatch"
        refused = final(Outcome(error.status, error.code, error.retryable))
        if over or (refused and not sending.brought):
            give_up(api, memory, upload)
        if over:
            raise UploadFailed(f"{error.detail} Upload {path.name} again.") from error
        raise
    except PartFailed as error:
        if lost(error.outcome):
            rescued = _put_together(api, upload)
            if rescued is not None:
                forget(memory)
                return rescued
        if lost(error.outcome) or (final(error.outcome) and not sending.brought):
            give_up(api, memory, upload)
        raise UploadFailed(
            f"{path.name} could not be uploaded ({error.reason}). "
            "Run the command again to continue."
        ) from error
    forget(memory)
    return video


def give_up(api: Api, memory: ResumeFile, upload: Upload) -> None:
    """Leave nothing of an upload, here or at the server, as far as that can be had."""
    forget(memory)
    with contextlib.suppress(FramemillError):
        api.abort_upload(upload.id)


def forget(memory: ResumeFile) -> None:
    """Forget an upload; if that fails, the next run finds out that it is over."""
    with contextlib.suppress(HomeUnusable):
        memory.remove()


def _put_together(api: Api, upload: Upload) -> Video | None:
    """Return the video if the store knows the upload no longer because it completed it."""
    try:
        return api.adopt_upload(upload.id)
    except ApiError as error:
        if error.status < 500 and error.status != _TOO_MANY:
            return None
        raise  # somebody has it put together at this moment, or the server is in trouble


class _Sending:
    """Parts on their way: a few connections, and URLs signed only a little ahead of them."""

    def __init__(
        self, api: Api, upload: Upload, path: Path, todo: Plan, on_progress: OnProgress
    ) -> None:
        self._api = api
        self._upload = upload
        self._todo = todo
        self._stop = threading.Event()
        self._sender = PartSender(path, self._stop, self._count)
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._sent = todo.held_bytes
        self.brought = bool(todo.etags)  # whether the store has anything of the file

    def run(self, connections: int) -> dict[int, str]:
        """Return the ETags of the parts that were sent, by number."""
        etags: dict[int, str] = {}
        self._count(0)
        pool = ThreadPoolExecutor(connections, thread_name_prefix="framemill-part")
        waiting: set[Future[tuple[int, str]]] = set()
        try:
            for numbers in _batches(self._todo.lacking, connections):
                signed = self._api.sign_parts(self._upload.id, numbers)
                now = time.monotonic()
                waiting |= {pool.submit(self._deliver, part, now) for part in signed}
                # One batch is on its way and two are signed, so that no connection waits for a URL.
                while len(waiting) > 2 * connections:
                    waiting = _collect(waiting, etags)
            while waiting:
                waiting = _collect(waiting, etags)
        except BaseException:
            self._stop.set()
            self._sender.interrupt()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            self._sender.close()
        return etags

    def _deliver(self, part: SignedPart, signed_at: float) -> tuple[int, str]:
        offset = (part.number - 1) * self._upload.part_size
        attempt = 0
        while True:
            if self._stop.is_set():
                raise Stopped
            if _expired(part, time.monotonic() - signed_at):
                part, signed_at = self._sign(part.number), time.monotonic()
            attempt += 1
            try:
                etag = self._sender.put(part, offset)
            except PartFailed as failure:
                again = after_part(failure.outcome, attempt, random.random())  # noqa: S311
                if again is None:
                    raise
            else:
                self.brought = True
                return part.number, etag
            if self._stop.wait(again.delay):
                raise Stopped
            if again.fresh_url:
                part, signed_at = self._sign(part.number), time.monotonic()

    def _sign(self, number: int) -> SignedPart:
        return self._api.sign_parts(self._upload.id, [number])[0]

    def _count(self, count: int) -> None:
        with self._lock:
            self._sent += count
            self._on_progress(UploadProgress(self._sent, self._upload.size, self._todo.held_bytes))


def _check_unchanged(path: Path, stamp: FileStamp) -> None:
    if stamp_of(path) != stamp:
        raise FileChanged(f"{path} changed during the upload. Upload it again.")


def _expired(part: SignedPart, age: float) -> bool:
    return age > _URL_FRESH and datetime.now(UTC) > part.expires_at - _URL_MARGIN


def _batches(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _collect(
    waiting: set[Future[tuple[int, str]]], etags: dict[int, str]
) -> set[Future[tuple[int, str]]]:
    done, rest = wait(waiting, timeout=_HEAR_S, return_when=FIRST_COMPLETED)
    etags.update(future.result() for future in done)
    return rest


@contextlib.contextmanager
def _ignoring(*statuses: int) -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        if error.status not in statuses:
            raise
