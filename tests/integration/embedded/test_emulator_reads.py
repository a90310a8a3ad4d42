"""The emulator reads of an object what is asked for."""

import re
from pathlib import Path

import boto3

from embedded.stack import Stack

_SIZE = 32 * 1024**2
_RANGE = 1024**2


def _read(pid: int) -> int:
    """Return the bytes that a process has read by system calls: see proc(5)."""
    text = Path(f"/proc/{pid}/io").read_text()
    [found] = re.findall(r"^rchar: (\d+)$", text, re.MULTILINE)
    return int(found)


def test_a_range_is_read_without_the_rest(tmp_path: Path) -> None:
    body = bytes(range(256)) * (_SIZE // 256)
    with Stack(tmp_path, {"emulator", "provision"}) as stack:
        env = stack.environment
        s3 = boto3.client(
            "s3",
            endpoint_url=env["AWS_ENDPOINT_URL"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )
        bucket = env["S3_BUCKET"]
        s3.put_object(Bucket=bucket, Key="large", Body=body)
        s3.put_object(Bucket=bucket, Key="empty", Body=b"")
        pid = stack.supervisor.pids["emulator"]
        before = _read(pid)
        for start in range(0, _SIZE, 4 * _RANGE):
            span = f"bytes={start}-{start + _RANGE - 1}"
            answer = s3.get_object(Bucket=bucket, Key="large", Range=span)
            assert answer["Body"].read() == body[start : start + _RANGE]
        assert _read(pid) - before < _SIZE  # it would be eight times that
        assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == body
        assert s3.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""
