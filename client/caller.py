"""Requests to the server: trying again, and carrying the access token of the session."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from client import models
from client.answers import api_error
from client.connection import http_client
from client.errors import (
    ApiError,
    HomeUnusable,
    LoginRequired,
    NotText,
    ServerUnreachable,
    UnexpectedAnswer,
)
from client.retry import Outcome, after_call
from client.session import Session, SessionStore, session_of

# The server sends a comment every 15 s, so three missing ones mean a dead connection.
_EVENTS_TIMEOUT = httpx.Timeout(45.0, connect=10.0)
_ENDED = "Your session has ended. Run framemill login."


class Caller:
    """One server, as one user; may be shared by threads.

    Args:
        server: its address, such as `https://video.example.org`.
        store: where the session is kept.
    """

    def __init__(self, server: str, store: SessionStore) -> None:
        self.server = server.strip().rstrip("/")
        self.store = store
        try:
            scheme = httpx.URL(self.server).scheme
        except (httpx.InvalidURL, ValueError):
            scheme = ""
        if scheme not in {"http", "https"}:
            raise ServerUnreachable(
                f"{server!r} is not a server address. It must start with http:// or https://."
            )
        self._http = http_client(
            base_url=self.server,
            headers={"User-Agent": "framemill-client", "Accept": "application/json"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def session(self) -> Session:
        """Return who is logged in.

        Raises:
            LoginRequired: nobody is.
        """
        session = self.store.find(self.server)
        if session is None:
            raise LoginRequired(f"You are not logged in at {self.server}. Run framemill login.")
        return session

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
        read_timeout: float = 30.0,
        retry: bool = True,
        gone_is_done: bool = False,
    ) -> httpx.Response:
        """Ask without a token; a redirect is an answer too.

        Args:
            method: the HTTP method.
            path: below the server's address.
            body: sent as JSON.
            headers: sent with it.
            params: of the query.
            read_timeout: how many seconds the answer may take.
            retry: whether what looks transient is tried again, a bounded number of times.
            gone_is_done: whether 404 is an answer too, after a try that may have done it.

        Raises:
            ApiError: the server refuses.
            NotText: what is sent holds bytes that are no text.
            ServerUnreachable: no answer came.
        """
        timeout = httpx.Timeout(read_timeout, connect=10.0)
        attempt = 0
        is_perhaps_done = False
        while True:
            attempt += 1
            error: ApiError | ServerUnreachable
            try:
                answer = self._http.request(
                    method, path, json=body, headers=headers, params=params, timeout=timeout
                )
            except httpx.RequestError as broken:
                error, outcome = self._unreachable(broken), Outcome(None)
            except UnicodeError as odd:
                raise NotText("An argument is not UTF-8 text.") from odd
            else:
                if answer.is_success or answer.status_code == 307:
                    return answer
                if gone_is_done and is_perhaps_done and answer.status_code == 404:
                    return answer
                error = api_error(answer.status_code, answer.headers, answer.content)
                outcome = Outcome(error.status, error.code, error.retryable, error.retry_after)
            again = after_call(outcome, attempt, random.random())  # noqa: S311 - spreads load
            if not retry or again is None:
                raise error
            # The answer was lost, or something between here and the server failed.
            is_perhaps_done |= outcome.status is None or outcome.status >= 500
            time.sleep(again.delay)

    def authorized(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
        read_timeout: float = 30.0,
        retry: bool = True,
        gone_is_done: bool = False,
    ) -> httpx.Response:
        """Ask as the user who is logged in; arguments as in `request`.

        Raises:
            LoginRequired: nobody is logged in, or the session has ended.
        """
        stale = None
        while True:
            token = self._access_token(stale)
            allowed = {**(headers or {}), "Authorization": f"Bearer {token}"}
            try:
                return self.request(
                    method,
                    path,
                    body,
                    headers=allowed,
                    params=params,
                    read_timeout=read_timeout,
                    retry=retry,
                    gone_is_done=gone_is_done,
                )
            except ApiError as error:
                self._check_session(error, token)
                if error.code != "token_expired" or stale is not None:
                    raise
                stale = token

    @contextmanager
    def events(self, path: str) -> Iterator[Iterator[bytes]]:
        """Open a stream of server-sent events; one attempt, the caller reconnects.

        Raises:
            ApiError: the server refuses.
            LoginRequired: as in `authorized`.
            ServerUnreachable: the connection broke, at the start or later.
        """
        token = self._access_token()
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
        try:
            with self._http.stream("GET", path, headers=headers, timeout=_EVENTS_TIMEOUT) as answer:
                if answer.status_code != 200:
                    error = api_error(answer.status_code, answer.headers, answer.read())
                    self._check_session(error, token)
                    if error.code == "token_expired":
                        self._access_token(stale=token)
                    raise error
                if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                    raise UnexpectedAnswer("The server did not send an event stream.")
                yield answer.iter_bytes()
        except httpx.RequestError as error:
            raise self._unreachable(error) from error

    def _access_token(self, stale: str | None = None) -> str:
        """Return a token that is neither `stale` nor about to end.

        The session is read again under the lock: another process may have renewed it meanwhile,
        and a refresh token that is used twice ends the session.
        """
        session = self.session()
        if session.access_token != stale and time.time() < session.renew_at:
            return session.access_token
        with self.store.lock():
            session = self.session()
            if session.access_token != stale and time.time() < session.renew_at:
                return session.access_token
            # A full disk must be met before the token is used up, not when the next one is here.
            self.store.keep(self.server, session)
            body = {"refresh_token": session.refresh_token}
            try:
                answer = self.request("POST", "/v1/auth/refresh", body)
            except ApiError as error:
                if error.status != 401:
                    raise
                self.store.drop(self.server)
                raise LoginRequired(_ENDED) from error
            tokens = models.read(models.tokens, json_of(answer))
            self.store.keep(self.server, session_of(session.email, tokens, time.time()))
            return tokens.access_token

    def _check_session(self, error: ApiError, token: str) -> None:
        """Forget a session that the server has ended."""
        if error.code not in {"session_revoked", "token_invalid"}:
            return
        with suppress(HomeUnusable), self.store.lock():
            session = self.store.find(self.server)
            if session is not None and session.access_token == token:
                self.store.drop(self.server)
        raise LoginRequired(_ENDED) from error

    def _unreachable(self, error: httpx.RequestError) -> ServerUnreachable:
        reason = str(error) or type(error).__name__
        return ServerUnreachable(
            f"No answer from {self.server} ({reason}). Check the address and the server."
        )


def json_of(answer: httpx.Response) -> Any:
    """Return the JSON of an answer.

    Raises:
        UnexpectedAnswer: it is something else.
    """
    try:
        return answer.json()
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer(
            "The answer is not JSON. Is this the address of a Framemill server?"
        ) from error
