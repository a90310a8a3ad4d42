"""`make up`: starts everything, shows one video on its way, and serves until it is told to stop."""

import os
import subprocess
import time
from pathlib import Path

from embedded import demo, page, store
from embedded.console import complain, say
from embedded.errors import StackError
from embedded.interrupt import Interrupt
from embedded.options import Options
from embedded.part import log_tail, wrapped
from embedded.stack import EVERYTHING, Stack
from embedded.watch import Watch

_LOOK_S = 0.05
_INTERRUPTED = 130
# What a person may set for the services although the stack has a value of its own.
_OWN_CHOICE = (
    "ALLOWED_ORIGINS",
    "COOKIE_SECURE",
    "FFMPEG_PATH",
    "FFPROBE_PATH",
    "JWT_KEYS",
    "PAGE_DIR",
    "S3_BUCKET",
    "SCRATCH_DIR",
    "SQS_DEAD_LETTER_QUEUE",
    "SQS_QUEUE",
)


def run(options: Options) -> int:
    """Start, show, serve, stop; return the exit status.

    Raises:
        StackError: it cannot start, or a part keeps ending.
    """
    interrupt = Interrupt()
    chosen = {name: os.environ[name] for name in _OWN_CHOICE if os.environ.get(name)}
    stack = Stack(
        options.data_dir,
        EVERYTHING - options.external,
        port=options.port,
        durable=True,
        extra=_with_page(chosen),
        report=lambda name, seconds: say(f"  {name} ready after {seconds:.1f} s"),
    )
    begun = time.monotonic()
    say(f"Starting Framemill in {options.data_dir}")
    complete = stack.start(interrupted=interrupt.requested)
    try:
        if not complete:
            return _INTERRUPTED
        say(f"Framemill is ready at http://127.0.0.1:{options.port}")
        say(f"  started in {time.monotonic() - begun:.1f} s; logs are in {options.data_dir}/logs")
        return _serve(stack, options, interrupt)
    finally:
        _stop(stack, interrupt)


def _with_page(chosen: dict[str, str]) -> dict[str, str]:
    """Add where the built page is, unless the person chose; without it the API still serves."""
    if "PAGE_DIR" in chosen:
        return chosen
    try:
        return {**chosen, "PAGE_DIR": str(page.build())}
    except StackError as error:
        complain(f"The page could not be built; going on without it.\n{error}")
        return chosen


def _stop(stack: Stack, interrupt: Interrupt) -> None:
    begun = time.monotonic()
    say("Stopping")
    stack.stop(hurry=interrupt.hurry)
    say(f"Stopped after {time.monotonic() - begun:.1f} s")


def _serve(stack: Stack, options: Options, interrupt: Interrupt) -> int:
    watch = Watch(stack.supervisor, interrupt.requested)
    failed = not _show(options, interrupt, watch)
    if options.once:
        return _INTERRUPTED if interrupt.requested() else int(failed)
    if not interrupt.requested():
        say(f"Serving at http://127.0.0.1:{options.port} until Ctrl-C")
    while not interrupt.requested():
        watch.look()
        time.sleep(_LOOK_S)
    return 0


def _show(options: Options, interrupt: Interrupt, watch: Watch) -> bool:
    """Upload the demo's video where one is wanted; tell whether that went well."""
    password = demo.demo_password(store.load_secrets(options.data_dir))
    try:
        has_video = demo.open_account(options.port, password)
        say(f"Demo account: {demo.EMAIL}, password {password}")
        if has_video and options.file is None and not options.once:
            return True
        for command in demo.commands(options.data_dir, options.port, password, options.file):
            if not _run(command, options.data_dir, interrupt, watch):
                return False
    except StackError as error:
        complain(str(error))
        return False
    return True


def _run(command: demo.Command, data_dir: Path, interrupt: Interrupt, watch: Watch) -> bool:
    """Run one process of the demonstration while looking after the stack."""
    log = data_dir / "logs" / "demo.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            wrapped(command.argv),
            env={**os.environ, **command.env},
            stdin=subprocess.DEVNULL,
            stdout=output if command.quiet else None,
            stderr=output if command.quiet else None,
            start_new_session=True,
        )
    try:
        while process.poll() is None and not interrupt.requested():
            watch.look()
            time.sleep(_LOOK_S)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    if process.returncode == 0:
        demo.keep_clip(data_dir)
        return True
    if not interrupt.requested():
        tail = log_tail(log)
        complain(f"{command.label} failed." + (f"\n{tail}" if tail else ""))
    return False
