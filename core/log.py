"""Structured logs: one event per line, with the ids of the work."""

import asyncio
import atexit
import contextlib
import logging
import re
import sys
from typing import Any, TextIO

import orjson
import structlog

# Bound by `structlog.contextvars.bind_contextvars`: request_id, user_id, video_id, job_id, task_id.

# No code of ours logs these. Libraries put addresses into their errors, and those end up in a line:
# the signature of a presigned URL, a token of ours, the password in the address of a service.
_SECRET = re.compile(
    r"(?<=X-Amz-Signature=)[0-9a-f]+"
    r"|(?<=[?&]Signature=)[\w~-]+"
    r"|(?<=X-Amz-Security-Token=)[^&\s\"']+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]+"
    r"|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"
)
_MASK = "***"
_TOGETHER_S = 0.05


class Lines:
    """Where structlog's lines end up.

    On a running event loop an ordinary line waits for a twentieth of a second for others, so that a
    busy API makes no system call for each request's line. A warning, or anything outside
    of a loop, is written at once, with all that waited.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[str] = []
        atexit.register(self.flush)

    def info(self, line: str) -> None:
        """Write a line soon."""
        self._waiting.append(line)
        if len(self._waiting) > 1:
            return  # the first one has seen to it
        try:
            asyncio.get_running_loop().call_later(_TOGETHER_S, self.flush)
        except RuntimeError:
            self.flush()

    def warning(self, line: str) -> None:
        """Write a line, and all before it, at once."""
        self._waiting.append(line)
        self.flush()

    msg = debug = info
    warn = err = error = exception = critical = fatal = failure = warning

    def flush(self) -> None:
        """Write what waits.

        What a full disk, or a reader that is gone, does not take is lost: the work that it tells
        of must not fail for it.
        """
        lines, self._waiting = self._waiting, []
        if not lines:
            return
        with contextlib.suppress(OSError):
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()


def configure(level: str, style: str, stream: TextIO = sys.stderr) -> None:
    """Set logging up for a process.

    Args:
        level: `DEBUG`, `INFO`, `WARNING` or `ERROR`.
        style: `json` for machines, `console` for people.
        stream: where lines go.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_traceback,
        _masked,
    ]
    renderer: Any = structlog.processors.JSONRenderer(serializer=_to_json)
    if style == "console":
        # Plain: the pretty tracebacks print every local variable, passwords and tokens too.
        renderer = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=print_traceback
        )
        shared.remove(_with_traceback)
    number = logging.getLevelNamesMapping()[level]
    lines = Lines(stream)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    _route_standard_logging(number, [*shared], renderer, stream)


def _with_traceback(logger: Any, method: str, event: Any) -> Any:
    """Add the traceback of an error, if it can be written."""
    error = event.get("exc_info")
    try:
        return structlog.processors.format_exc_info(logger, method, event)
    except SystemError:
        # CPython 3.11 parses each line of it, and at times fails to, for what ran in a greenlet
        # (gh-106905). A line in the log must not become an error of who writes it.
        event["exception"] = repr(error)
        return event


def print_traceback(stream: TextIO, exc_info: Any) -> None:
    """Write the traceback of an error for people; otherwise as in `_with_traceback`."""
    try:
        structlog.dev.plain_traceback(stream, exc_info)
    except SystemError:
        stream.write(repr(exc_info[1]))


def _masked(_logger: Any, method: str, event: Any) -> Any:
    """Take out what should never have come so far; of what went wrong only, as that costs time."""
    if method in ("debug", "info"):
        return event
    return {
        name: _SECRET.sub(_MASK, value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def _to_json(event: Any, **_options: Any) -> str:
    # Every request writes a line: this takes a tenth of the standard library's time.
    return orjson.dumps(event, default=repr).decode()


def _route_standard_logging(level: int, shared: list[Any], renderer: Any, stream: TextIO) -> None:
    """Give libraries' own log lines the same shape."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of one module."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger
