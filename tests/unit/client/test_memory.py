import os
import stat
from pathlib import Path

import pytest

from client.download import file_name
from client.home import home_directory, write_private
from client.models import Tokens
from client.partial import proven_md5
from client.resume import ResumeFile, Unfinished, stamp_of
from client.session import SessionStore, session_of


def test_where_home_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/x")
    assert home_directory({"FRAMEMILL_HOME": "/a", "XDG_STATE_HOME": "/b"}) == Path("/a")
    assert home_directory({"XDG_STATE_HOME": "/b"}) == Path("/b/framemill")
    assert home_directory({"XDG_STATE_HOME": "b"}) == Path("/home/x/.local/state/framemill")


def test_private_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_private(path, "one")
    write_private(path, "two")
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_every_server_account_and_path_has_a_memory_of_its_own(tmp_path: Path) -> None:
    names = [
        ResumeFile(tmp_path, *rest).path
        for rest in (
            ("http://a", "me", Path("/x/y")),
            ("http://b", "me", Path("/x/y")),
            ("http://a", "you", Path("/x/y")),
            ("http://a", "me", Path("/x/z")),
        )
    ]
    assert len(set(names)) == 4
    assert ResumeFile(tmp_path, "http://a", "ME", Path("/x/y")).path == names[0]


def test_an_unfinished_upload_is_recognised_by_size_and_time(tmp_path: Path) -> None:
    memory = ResumeFile(tmp_path, "http://a", "me", tmp_path / "clip")
    assert memory.read() is None
    clip = tmp_path / "clip"
    clip.write_bytes(b"abc")
    stamp = stamp_of(clip)
    memory.write(Unfinished("u", "v", stamp.size, stamp.mtime_ns))
    found = memory.read()
    assert found is not None
    assert found.is_of(stamp_of(clip))
    os.utime(clip, ns=(stamp.mtime_ns, stamp.mtime_ns + 1))
    assert not found.is_of(stamp_of(clip))
    memory.path.write_text("{half")
    assert memory.read() is None


def test_sessions_are_kept_by_server(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "session.json")
    one, two = (session_of(email, Tokens("a", "r", 600), 1000.0) for email in ("one", "two"))
    store.keep("http://a", one, as_last=True)
    store.keep("http://b", two)
    assert (store.find("http://a"), store.find("http://b")) == (one, two)
    assert store.last_server() == "http://a"
    store.drop("http://a")
    assert store.find("http://a") is None
    (tmp_path / "session.json").write_text('{"sessions": {"http://b": {"other": 1}}}')
    assert store.find("http://b") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "\x00",
        "[]",
        "[" * 100_000,
        '{"sessions": []}',
        '{"sessions": {"http://a": "x"}}',
        '{"sessions": {"http://a": {"email": 1}}}',
        '{"sessions": {"http://a": {"email": "e", "access_token": "\u00e9",'
        ' "refresh_token": "r", "renew_at": 1}}}',
        '{"sessions": {"http://a": {"email": "e", "access_token": "a",'
        ' "refresh_token": "r", "renew_at": "soon"}}, "server": 7}',
    ],
)
def test_a_damaged_session_file_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "session.json").write_text(text)
    store = SessionStore(tmp_path / "session.json")
    assert store.find("http://a") is None
    assert store.last_server() is None
    store.drop("http://a")
    session = session_of("one", Tokens("a", "r", 600), 1000.0)
    store.keep("http://a", session, as_last=True)
    assert store.find("http://a") == session


@pytest.mark.parametrize(
    ("headers", "md5"),
    [
        ({"etag": f'"{"A1" * 16}"'}, "a1" * 16),
        ({"etag": "a1" * 16, "x-amz-server-side-encryption": "AES256"}, "a1" * 16),
        ({"etag": f'"{"a1" * 16}-3"'}, None),
        ({"etag": f'W/"{"a1" * 16}"'}, None),
        ({"etag": "a1" * 16, "x-amz-server-side-encryption": "aws:kms:dsse"}, None),
        ({"etag": "a1" * 16, "x-amz-server-side-encryption-customer-algorithm": "AES256"}, None),
        ({}, None),
    ],
)
def test_which_etags_are_checksums(headers: dict[str, str], md5: str | None) -> None:
    assert proven_md5(headers) == md5


@pytest.mark.parametrize(("life", "renew_at"), [(600.0, 1570.0), (10.0, 1009.0)])
def test_a_token_is_renewed_before_it_ends(life: float, renew_at: float) -> None:
    assert session_of("me", Tokens("a", "r", life), 1000.0).renew_at == renew_at


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename=\"a b.mp4\"; filename*=UTF-8''%C3%A9%20b.mp4", "é b.mp4"),
        ('attachment; filename="a \\"b\\".mp4"', 'a "b".mp4'),
        ("attachment; filename=plain.mp4", "plain.mp4"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\x\\\\y.mp4"', "y.mp4"),
        ('attachment; filename=".."', None),
        ("attachment; filename*=UTF-8''a%0Ab%2Fc", "c"),
        ("inline", None),
    ],
)
def test_the_name_of_a_download_is_never_a_path(header: str, name: str | None) -> None:
    assert file_name(header) == name
