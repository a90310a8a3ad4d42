"""The composition root of a worker: opens the adapters and starts the consumer."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from core import log
from core.adapters import aws
from core.adapters.database_login import database_secret
from core.adapters.postgres import Database
from core.adapters.redis import connect as connect_redis
from core.config import ConfigError
from core.presence import Report
from core.pulse import beat
from core.until_signal import until_signal
from workers.ffmpeg.capabilities import UnfitFFmpegError, ask_capabilities, require_encoders
from workers.media.ladder import BUILT_IN, Ladder, LadderError, load_ladder
from workers.runtime.consumer import Consumer
from workers.runtime.presence import report_of, reporting
from workers.runtime.protection import Protection
from workers.runtime.scratch import scratch, whole_file_room
from workers.runtime.spot import watch
from workers.sandbox.choose import NoSandboxError, choose
from workers.settings import Settings
from workers.tools import Adapters, Tools
from workers.transfer_limits import Pace

_log = log.get(__name__)
_THREADS = 3
_NAMES = " and ".join(BUILT_IN)


async def serve(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then give back what is unfinished.

    Raises:
        ConfigError: FFmpeg, its sandbox, the ladder or the scratch directory cannot be used.
    """
    # Only files are read and written there; each thread more keeps some memory for itself.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, "files"))
    ladder = read_ladder(settings)
    ffmpeg, ffprobe = str(settings.ffmpeg_path), str(settings.ffprobe_path)
    async with AsyncExitStack() as stack:
        try:
            capabilities = await ask_capabilities(ffmpeg)
            require_encoders(ffmpeg, capabilities, ladder)
            home = stack.enter_context(scratch(settings.scratch_dir))
            memory = settings.ffmpeg_address_space
            sandbox = await choose(settings.wanted_sandbox, ffmpeg, ffprobe, home, memory)
        except (UnfitFFmpegError, NoSandboxError, OSError) as error:
            raise ConfigError(f"the worker cannot start: {error}") from None
        db = Database(
            settings.database_url.get_secret_value(),
            pool_size=2 * settings.worker_concurrency + 1,
            secret=database_secret(settings),
        )
        stack.push_async_callback(db.close)
        client = connect_redis(
            settings.redis_url.get_secret_value(), password=settings.redis_password
        )
        stack.push_async_callback(client.aclose)
        # The log is written without a heartbeat beside.
        small_write_s = min(10.0, settings.lease_s / 3)
        found = await stack.enter_async_context(aws.connect(settings, small_write_s=small_write_s))
        tools = Tools(
            storage=found.storage,
            ffmpeg=ffmpeg,
            ffprobe=ffprobe,
            capabilities=capabilities,
            ladder=ladder,
            limits=settings,
            connections=settings.fetch_connections,
            sandbox=sandbox,
            pace=Pace(int(settings.transfer_least_rate), settings.transfer_grace_s),
        )
        name = f"{socket.gethostname()}:{os.getpid()}"
        protection = Protection()
        consumer = Consumer(
            Adapters(settings, db, found.queue, client, tools, name), home, protection
        )
        _warn_of_scratch(settings)
        _log.info("worker_started", worker=name, concurrency=settings.worker_concurrency)
        for work in _beside(settings, protection):
            stack.callback(asyncio.create_task(work).cancel)

        def look() -> Report:
            disk = shutil.disk_usage(settings.scratch_dir)
            most = settings.worker_concurrency
            return report_of(consumer.running, most, consumer.short_of, disk.free, disk.total)

        async with reporting(client, name, look):
            await until_signal(consumer.run())
        _log.info("worker_stopped", worker=name)


def _warn_of_scratch(settings: Settings) -> None:
    """Tell the operator of a disk that is too small; another worker may have a larger one."""
    total = shutil.disk_usage(settings.scratch_dir).total
    needed = whole_file_room(settings.upload_max_bytes)
    if total < needed:
        _log.warning(
            "scratch_too_small",
            reason=f"SCRATCH_DIR is on a disk of {total} bytes; a video of UPLOAD_MAX_BYTES "
            f"({settings.upload_max_bytes}) that must be fetched whole needs {needed}",
        )


def _beside(settings: Settings, protection: Protection) -> Iterator[Coroutine[None, None, None]]:
    """Yield the background services that the settings ask for."""
    if settings.pulse_file is not None:
        yield beat(settings.pulse_file)
    if settings.ecs_agent_uri is not None:
        yield protection.run(settings.ecs_agent_uri)
    if settings.spot_notices:
        yield watch(
            settings.aws_ec2_metadata_service_endpoint,
            partial(signal.raise_signal, signal.SIGTERM),
        )


def read_ladder(settings: Settings) -> Ladder:
    """Return the ladder of the settings: one that is built in, or that of a file.

    Raises:
        ConfigError: the file cannot be read or is no ladder.
    """
    if settings.ladder_file is None and settings.ladder in BUILT_IN:
        return BUILT_IN[settings.ladder]
    path = settings.ladder_file or Path(settings.ladder)
    name = "LADDER" if settings.ladder_file is None else "LADDER_FILE"
    try:
        return load_ladder(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{name} {path}: no such file, and no ladder of {_NAMES}") from None
    except (OSError, UnicodeDecodeError, LadderError) as error:
        raise ConfigError(f"{name} {path}: {error}") from None
