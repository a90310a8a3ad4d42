"""The stack as a library: any set of its components, in one directory, as a context manager.

    with Stack(tmp_path) as stack:          # Postgres, Valkey, emulator with bucket and queues
        Settings(**stack.environment) ...

The directory is locked while it is in use. Everything listens on 127.0.0.1 only.
"""

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Self

from embedded import emulator, postgres, services, stamp, store, valkey
from embedded.component import Component
from embedded.directory import hold
from embedded.errors import StackError, explain
from embedded.ffmpeg import find_tools
from embedded.guard import Guard
from embedded.supervisor import Report, Supervisor

BACKING = frozenset({"postgres", "valkey", "emulator"})
EVERYTHING = BACKING | {"api", "control", "worker"}

# What would lead an AWS client past the emulator, or any client through a proxy.
_MISLEADING = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL_S3",
               "AWS_ENDPOINT_URL_SQS")  # fmt: skip


class Stack:
    """Components of the stack that are started and stopped together.

    Use it from one thread: the processes are tied to the life of the thread that started them.
    """

    def __init__(
        self,
        data_dir: Path,
        components: Collection[str] = BACKING,
        *,
        port: int | None = None,
        durable: bool = False,
        extra: Mapping[str, str] | None = None,
        report: Report = lambda _name, _seconds: None,
    ) -> None:
        """Describe the stack; nothing is started yet.

        Args:
            data_dir: absolute directory for all files; made when it is not there.
            components: of `EVERYTHING`, and `migrate`.
            port: the API's; a free one by default.
            durable: survive a crash of the machine; tests are faster without.
            extra: variables for the services that replace this stack's own.
            report: gets the name of each component and its seconds when it is ready.
        """
        self.data_dir = data_dir
        self.port = port or 0
        self.environment: dict[str, str] = {}
        self._wanted = set(components)
        self._durable = durable
        self._extra = dict(extra or {})
        self._report = report
        self._lock: int | None = None
        self._guard = Guard()
        self.supervisor = Supervisor(())

    @property
    def service_port(self) -> int:
        """Where the API of a started stack answers what is not for its users: /readyz, /metrics."""
        return int(self.environment["SERVICE_PORT"])

    @property
    def control_port(self) -> int:
        """Where control has its metrics in a started stack."""
        return int(self.environment["CONTROL_PORT"])

    def start(
        self,
        interrupted: Callable[[], bool] = lambda: False,
        hurry: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Start all components and wait until they are ready; False when it was interrupted.

        `interrupted` and, while a start that failed is taken back, `hurry` are asked often.

        Raises:
            StackError: something is missing, or the directory is in use.
            ComponentDied: a component ended or was not ready in time.
        """
        try:
            self._lock = lock = hold(self.data_dir)
            self.supervisor = Supervisor(
                self._describe(), self._noting, lambda pids: self._guard.note(pids, lock)
            )
            return self.supervisor.start(interrupted=interrupted)
        except BaseException as error:
            self.stop(hurry)
            if not isinstance(error, OSError):
                raise
            raise StackError(
                f"DATA_DIR={self.data_dir} cannot be used: {explain(error)}."
            ) from None

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Stop what runs, the services first, and give the directory back."""
        self.supervisor.stop(hurry=hurry)
        self._guard.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _noting(self, name: str, seconds: float) -> None:
        if name == "migrate" and "postgres" in self._wanted:
            stamp.write(self.data_dir / "postgres", _migrations())
        self._report(name, seconds)

    def _describe(self) -> list[Component]:
        if self.port and not store.is_free(self.port):
            raise StackError(
                f"Port {self.port} is in use; choose another one, such as PORT={self.port + 1}."
            )
        secrets = store.load_secrets(self.data_dir)
        backing = sorted(self._wanted & BACKING)
        wanted = [*backing, "service", "control", *([] if self.port else ["api"])]
        ports = store.choose_ports(self.data_dir, wanted)
        self.port = self.port or ports["api"]
        self.environment = self._environment(secrets, ports)
        makers = {
            "postgres": postgres.postgres_part,
            "valkey": valkey.valkey_part,
            "emulator": emulator.emulator_part,
        }
        own = services.service_parts(self.data_dir, self.process_environment)
        started = self._steps_and_services()
        return [
            *(
                makers[name](self.data_dir, ports[name], secrets, durable=self._durable)
                for name in backing
            ),
            *(component for component in own if component.name in started),
        ]

    def _steps_and_services(self) -> set[str]:
        names = self._wanted - BACKING
        if names & EVERYTHING:
            names |= {"migrate", "provision"}
        # Asking the database takes seconds. The note is among its files, and goes with them.
        if stamp.read(self.data_dir / "postgres")["digest"] == _migrations():
            names.discard("migrate")
        return names | ({"provision"} if "emulator" in self._wanted else set())

    def _environment(self, secrets: dict[str, str], ports: dict[str, int]) -> dict[str, str]:
        values = services.service_environment(
            self.data_dir, self.port, ports["service"], ports["control"], secrets["jwt"]
        )
        if "postgres" in ports:
            values["DATABASE_URL"] = postgres.database_url(ports["postgres"], secrets)
        if "valkey" in ports:
            values["REDIS_URL"] = valkey.redis_url(ports["valkey"], secrets)
        if "emulator" in ports:
            values |= emulator.aws_environment(ports["emulator"], secrets)
        if "worker" in self._wanted:
            values |= find_tools().environment
        return values | self._extra

    @property
    def process_environment(self) -> dict[str, str]:
        """All variables that a process of the services gets; `environment` is the stack's own."""
        inherited = dict(os.environ)
        if "emulator" in self._wanted:
            inherited = {name: inherited[name] for name in inherited if name not in _MISLEADING}
        local = ("127.0.0.1", "localhost", os.environ.get("NO_PROXY", ""))
        bypass = ",".join(filter(None, local))
        return inherited | {"NO_PROXY": bypass, "no_proxy": bypass} | self.environment


def _migrations() -> str:
    return stamp.digest([emulator.ROOT / "core" / "migrations" / "versions"])
