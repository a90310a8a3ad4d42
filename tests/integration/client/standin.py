"""A small real HTTP server that keeps the contract of the API and of the store, in memory.

It can be told to misbehave: parts fail with a status, break the connection or are refused as
expired; calls fail; tokens expire; event streams break. It counts what arrived.
"""

import io
import json
import re
import threading
import uuid
from hashlib import md5
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration.client.standin_accounts import AccountHandler
from tests.integration.client.standin_world import NOW, StandIn, StoredUpload


class Handler(AccountHandler):
    def do_GET(self) -> None:  # noqa: N802
        self.route("GET")

    def do_POST(self) -> None:  # noqa: N802
        self.route("POST")

    def do_DELETE(self) -> None:  # noqa: N802
        self.route("DELETE")

    def do_PATCH(self) -> None:  # noqa: N802
        self.route("PATCH")

    def route(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        url = urlsplit(self.path)
        if url.path.startswith("/store/"):
            self.get_object(url.path.removeprefix("/store/"))
            return
        world = self.world
        with world.lock:
            world.calls.append(f"{method} {url.path}")
            if (method, url.path) == ("POST", "/v1/uploads"):
                world.keys.append(self.headers["Idempotency-Key"])
            fault = self.take_fault(url.path)
        world.on_call(f"{method} {url.path}")
        if fault == "drop the answer":  # what was asked is done all the same
            self.wfile = io.BytesIO()
            self.call(method, url.path, parse_qs(url.query), body)
            fault = "reset"
        if fault == "reset":
            self.break_off()
            return
        if fault:
            self.problem(int(fault), "injected", retryable=int(fault) >= 429)
            return
        if not self.call(method, url.path, parse_qs(url.query), body):
            self.problem(404, "not_found")
        with world.arrived:
            world.arrived.notify_all()

    def take_fault(self, path: str) -> str | None:
        for index, (pattern, fault) in enumerate(self.world.call_faults):
            if re.search(pattern, path):
                del self.world.call_faults[index]
                return fault
        return None

    def call(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> bool:
        if path.startswith("/v1/auth/"):
            return self.auth(path.removeprefix("/v1/auth/"), body)
        if not self.authorized():
            return True
        words = path.strip("/").split("/")[1:]
        if words[0] in {"me", "admin"}:
            return self.account(method, words, query, body)
        if words[0] == "uploads":
            return self.uploads(method, words[1:], body)
        if words[0] == "videos":
            return self.videos(method, words[1:], query, body)
        return False

    def uploads(self, method: str, words: list[str], body: Any) -> bool:
        world = self.world
        if method == "POST" and not words:
            if not body["filename"].endswith((".mp4", ".mov")):
                self.problem(422, "unsupported_extension", "Files of this kind are not accepted.")
                return True
            before = world.answers.get(self.headers["Idempotency-Key"])
            if before is not None:
                self.json(201, self.upload_json(before))
                return True
            title = body.get("title", body["filename"])
            video = world.video(title=title, state="uploading", progress=0)
            upload = StoredUpload(
                body["filename"], body["size"], world.part_size, title, video["id"]
            )
            upload_id = str(uuid.uuid4())
            world.uploads[upload_id] = upload
            world.answers[self.headers["Idempotency-Key"]] = upload_id
            self.json(201, self.upload_json(upload_id))
            return True
        if not words or words[0] not in world.uploads:
            return False
        upload = world.uploads[words[0]]
        if method == "GET":
            self.json(200, self.upload_json(words[0]) | {"parts": self.held(upload)})
        elif method == "DELETE":
            if upload.state == "completed":
                self.problem(409, "invalid_state", "This upload is completed.")
                return True
            upload.state = "aborted"
            self.empty(204)
        elif upload.state in {"aborted", "expired"}:
            self.problem(409, "invalid_state", f"This upload is {upload.state}.")
        elif words[1] == "parts":
            self.sign(words[0], upload, body["part_numbers"])
        else:
            self.complete(upload, body)
        return True

    def upload_json(self, upload_id: str) -> dict[str, Any]:
        upload = self.world.uploads[upload_id]
        return {
            "id": upload_id,
            "video_id": upload.video_id,
            "filename": upload.filename,
            "size": upload.size,
            "part_size": upload.part_size,
            "part_count": upload.part_count,
            "state": upload.state,
            "expires_at": NOW,
            "created_at": NOW,
        }

    def held(self, upload: StoredUpload) -> list[dict[str, Any]]:
        return [
            {"part_number": number, "size": len(data), "etag": md5(data).hexdigest()}
            for number, data in sorted(upload.parts.items())
        ]

    def sign(self, upload_id: str, upload: StoredUpload, numbers: list[int]) -> None:
        world = self.world
        with world.lock:
            world.signed.append(numbers)
            ahead = sum(map(len, world.signed)) - world.part_puts.total()
            world.most_ahead = max(world.most_ahead, ahead)
        self.json(
            200,
            {
                "parts": [
                    {
                        "part_number": number,
                        "size": upload.part_length(number),
                        "url": f"{self.world.url}/store/{upload_id}/{number}?sig={uuid.uuid4()}",
                        "expires_at": "2126-01-01T00:00:00.123Z",
                    }
                    for number in numbers
                ]
            },
        )

    def complete(self, upload: StoredUpload, body: Any) -> None:
        if upload.lost and upload.video_id not in self.world.objects:
            self.problem(409, "invalid_state", "The store no longer knows this upload.")
            return
        held = {part["part_number"]: part["etag"] for part in self.held(upload)}
        named = {part["part_number"]: part["etag"] for part in body.get("parts", ())} or held
        if named != held or set(held) != set(range(1, upload.part_count + 1)):
            self.problem(422, "part_mismatch", "Parts are missing.")
            return
        upload.state = "completed"
        data = b"".join(upload.parts[number] for number in sorted(upload.parts))
        self.world.objects[upload.video_id] = data
        video = self.world.videos[upload.video_id]
        if video["state"] == "uploading":
            video |= {"state": "queued", "version": video["version"] + 1}
        self.json(202, video)

    def videos(self, method: str, words: list[str], query: dict[str, list[str]], body: Any) -> bool:
        world = self.world
        if not words:
            found = [
                video
                for video in world.videos.values()
                if query.get("state", [video["state"]])[0] == video["state"]
                and query.get("q", [""])[0] in video["title"]
            ]
            start = int(query.get("cursor", ["0"])[0])
            more = str(start + 2) if start + 2 < len(found) else None
            self.json(200, {"items": found[start : start + 2], "next_cursor": more})
            return True
        if words[0] not in world.videos:
            return False
        video = world.videos[words[0]]
        if method == "DELETE" and len(words) == 1:
            del world.videos[words[0]]
            self.empty(204)
        elif method == "PATCH":
            video["title"] = body["title"]
            self.json(200, video)
        elif len(words) == 1:
            self.json(200, video)
        elif words[1] == "download":
            if f"{words[0]}/{words[2]}" not in world.objects:
                return False
            self.send_response(307)
            self.send_header("Location", f"/store/{words[0]}/{words[2]}?sig=1")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            return self.more_of_video(method, video, words[1], body)
        return True

    def more_of_video(self, method: str, video: dict[str, Any], what: str, body: Any) -> bool:
        if what == "poster":
            video["poster_url"] = f"/poster-{'auto' if method == 'DELETE' else body['at']}"
            self.json(200 if method == "DELETE" else 202, video)
        elif what == "playback":
            self.playback(video, body)
        elif what == "events":
            self.events(video)
        else:
            return False
        return True

    def playback(self, video: dict[str, Any], body: Any) -> None:
        if not video.get("playable"):
            self.problem(409, "invalid_state", "This video cannot be watched yet.")
            return
        # As of an API that does not know its own address, and of one that does.
        place = f"/v1/playback/token-{body.get('ttl_s', 'own')}"
        hls, dash = f"{place}/master.m3u8", f"{self.world.url}{place}/manifest.mpd"
        told = {
            "hls_url": None if video.get("unstreamed") else hls,
            "dash_url": dash if video["state"] == "ready" else None,
            "poster_url": None,
            "storyboard_url": f"{place}/storyboard.vtt",
            "expires_at": "2126-01-01T00:00:00.123Z",
            "mp4": [{"name": "720p", "url": f"{self.world.url}/store/720p"}],
        }
        self.json(201, told)

    def events(self, video: dict[str, Any]) -> None:
        world = self.world
        if world.streams_refused:
            self.problem(429, "rate_limited", retryable=True)
            return
        changes = world.stream_plan.pop(0) if world.stream_plan else []
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        for change in [{}, *changes]:
            if isinstance(change, threading.Event):
                self.wfile.write(b": keep-alive\n\n")
                self.wfile.flush()
                change.wait(60)
                continue
            if change:
                video |= {**change, "version": video["version"] + 1}
            data = json.dumps(video, ensure_ascii=False)
            text = f": keep-alive\n\nevent: video\nid: {video['version']}\ndata: {data}\n\n"
            self.wfile.write(text.encode())
            self.wfile.flush()
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, world: StandIn) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.world = world
        world.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away: the tests make them."""
