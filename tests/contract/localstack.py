"""LocalStack as a real process, without Docker: an environment of its own on Python 3.13."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from embedded import bootstrap
from embedded.component import Component
from embedded.errors import StackError
from embedded.store import free_ports
from embedded.supervisor import Supervisor

# It compares presigned URLs with this secret, whoever's they are.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_START_S = 90
_VERSION = "3.13"
_WHO = (
    "import sys; print(sys._base_executable); "
    f"sys.exit('%d.%d' % sys.version_info[:2] != '{_VERSION}')"
)


@contextmanager
def started(directory: Path) -> Iterator[str]:
    """Run LocalStack for as long as the block lasts; yields its address.

    Raises:
        StackError: there is no Python 3.13, or the packages could not be installed.
        ComponentDied: it ended, or was not ready in time.
    """
    environment = bootstrap.ROOT / ".venv-localstack"
    bootstrap.ensure_beside("localstack", "LocalStack", find_python())
    [port] = free_ports(1)
    supervisor = Supervisor([_component(environment / "bin" / "python", directory, port)])
    try:
        supervisor.start(_START_S)
        yield f"http://127.0.0.1:{port}"
    finally:
        supervisor.stop()


def find_python() -> Path:
    """Return a Python 3.13: one of PATH, else one that pyenv has installed.

    Raises:
        StackError: there is none.
    """
    name = f"python{_VERSION}"
    on_path = (Path(folder) / name for folder in os.get_exec_path())
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    of_pyenv = (each / "bin" / name for each in sorted(pyenv.glob(f"{_VERSION}*"), reverse=True))
    for candidate in chain(on_path, of_pyenv):
        found = _asked(candidate)
        if found is not None:
            return found
    raise StackError(
        f"LocalStack {_locked()} needs Python {_VERSION}, and there is none on PATH or in pyenv; "
        f"install one (pyenv install {_VERSION}), or run its image and use "
        "`make test-contract ENDPOINT_URL=http://127.0.0.1:4566 TARGET=localstack`."
    )


def _asked(candidate: Path) -> Path | None:
    """Ask a program which Python it is: version managers leave programs that only say no."""
    if not os.access(candidate, os.X_OK):
        return None
    done = subprocess.run(
        [str(candidate), "-c", _WHO], capture_output=True, text=True, timeout=30, check=False
    )
    return Path(done.stdout.strip()) if done.returncode == 0 else None


def _locked() -> str:
    lines = (bootstrap.ROOT / "requirements" / "localstack.in").read_text().splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith("localstack-core"))


def _component(python: Path, directory: Path, port: int) -> Component:
    files = directory / "localstack"
    address = f"127.0.0.1:{port}"
    return Component(
        name="localstack",
        argv=(str(python), "-m", "localstack.runtime.main"),
        env={
            "PATH": os.defpath,
            "HOME": str(files),
            "FILESYSTEM_ROOT": str(files),
            "GATEWAY_LISTEN": address,
            "GATEWAY_SERVER": "hypercorn",  # its default needs more packages
            "LOCALSTACK_HOST": address,
            "SERVICES": "s3,sqs",
            "S3_SKIP_SIGNATURE_VALIDATION": "0",
            # Else queues would be at a name that has to be looked up on the internet.
            "SQS_ENDPOINT_STRATEGY": "path",
            "OVERRIDE_IN_DOCKER": "0",
            # Nothing is sent or fetched, and no name server is started.
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DNS_ADDRESS": "0",
            "DOCKER_HOST": f"unix://{files}/no-docker.sock",
        },
        log=directory / "localstack.log",
        ready=lambda _pid: _is_ready(address),
        prepare=lambda: files.mkdir(mode=0o700, parents=True, exist_ok=True),
        cwd=directory,
        grace=10,
    )


def _is_ready(address: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://{address}/_localstack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main() -> int:
    """Install it, so that a lack is said before any test runs; return the exit status."""
    try:
        bootstrap.ensure_beside("localstack", "LocalStack", find_python())
    except (StackError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
