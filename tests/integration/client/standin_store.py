"""The store's half of the stand-in: parts come in, objects go out."""

import json
import socket
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.integration.client.standin_world import StandIn
from tests.support.waiting import PATIENCE_S


class StoreHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def world(self) -> StandIn:
        return self.server.world  # type: ignore[attr-defined,no-any-return]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_PUT(self) -> None:
        try:
            self.put_part()
        finally:
            with self.world.arrived:
                self.world.arrived.notify_all()

    def put_part(self) -> None:
        world = self.world
        url = urlsplit(self.path)
        _, _, upload_id, number = url.path.split("/")
        part = int(number)
        upload = world.uploads[upload_id]
        length = int(self.headers["Content-Length"])
        with world.lock:
            world.headers_at_store.append({k.lower(): v for k, v in self.headers.items()})
            world.part_puts[part] += 1
            planned = world.faults.get(part)
            fault = planned.pop(0) if planned else None
        if upload.lost:
            self.rfile.read(length)
            self.xml(404, "NoSuchUpload", "The specified upload does not exist.")
            return
        if fault == "early 403":  # as S3 does: an answer before the body is read, then the end
            self.xml(403, "AccessDenied", "Request has expired")
            self.break_off()
            return
        if fault == "reset":
            self.rfile.read(length // 2)
            self.break_off()
            return
        data = self.rfile.read(length)
        if len(data) < length:
            return
        with world.lock, world.arrived:
            world.whole_parts[part] += 1
            world.arrived.notify_all()
        if world.part_gate is not None:
            world.part_gate.wait(PATIENCE_S)
        if fault == "drop the answer":
            self.break_off()
            return
        if fault:
            code = {
                "403": "AccessDenied",
                "503": "SlowDown",
                "404": "NoSuchUpload",
                "405": "MethodNotAllowed",
            }
            self.xml(int(fault), code.get(fault, "InternalError"), "no")
            return
        assert length == upload.part_length(part), "a part of another size"
        with world.lock:
            upload.parts[part] = data
            world.part_bytes[part] += len(data)
        world.on_part(part)
        self.send_response(200)
        self.send_header("ETag", f'"{md5(data).hexdigest()}"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        if world.close_after_parts:  # without having said so, as an idle connection is closed
            self.break_off()

    def get_object(self, name: str) -> None:
        world = self.world
        world.headers_at_store.append({k.lower(): v for k, v in self.headers.items()})
        data = world.objects[name]
        wanted = self.headers.get("Range")
        world.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        body = data[start:]
        if wanted and world.shorten_range_to:
            body = body[: world.shorten_range_to.pop(0)]
        headers = {
            "ETag": f'"{md5(data).hexdigest()}"',
            "Content-Length": str(len(body)),
            "Content-Disposition": "attachment; filename=\"x\"; filename*=UTF-8''a%20b.mp4",
            **world.object_headers,
        }
        if wanted:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self.send_response(206 if wanted else 200)
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()
        if world.spoil_downloads and body:
            world.spoil_downloads -= 1
            body = bytes([body[0] ^ 1 + world.spoil_downloads]) + body[1:]
        if world.cut_download_at:
            self.wfile.write(body[: world.cut_download_at.pop(0)])
            self.break_off()
            return
        if world.download_gates:
            count, gate = world.download_gates.pop(0)
            self.wfile.write(body[:count])
            gate.wait(60)
            body = body[count:]
        self.wfile.write(body)

    # Answers

    def json(self, status: int, data: object, kind: str = "application/json") -> None:
        body = self.world.raw_answer or json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def empty(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def problem(
        self, status: int, code: str, detail: str = "No.", *, retryable: bool = False
    ) -> None:
        problem = {
            "type": "about:blank",
            "title": code,
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": "req-1",
            "retryable": retryable,
        }
        self.json(status, problem, "application/problem+json")

    def xml(self, status: int, code: str, message: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def break_off(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
