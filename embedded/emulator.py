"""The S3 and SQS emulator; it lives in an environment of its own because it pins botocore."""

import os
import socket
from pathlib import Path

from embedded.component import Component
from embedded.errors import StackError

ROOT = Path(__file__).resolve().parents[1]
_PYTHON = ROOT / ".venv-emulator" / "bin" / "python"


def emulator_part(
    data_dir: Path, port: int, secrets: dict[str, str], *, durable: bool
) -> Component:
    """Describe the server whose files are in `data_dir`/emulator.

    Raises:
        StackError: its environment is not there.
    """
    if not _PYTHON.exists():
        raise StackError("The S3 and SQS emulator is not installed; run `make up`.")
    files = data_dir / "emulator"
    env = {
        "PATH": os.defpath,
        "HOME": str(files),
        "TMPDIR": str(files),
        # Unsigned requests, unknown keys and false presigned URLs (version 4) are refused, and the
        # bucket's CORS rules count. Signed headers are not checked for the root key below.
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": secrets["s3_access_key"],
        "AWS_SECRET_ACCESS_KEY": secrets["s3_secret_key"],
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "SERVICES": "s3,sqs",
        # A line of log for every request would cost more than the request.
        "LOG_LEVEL": "WARNING",
        # It sweeps up containers of its own on a Docker daemon that it can reach: keep it away.
        "DOCKER_HOST": f"unix://{files}/no-docker.sock",
        # Whole objects live on disk at any time; queues and rules are written at a clean stop only,
        # and the parts of open multipart uploads never.
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(files / "s3"),
        "PERSIST_STATE": str(int(durable)),
        "STATE_DIR": str(files / "state"),
    }
    return Component(
        name="emulator",
        argv=(
            str(_PYTHON), "-m", "uvicorn", "embedded.emulator_app:app", "--host", "127.0.0.1",
            "--port", str(port), "--no-access-log", "--log-level", "warning",
            "--timeout-keep-alive", "75",
            # A long poll must not hold up the stop.
            "--timeout-graceful-shutdown", "1",
        ),
        env=env,
        log=data_dir / "logs" / "emulator.log",
        ready=lambda _pid: _listens(port),
        prepare=lambda: files.mkdir(mode=0o700, parents=True, exist_ok=True),
        cwd=ROOT,
        # Its server waits 3 s for long polls that nobody listens to any more, then saves its state.
        grace=4.0,
    )  # fmt: skip


def aws_environment(port: int, secrets: dict[str, str]) -> dict[str, str]:
    """Return the variables that lead an AWS client to the emulator."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": secrets["s3_access_key"],
        "AWS_SECRET_ACCESS_KEY": secrets["s3_secret_key"],
    }


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
