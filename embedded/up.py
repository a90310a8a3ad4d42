"""`make up`: starts everything, shows one video on its way, and serves until it is told to stop."""

import os
import subprocess
import time
from functools import partial

from embedded import demo, page, store
from embedded.component import log_tail, wrapped
from embedded.console import complain, say
from embedded.errors import ComponentDied, StackError
from embedded.interrupt import Interrupt
from embedded.options import Options
from embedded.room import Room, size
from embedded.stack import EVERYTHING, Stack
from embedded.waiting import Waiting
from embedded.watch import Watch

_LOOK_S = 0.05
_ROOM_S = 5.0
_INTERRUPTED = 130
_PASSWORD_LENGTH = 20  # short enough to be typed
# What a person may set for the services although the stack has a value of its own.
_OWN_CHOICE = (
    "ALLOWED_ORIGINS",
    "COOKIE_SECURE",
    "FFMPEG_PATH",
    "FFPROBE_PATH",
    "JWT_KEYS",
    "PAGE_DIR",
    "REGISTRATION",
    "S3_BUCKET",
    "SERVICE_HOST",
    "SQS_DEAD_LETTER_QUEUE",
    "SQS_QUEUE",
    "USER_QUOTA_BYTES",
)
_REGISTRATION = {
    "open": "is open to everybody at {address}; REGISTRATION=invite or closed changes that",
    "invite": "at {address} takes an invite; REGISTRATION=open or closed changes that",
    "closed": "is closed; REGISTRATION=open or invite changes that",
}


def run(options: Options) -> int:
    """Start, show, serve, stop; return the exit status.

    Raises:
        StackError: it cannot start, or a component keeps ending.
    """
    interrupt = Interrupt()
    try:
        stack = Stack(
            options.data_dir,
            EVERYTHING - options.external,
            port=options.port,
            durable=True,
            extra=_with_page(_chosen(options), interrupt),
            report=lambda name, seconds: say(f"  {name} ready after {seconds:.1f} s"),
        )
        return _run(stack, options, interrupt)
    except StackError:
        # What fails because the person wants to stop is no failure.
        if interrupt.requested():
            return _INTERRUPTED
        raise


def _run(stack: Stack, options: Options, interrupt: Interrupt) -> int:
    room = Room(options.scratch_dir, options.wanted_disk)
    begun = time.monotonic()
    say(f"Starting Framemill in {options.data_dir}")
    room.look()
    complete = stack.start(interrupted=interrupt.requested, hurry=interrupt.hurry)
    try:
        if not complete:
            return _INTERRUPTED
        say(f"Framemill is ready at {options.address}")
        say(f"  started in {time.monotonic() - begun:.1f} s; logs are in {options.data_dir}/logs")
        for line in what_is_open(options, stack.environment):
            say(line)
        return _Session(stack, options, interrupt, room).serve()
    finally:
        begun = time.monotonic()
        say("Stopping")
        stack.stop(hurry=interrupt.hurry)
        say(f"Stopped after {time.monotonic() - begun:.1f} s")


def what_is_open(options: Options, environment: dict[str, str]) -> list[str]:
    """Return sentences that say who may do what; `environment` is the stack's."""
    stored = f"up to {size(options.quota)}" if options.quota else "without a limit"
    service, control = (
        f"http://{environment['SERVICE_HOST']}:{environment[name]}"
        for name in ("SERVICE_PORT", "CONTROL_PORT")
    )
    return [
        f"Registration {_REGISTRATION[options.registration].format(address=options.address)}.",
        f"Each user may store {stored}; USER_QUOTA_BYTES changes that.",
        f"/readyz and /metrics are at {service}, the figures of the work at {control}/metrics.",
    ]


def _chosen(options: Options) -> dict[str, str]:
    chosen = {name: os.environ[name] for name in _OWN_CHOICE if os.environ.get(name)}
    ports = {"SERVICE_PORT": options.service_port, "CONTROL_PORT": options.control_port}
    chosen |= {name: str(port) for name, port in ports.items() if port is not None}
    return {**chosen, "SCRATCH_DIR": str(options.scratch_dir)}


def _with_page(chosen: dict[str, str], interrupt: Interrupt) -> dict[str, str]:
    """Add where the built page is, unless the person chose; without it the API still serves."""
    if "PAGE_DIR" in chosen:
        return chosen
    try:
        return {**chosen, "PAGE_DIR": str(page.build(interrupt.requested))}
    except StackError as error:
        if interrupt.requested():
            raise
        complain(f"The page could not be built; going on without it.\n{error}")
        return chosen


class _Session:
    """A started stack at the person's service."""

    def __init__(self, stack: Stack, options: Options, interrupt: Interrupt, room: Room) -> None:
        self._stack = stack
        self._options = options
        self._interrupt = interrupt
        self._watch = Watch(stack.supervisor, interrupt.requested)
        self._room = room
        self._room_due = 0.0

    def serve(self) -> int:
        """Show one video; then serve until the person wants to stop. Returns the exit status."""
        failed = not self._show()
        if self._options.once:
            return _INTERRUPTED if self._interrupt.requested() else int(failed)
        if not self._interrupt.requested():
            say(f"Serving at {self._options.address} until Ctrl-C")
        while not self._interrupt.requested():
            self._look()
        return 0

    def _look(self) -> None:
        """Look after everything once, and pause."""
        self._watch.look()
        if time.monotonic() >= self._room_due:
            self._room.look()
            self._room_due = time.monotonic() + _ROOM_S
        time.sleep(_LOOK_S)

    def _show(self) -> bool:
        """Upload the demo's video if one is wanted; return whether that worked."""
        options = self._options
        password = store.load_secrets(options.data_dir)["demo_account"][:_PASSWORD_LENGTH]
        account = demo.Account(options.port, password)
        try:
            # Where nobody may register, `backend.admin` creates the account.
            made_by = partial(demo.make_account, self._stack.process_environment, password)
            account.open(None if options.registration == "open" else made_by)
            say(f"Demo account: {demo.EMAIL}, password {password}")
            if account.newest() and options.file is None and not options.once:
                return True
            waiting = Waiting(account.newest, self._room.shortage, options.once_wait)
            commands = demo.commands(options.data_dir, options.port, password, options.file)
            return all(self._run(command, waiting) for command in commands)
        except ComponentDied:
            raise
        except StackError as error:
            complain(str(error))
            return False
        finally:
            account.close()

    def _run(self, command: demo.Command, waiting: Waiting) -> bool:
        """Run one process of the demonstration while looking after the stack."""
        log = self._options.data_dir / "logs" / "demo.log"
        with log.open("wb") as file:
            output = file if command.quiet else None
            process = subprocess.Popen(
                wrapped(command.argv),
                env={**os.environ, **command.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        stuck = None
        try:
            while process.poll() is None and not self._interrupt.requested():
                self._look()
                stuck = None if command.quiet else waiting.look()
                if stuck and self._options.once:
                    break
        finally:
            process.terminate()
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.returncode == 0:
            demo.keep_clip(self._options.data_dir)
            return True
        if stuck:
            complain(stuck)
        elif not self._interrupt.requested():
            tail = log_tail(log)
            complain(f"{command.label} failed." + (f"\n{tail}" if tail else ""))
        return False
