"""What can go wrong, as types. Every message is one sentence that a person can act on."""


class FramemillError(Exception):
    """Anything this library raises on purpose."""


class ApiError(FramemillError):
    """The server answered with an error.

    Attributes:
        code: the word to branch on, such as `not_found`.
        status: the HTTP status.
        detail: what the server says about it.
        request_id: names the request in the server's log.
        retryable: whether the same call may succeed later.
        retry_after: how many seconds the server asks to wait, if it says so.
    """

    def __init__(
        self,
        detail: str,
        *,
        code: str,
        status: int,
        request_id: str | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.detail = detail
        self.request_id = request_id
        self.retryable = retryable
        self.retry_after = retry_after


class ServerUnreachable(FramemillError):
    """No answer came: the address is wrong, the server is down or the network is."""


class UnexpectedAnswer(FramemillError):
    """The answer is not what a Framemill server says."""


class LoginRequired(FramemillError):
    """Nobody is logged in at this server, or the session has ended."""


class UploadFailed(FramemillError):
    """The upload stopped; what has arrived is kept, and the same call goes on from there."""


class FileChanged(FramemillError):
    """The file is not what it was when its upload began."""


class DownloadFailed(FramemillError):
    """The file could not be fetched or written."""


class HomeUnusable(FramemillError):
    """What has to be remembered cannot be read or written where it is kept."""


class NotText(FramemillError):
    """Something that was given holds bytes that are no text, and cannot be sent as it is."""


def reason_of(error: OSError) -> str:
    """Return why the system refused, such as `No space left on device`."""
    return (error.strerror or str(error) or type(error).__name__).rstrip(".")
