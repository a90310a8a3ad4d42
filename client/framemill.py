"""The library's front door."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType

from client import download as downloads
from client import upload as uploads
from client.api import Api
from client.caller import Caller
from client.errors import UploadFailed, reason_of
from client.home import home_directory
from client.models import Account, Captions, Invite, Playback, Share, Upload, Video
from client.resume import ResumeFile, stamp_of
from client.session import SessionStore
from client.watch import watch


class Framemill:
    """A Framemill server, as one user.

    Args:
        server: its address.
        home: where unfinished uploads (and remembered sessions) are kept; by default
            FRAMEMILL_HOME, or `framemill` in the XDG state directory.
        remember: share the session with the `framemill` command instead of keeping the tokens
            in memory only.

    Every method may raise `ApiError`, `LoginRequired`, `NotText`, `ServerUnreachable` or
    `UnexpectedAnswer`, and `HomeUnusable` where something has to be remembered.
    """

    def __init__(self, server: str, *, home: Path | None = None, remember: bool = False) -> None:
        self._home = home_directory(os.environ) if home is None else home
        store = SessionStore(self._home / "session.json" if remember else None)
        self.api = Api(Caller(server, store))

    def __enter__(self) -> "Framemill":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the session stays valid."""
        self.api.caller.close()

    def registration(self) -> str:
        """Return who may register: `open` (anybody), `invite` or `closed` (nobody)."""
        return self.api.registration()

    def register(self, email: str, password: str, *, invite: str | None = None) -> Account:
        """Open an account, by an invite's code where the server wants one; log in afterwards."""
        return self.api.register(email, password, invite)

    def login(self, email: str, password: str) -> None:
        """Begin a session."""
        self.api.login(email, password)

    def logout(self) -> None:
        """End the session."""
        self.api.logout()

    def me(self) -> Account:
        """Return the account that is logged in."""
        return self.api.me()

    def change_password(self, current: str, new: str) -> None:
        """Change the password of the account; its other sessions end, this one stays."""
        self.api.change_password(current, new)

    def delete_account(self, password: str) -> None:
        """End the account for good, with all its videos and sessions."""
        self.api.delete_account(password)

    def create_invite(self, *, email: str | None = None, expires_in: float | None = None) -> Invite:
        """Let somebody register; for admins.

        Args:
            email: the only address that may use it; any when None.
            expires_in: seconds that it works; the server's choice when None.

        Returns:
            The invite with its code, which is told this once.
        """
        return self.api.create_invite(email, expires_in)

    def invites(self) -> Iterator[Invite]:
        """Return the invites; for admins. Pages are fetched as they are needed."""
        return self.api.invites()

    def delete_invite(self, invite_id: str) -> None:
        """Take an invite back; for admins."""
        self.api.delete_invite(invite_id)

    def upload(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        connections: int = uploads.CONNECTIONS,
        on_progress: uploads.OnProgress = lambda _: None,
        on_begin: Callable[[uploads.Begun], None] = lambda _: None,
    ) -> Video:
        """Upload a file, or go on with an upload of it that was interrupted.

        Args:
            path: the file.
            title: of the video; by default the server takes the file's name.
            connections: how many parts travel at once.
            on_progress: told after every block, from several threads but one at a time.
            on_begin: told whether the upload is new, resumed or was complete already.

        Returns:
            The video, queued for transcoding.

        Raises:
            FileChanged: the file was changed meanwhile.
            UploadFailed: it did not get through; calling again goes on from there.
        """
        file = Path(path)
        try:
            stamp = stamp_of(file)
            if not file.is_file():
                raise UploadFailed(f"{file} is not a file.")
            account = self.api.caller.session().email
            memory = ResumeFile(self._home, self.api.caller.server, account, file)
            begun = uploads.begin(self.api, memory, file, stamp, title)
            on_begin(begun)
            if begun.video is not None:
                uploads.forget(memory)
                return begun.video
            return uploads.send_and_complete(
                self.api,
                memory,
                file,
                stamp,
                begun.upload,
                connections=connections,
                on_progress=on_progress,
            )
        except OSError as error:
            raise UploadFailed(f"{error.filename or file}: {reason_of(error)}.") from error

    def upload_state(self, upload_id: str) -> Upload:
        """Return an upload with the parts that the store has."""
        return self.api.upload(upload_id)

    def video(self, video_id: str) -> Video:
        """Return a video as it is now."""
        return self.api.video(video_id)

    def videos(self, *, state: str | None = None, search: str | None = None) -> Iterator[Video]:
        """Return the videos, newest first; pages are fetched as they are needed."""
        return self.api.videos(state, search)

    def watch(self, video_id: str) -> Iterator[Video]:
        """Return the video now and after every change, until it is finished."""
        return watch(self.api, video_id)

    def download(
        self,
        video_id: str,
        name: str,
        target: str | os.PathLike[str] | None = None,
        *,
        force: bool = False,
        on_progress: downloads.OnProgress = lambda _: None,
    ) -> Path:
        """Fetch a rendition or `source` into a file; goes on with one that was interrupted.

        Raises:
            DownloadFailed: the file exists, cannot be written or did not arrive whole.
        """
        chosen = None if target is None else Path(target)
        return downloads.download(
            self.api, video_id, name, chosen, force=force, on_progress=on_progress
        )

    def playback(
        self, video_id: str, ttl_s: int | None = None, *, download: bool = False
    ) -> Playback:
        """Return addresses at which a video can be watched, also while it is being made.

        Args:
            video_id: the video; `playable` says whether it can be watched yet.
            ttl_s: for how many seconds; the server's choice when None.
            download: have the MP4s saved under a readable name by a browser, not played.

        Returns:
            The addresses. Whoever has them needs nothing else, until they expire or this session
            ends.
        """
        return self.api.playback(video_id, ttl_s, download=download)

    def share(
        self,
        video_id: str,
        *,
        expires_at: datetime | None = None,
        allowed_origins: Sequence[str] = (),
        download: bool = False,
    ) -> Share:
        """Make a link at which whoever has it can watch a video.

        Args:
            video_id: the video.
            expires_at: when it stops working, with a time zone; by itself never when None.
            allowed_origins: the only pages that can embed it, such as `https://example.com`; any
                when empty.
            download: let the files be saved too.
        """
        wanted = {"allowed_origins": list(allowed_origins), "download": download}
        until = {} if expires_at is None else {"expires_at": expires_at.isoformat()}
        return self.api.create_share(video_id, wanted | until)

    def shares(self, video_id: str) -> Iterator[Share]:
        """Return the links to a video, newest first. Pages are fetched as they are needed."""
        return self.api.shares(video_id)

    def unshare(self, video_id: str, share_id: str) -> None:
        """End a link. Who watches by it is stopped within 5 minutes."""
        self.api.delete_share(video_id, share_id)

    def captions(self, video_id: str) -> Iterator[Captions]:
        """Return the captions of a video, newest first; pages are fetched as they are needed."""
        return self.api.captions(video_id)

    def add_captions(
        self,
        video_id: str,
        text: str,
        *,
        language: str,
        name: str | None = None,
        default: bool = False,
    ) -> Captions:
        """Add captions to a video; they stay when it is processed again.

        Args:
            video_id: the video.
            text: a WebVTT or SRT file. `ApiError.detail` names the lines that cannot be read.
            language: as BCP 47 has it, such as `de` or `pt-BR`.
            name: what the menu of a player shows beside the language.
            default: show them unless somebody chooses.
        """
        return self.api.add_captions(video_id, text, language, name, default=default)

    def change_captions(
        self,
        video_id: str,
        captions_id: str,
        *,
        text: str | None = None,
        language: str | None = None,
        name: str | None = None,
        default: bool | None = None,
    ) -> Captions:
        """Change captions of a video; what is None stays. Arguments are as of `add_captions`."""
        wanted = {"text": text, "language": language, "name": name, "default": default}
        changes: dict[str, object] = {
            key: value for key, value in wanted.items() if value is not None
        }
        return self.api.change_captions(video_id, captions_id, changes)

    def remove_captions(self, video_id: str, captions_id: str) -> None:
        """Remove captions from a video."""
        self.api.remove_captions(video_id, captions_id)

    def choose_poster(self, video_id: str, at: float) -> Video:
        """Have the picture at a time of a video made its poster, which takes a moment.

        It stays when the video is processed again; the last choice counts.

        Args:
            video_id: the video.
            at: seconds from its beginning.

        Returns:
            The video, whose `poster_url` changes once the picture is made.
        """
        return self.api.choose_poster(video_id, at)

    def forget_poster(self, video_id: str) -> Video:
        """Give a video the poster again that was made with it."""
        return self.api.forget_poster(video_id)

    def rename(self, video_id: str, title: str) -> Video:
        """Give a video another title."""
        return self.api.rename(video_id, title)

    def cancel(self, video_id: str) -> Video:
        """Stop what is being done with a video."""
        return self.api.act(video_id, "cancel")

    def retry(self, video_id: str) -> Video:
        """Transcode a video again that failed or was cancelled."""
        return self.api.act(video_id, "retry")

    def delete(self, video_id: str) -> None:
        """Remove a video with everything stored for it."""
        self.api.delete(video_id)
