"""The calls of the REST API, one method each, in typed values."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, TypeVar
from urllib.parse import quote, urljoin

import httpx

from client import models
from client.caller import Caller, json_of
from client.errors import ApiError, FramemillError, UnexpectedAnswer
from client.session import session_of

# The store puts the parts together while the call waits; that can take minutes.
_COMPLETE_TIMEOUT = 600.0
_PAGE = 100
T = TypeVar("T")


class Api:
    """What can be asked of a server; every method may raise the errors of `Caller`."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def registration(self) -> str:
        """Return who may register: `open` (anybody), `invite` or `closed` (nobody)."""
        answer = self.caller.request("GET", "/v1/auth/registration")
        return models.read(models.registration, json_of(answer))

    def register(self, email: str, password: str, invite: str | None = None) -> models.Account:
        """Open an account."""
        body = {"email": email, "password": password}
        if invite is not None:
            body["invite"] = invite
        answer = self.caller.request("POST", "/v1/auth/register", body, retry=False)
        return models.read(models.account, json_of(answer))

    def login(self, email: str, password: str) -> None:
        """Begin a session and keep it."""
        body = {"email": email, "password": password, "client": "native"}
        store = self.caller.store
        with store.lock():
            pass  # a session that cannot be kept need not begin
        answer = self.caller.request("POST", "/v1/auth/login", body, retry=False)
        tokens = models.read(models.tokens, json_of(answer))
        try:
            with store.lock():
                store.keep(self.caller.server, session_of(email, tokens, time.time()), as_last=True)
        except BaseException:
            with suppress(FramemillError):
                self._end(tokens.refresh_token)
            raise

    def logout(self) -> None:
        """End the session, here and at the server."""
        refresh_token = self.caller.session().refresh_token
        try:
            self._end(refresh_token)
        finally:
            self.forget()

    def forget(self) -> None:
        """Forget the session here."""
        store = self.caller.store
        with store.lock():
            store.drop(self.caller.server)

    def _end(self, refresh_token: str) -> None:
        try:
            self.caller.request("POST", "/v1/auth/logout", {"refresh_token": refresh_token})
        except ApiError as error:
            if error.status != 401:  # it had ended already
                raise

    def me(self) -> models.Account:
        """Return the account that is logged in."""
        return models.read(models.account, self._get("/v1/me"))

    def change_password(self, current: str, new: str) -> None:
        """Change the password; every other session of the account ends."""
        body = {"current_password": current, "new_password": new}
        # Not repeated by itself: had the first attempt worked, the second would be refused.
        self.caller.authorized("POST", "/v1/auth/password", body, retry=False)

    def delete_account(self, password: str) -> None:
        """End the account with everything in it, and forget the session."""
        self.caller.authorized("POST", "/v1/me/delete", {"password": password}, retry=False)
        self.forget()

    def create_invite(
        self, email: str | None = None, expires_in: float | None = None
    ) -> models.Invite:
        """Make an invite; its code is in this answer only."""
        wanted = {"email": email, "expires_in_s": expires_in}
        body = {key: value for key, value in wanted.items() if value is not None}
        answer = self.caller.authorized("POST", "/v1/admin/invites", body, retry=False)
        return models.read(models.invite, json_of(answer))

    def invites(self) -> Iterator[models.Invite]:
        """Return the invites, asking for more pages as they are needed."""
        return self._pages("/v1/admin/invites", {}, models.invite)

    def delete_invite(self, invite_id: str) -> None:
        """Take an invite back."""
        self._remove(_path("admin", "invites", invite_id))

    def create_upload(
        self, filename: str, size: int, title: str | None = None, key: str | None = None
    ) -> models.Upload:
        """Begin a multipart upload of `size` bytes; the same `key` gives the same one for a day."""
        body: dict[str, object] = {"filename": filename, "size": size}
        if title is not None:
            body["title"] = title
        # A call that is repeated because its answer was lost must not begin a second upload.
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        answer = self.caller.authorized("POST", "/v1/uploads", body, headers=headers)
        return models.read(models.upload, json_of(answer))

    def upload(self, upload_id: str) -> models.Upload:
        """Return an upload with the parts that the store has."""
        return models.read(models.upload, self._get(_path("uploads", upload_id)))

    def sign_parts(self, upload_id: str, numbers: Sequence[int]) -> list[models.SignedPart]:
        """Return URLs for some parts, in the order asked for."""
        body = {"part_numbers": list(numbers)}
        answer = self.caller.authorized("POST", _path("uploads", upload_id, "parts"), body)
        signed = {part.number: part for part in models.read(models.signed_parts, json_of(answer))}
        if missing := [number for number in numbers if number not in signed]:
            raise UnexpectedAnswer(f"The server sent no URL for part {missing[0]}.")
        return [signed[number] for number in numbers]

    def complete_upload(self, upload_id: str, etags: dict[int, str]) -> models.Video:
        """Have the parts put together; repeating the call does no harm."""
        parts = [{"part_number": number, "etag": etags[number]} for number in sorted(etags)]
        return self._complete(upload_id, {"parts": parts})

    def adopt_upload(self, upload_id: str) -> models.Video:
        """Complete an upload that S3 has probably completed already."""
        return self._complete(upload_id, None)

    def _complete(self, upload_id: str, body: object) -> models.Video:
        answer = self.caller.authorized(
            "POST",
            _path("uploads", upload_id, "complete"),
            body,
            read_timeout=_COMPLETE_TIMEOUT,
        )
        return models.read(models.video, json_of(answer))

    def abort_upload(self, upload_id: str) -> None:
        """Give an upload up; its parts are removed."""
        self._remove(_path("uploads", upload_id))

    def video(self, video_id: str) -> models.Video:
        """Return a video as it is now."""
        return models.read(models.video, self._get(_path("videos", video_id)))

    def events(self, video_id: str) -> AbstractContextManager[Iterator[bytes]]:
        """Open the stream of a video's events."""
        return self.caller.events(_path("videos", video_id, "events"))

    def videos(self, state: str | None = None, search: str | None = None) -> Iterator[models.Video]:
        """Return the videos, newest first, asking for more pages as they are needed."""
        wanted = {"state": state, "q": search}
        params: dict[str, Any] = {key: value for key, value in wanted.items() if value is not None}
        return self._pages("/v1/videos", params, models.video)

    def rename(self, video_id: str, title: str) -> models.Video:
        """Give a video another title."""
        answer = self.caller.authorized("PATCH", _path("videos", video_id), {"title": title})
        return models.read(models.video, json_of(answer))

    def delete(self, video_id: str) -> None:
        """Remove a video with everything stored for it."""
        self._remove(_path("videos", video_id))

    def act(self, video_id: str, action: str) -> models.Video:
        """Ask for `cancel` or `retry`."""
        answer = self.caller.authorized("POST", _path("videos", video_id, action))
        return models.read(models.video, json_of(answer))

    def playback(
        self, video_id: str, ttl_s: int | None = None, *, download: bool = False
    ) -> models.Playback:
        """Return addresses at which a video can be watched; the bearer needs no token."""
        body = {} if ttl_s is None else {"ttl_s": ttl_s}
        path = _path("videos", video_id, "playback")
        answer = self.caller.authorized("POST", path, {**body, "download": download})
        return models.read(
            lambda data: models.playback(data, lambda url: str(answer.url.join(url))),
            json_of(answer),
        )

    def create_share(
        self, video_id: str, wanted: models.Json, key: str | None = None
    ) -> models.Share:
        """Make a link to a video; the same `key` gives the same one for a day."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        path = _path("videos", video_id, "shares")
        answer = self.caller.authorized("POST", path, wanted, headers=headers)
        return models.read(self._share, json_of(answer))

    def shares(self, video_id: str) -> Iterator[models.Share]:
        """Return the links to a video, asking for more pages as they are needed."""
        return self._pages(_path("videos", video_id, "shares"), {}, self._share)

    def delete_share(self, video_id: str, share_id: str) -> None:
        """End a link."""
        self._remove(_path("videos", video_id, "shares", share_id))

    def _share(self, data: models.Json) -> models.Share:
        return models.share(data, lambda url: urljoin(self.caller.server, url))

    def captions(self, video_id: str) -> Iterator[models.Captions]:
        """Return the captions of a video, asking for more pages as they are needed."""
        return self._pages(_path("videos", video_id, "tracks"), {}, models.captions)

    def add_captions(
        self, video_id: str, text: str, language: str, name: str | None, *, default: bool
    ) -> models.Captions:
        """Add captions, WebVTT or SRT, to a video."""
        body = {"kind": "text", "language": language, "text": text, "default": default}
        if name is not None:
            body["name"] = name
        # A call that is repeated because its answer was lost must not add them twice.
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        path = _path("videos", video_id, "tracks")
        answer = self.caller.authorized("POST", path, body, headers=headers)
        return models.read(models.captions, json_of(answer))

    def change_captions(
        self, video_id: str, captions_id: str, changes: dict[str, object]
    ) -> models.Captions:
        """Change captions of a video; what is not among the changes stays."""
        path = _path("videos", video_id, "tracks", captions_id)
        answer = self.caller.authorized("PATCH", path, changes)
        return models.read(models.captions, json_of(answer))

    def remove_captions(self, video_id: str, captions_id: str) -> None:
        """Remove captions from a video."""
        self._remove(_path("videos", video_id, "tracks", captions_id))

    def choose_poster(self, video_id: str, at: float) -> models.Video:
        """Have the picture at so many seconds made the poster."""
        answer = self.caller.authorized("POST", _path("videos", video_id, "poster"), {"at": at})
        return models.read(models.video, json_of(answer))

    def forget_poster(self, video_id: str) -> models.Video:
        """Have the poster again that was made with the video."""
        answer = self.caller.authorized("DELETE", _path("videos", video_id, "poster"))
        return models.read(models.video, json_of(answer))

    def download_url(self, video_id: str, name: str) -> str:
        """Return a presigned URL of a rendition or of `source`; the bearer needs no token."""
        answer = self.caller.authorized("GET", _path("videos", video_id, "download", name))
        target = answer.headers.get("location")
        if answer.status_code != 307 or not target:
            raise UnexpectedAnswer("The server sent no download address.")
        try:
            return str(answer.url.join(target))
        except httpx.InvalidURL as error:
            raise UnexpectedAnswer("The server sent no download address.") from error

    def _remove(self, path: str) -> None:
        # What a try has removed whose answer was lost is gone, as it should be.
        self.caller.authorized("DELETE", path, gone_is_done=True)

    def _pages(self, path: str, params: dict[str, Any], parse: Callable[[Any], T]) -> Iterator[T]:
        wanted = {**params, "limit": _PAGE}
        while True:
            page = self._get(path, wanted)
            items, cursor = models.read(lambda data: models.page(data, parse), page)
            yield from items
            if cursor is None:
                return
            wanted["cursor"] = cursor

    def _get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        return json_of(self.caller.authorized("GET", path, params=params))


def _path(*segments: str) -> str:
    # What is no text names nothing; the server says so.
    return "/v1/" + "/".join(quote(segment, safe="", errors="replace") for segment in segments)
