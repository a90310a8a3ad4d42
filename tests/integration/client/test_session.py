import json
import multiprocessing
import stat
import threading
from pathlib import Path

import pytest

from client import (
    ApiError,
    Framemill,
    HomeUnusable,
    LoginRequired,
    ServerUnreachable,
    UnexpectedAnswer,
)
from tests.integration.client.standin_world import EMAIL, PASSWORD, StandIn


def test_login_keeps_the_tokens_where_only_the_owner_reads_them(world: StandIn, home: Path) -> None:
    with Framemill(world.url, remember=True) as client:
        client.login(EMAIL, PASSWORD)
    file = home / "session.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with Framemill(world.url, remember=True) as another:
        assert another.me().email == EMAIL


def test_without_remember_nothing_is_written(client: Framemill, home: Path) -> None:
    client.me()
    assert not home.exists()


def test_wrong_password_is_one_typed_error_and_no_retry(world: StandIn) -> None:
    with Framemill(world.url) as client, pytest.raises(ApiError) as caught:
        client.login(EMAIL, "wrong")
    error = caught.value
    assert (error.code, error.status, error.request_id) == ("invalid_credentials", 401, "req-1")
    assert not error.retryable
    assert str(error) == error.detail == "Address or password is wrong."
    assert world.calls == ["POST /v1/auth/login"]


def test_nobody_logged_in(world: StandIn) -> None:
    with Framemill(world.url) as client, pytest.raises(LoginRequired, match="Run framemill login"):
        client.me()


def test_an_expired_access_token_is_renewed_once_and_the_call_repeated(
    client: Framemill, world: StandIn
) -> None:
    world.expired |= set(world.access)
    assert client.me().email == EMAIL
    assert world.calls.count("POST /v1/auth/refresh") == 1


def test_an_access_token_is_renewed_before_it_ends(world: StandIn) -> None:
    world.token_life = 0
    with Framemill(world.url) as client:
        client.login(EMAIL, PASSWORD)
        world.token_life = 600
        client.me()
        client.me()
    assert world.calls[1:] == ["POST /v1/auth/refresh", "GET /v1/me", "GET /v1/me"]


def test_a_revoked_session_is_forgotten_and_said(client: Framemill, world: StandIn) -> None:
    world.sessions.clear()
    with pytest.raises(LoginRequired, match=r"^Your session has ended\. Run framemill login\.$"):
        client.me()
    with pytest.raises(LoginRequired, match="You are not logged in"):
        client.me()


def test_a_refused_refresh_ends_the_session(client: Framemill, world: StandIn) -> None:
    world.expired |= set(world.access)
    world.refresh.clear()
    with pytest.raises(LoginRequired, match="Your session has ended"):
        client.me()


def _me_in_another_process(url: str, home: Path) -> str:
    with Framemill(url, home=home, remember=True) as client:
        return client.me().email


def test_processes_at_once_use_a_refresh_token_only_once(world: StandIn, home: Path) -> None:
    """A second use would revoke the session."""
    with Framemill(world.url, remember=True) as client:
        client.login(EMAIL, PASSWORD)
    world.expired |= set(world.access)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.starmap(_me_in_another_process, [(world.url, home)] * 8)
    assert found == [EMAIL] * 8
    assert world.calls.count("POST /v1/auth/refresh") == 1


def test_the_lock_on_the_file_keeps_others_back(world: StandIn) -> None:
    with Framemill(world.url, remember=True) as client:
        client.login(EMAIL, PASSWORD)
    world.expired |= set(world.access)
    world.refresh_waits_for_another = True
    found: list[str] = []

    def ask() -> None:
        with Framemill(world.url, remember=True) as another:
            found.append(another.me().email)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [EMAIL] * 3
    assert world.calls.count("POST /v1/auth/refresh") == 1


def test_threads_at_once_use_a_refresh_token_only_once(client: Framemill, world: StandIn) -> None:
    world.expired |= set(world.access)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(client.me().email)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [EMAIL] * 6
    assert world.calls.count("POST /v1/auth/refresh") == 1


def test_logout_ends_the_session_at_both_ends(world: StandIn, home: Path) -> None:
    with Framemill(world.url, remember=True) as client:
        client.login(EMAIL, PASSWORD)
        client.logout()
        assert not world.sessions
        assert json.loads((home / "session.json").read_text())["sessions"] == {}
        with pytest.raises(LoginRequired):
            client.me()


def test_transient_answers_are_tried_again(client: Framemill, world: StandIn) -> None:
    world.call_faults = [("/me", "503"), ("/me", "reset")]
    assert client.me().email == EMAIL


def test_an_address_without_a_server(closed_port: int) -> None:
    with (
        Framemill(f"http://127.0.0.1:{closed_port}") as client,
        pytest.raises(ServerUnreachable, match="Check the address"),
    ):
        client.login(EMAIL, PASSWORD)
    with pytest.raises(ServerUnreachable, match="must start with http"):
        Framemill("video.example.org")


def test_a_server_that_is_something_else(client: Framemill, world: StandIn) -> None:
    video = world.video()
    del video["title"]
    with pytest.raises(UnexpectedAnswer, match="not valid"):
        client.video(video["id"])


def test_a_refresh_token_is_not_used_up_where_the_next_cannot_be_kept(
    world: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Framemill(world.url, remember=True) as client:
        client.login(EMAIL, PASSWORD)
        world.expired |= set(world.access)

        def full(*_: object) -> None:
            raise HomeUnusable("No space left on device.")

        with monkeypatch.context() as broken:
            broken.setattr("client.session.write_private", full)
            with pytest.raises(HomeUnusable):
                client.me()
        assert client.me().email == EMAIL, "the disk has room again"


def test_a_session_that_cannot_be_kept_is_ended(
    world: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise HomeUnusable("No space left on device.")

    monkeypatch.setattr("client.session.write_private", full)
    with Framemill(world.url, remember=True) as client, pytest.raises(HomeUnusable):
        client.login(EMAIL, PASSWORD)
    assert not world.sessions


def test_an_answer_that_is_nested_without_end(client: Framemill, world: StandIn) -> None:
    world.video(title="x", nested=json.loads("[" * 400 + "]" * 400))
    assert [video.title for video in client.videos()] == ["x"]
    world.raw_answer = b"[" * 200_000
    with pytest.raises(UnexpectedAnswer):
        client.me()


@pytest.mark.parametrize("fault", ["drop the answer", "reset"])
def test_what_a_try_has_removed_whose_answer_was_lost_is_removed(
    client: Framemill, world: StandIn, fault: str
) -> None:
    video = world.video()
    world.call_faults = [("/v1/videos/", fault)]
    client.delete(video["id"])
    assert world.videos == {}
    assert world.calls.count(f"DELETE /v1/videos/{video['id']}") == 2


@pytest.mark.parametrize("faults", [[], ["429"]])
def test_what_was_never_there_cannot_be_removed(
    client: Framemill, world: StandIn, faults: list[str]
) -> None:
    world.call_faults = [("/v1/videos/", fault) for fault in faults]
    with pytest.raises(ApiError) as refused:
        client.delete("none")
    assert refused.value.status == 404
