"""Requests are counted as they pass, and belong to the process that has the connection."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from bench.counting.owners import Owners
from bench.counting.proxy import CountingProxy
from bench.counting.tally import EMPTY_RECEIVE, Key
from bench.errors import MeasureError

MESSAGE = b'{"Messages": [{"MessageId": "1", "ReceiptHandle": "2", "Body": "3"}]}'


class _Service(BaseHTTPRequestHandler):
    """Takes what is put; has a message, or none, for whoever asks for one."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(MESSAGE if self.path == "/full" else b"{}")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base
        pass


@contextmanager
def service() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_what_passes_is_counted_with_who_asked_and_its_bytes() -> None:
    receive = {"X-Amz-Target": "AmazonSQS.ReceiveMessage"}

    def who(_port: int) -> str:
        time.sleep(0.05)  # as on a busy machine: what is counted must be so before it is answered
        return "worker"

    with service() as upstream, CountingProxy(upstream, who) as proxy:
        for number in (1, 2):
            url = f"{proxy.url}/bucket/key?uploadId=a&partNumber={number}"
            httpx.put(url, content=b"x" * 100, trust_env=False).raise_for_status()
        for path in ("/full", "/empty"):
            httpx.post(proxy.url + path, headers=receive, trust_env=False).raise_for_status()
        counts = proxy.counts()
    assert counts == {
        Key("s3", "worker", "UploadPart"): 2,
        Key("s3_sent", "worker", "UploadPart"): 200,
        Key("sqs", "worker", "ReceiveMessage"): 1,
        Key("message", "worker", "ReceiveMessage"): 1,
        Key("sqs", "worker", EMPTY_RECEIVE): 1,
    }


@pytest.fixture
def port() -> Iterator[int]:
    """A connection of this process."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
    ):
        yield connection.getsockname()[1]


def test_a_connection_belongs_to_its_process(port: int) -> None:
    assert Owners({"api": os.getpid()}).of(port) == "api"


def test_whoever_is_no_process_of_ours_is_a_browser(port: int) -> None:
    argv = [sys.executable, "-c", "input()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as other:
        assert Owners({"api": other.pid}).of(port) == "browser"
        other.kill()


def test_a_process_that_has_ended_is_named() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as other:
        other.wait()
    with pytest.raises(MeasureError, match="worker has ended"):
        Owners({"worker": other.pid}).look()


def test_nothing_is_remembered_before_the_processes_are_known(port: int) -> None:
    owners = Owners()
    assert owners.of(port) == "browser"
    owners.pids = {"worker": os.getpid()}
    assert owners.of(port) == "worker"


def test_a_connection_that_is_gone_is_remembered() -> None:
    owners = Owners({"worker": os.getpid()})
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
    ):
        port = connection.getsockname()[1]
        owners.look()
    assert owners.of(port) == "worker"
