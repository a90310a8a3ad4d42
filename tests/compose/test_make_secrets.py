"""The secrets of the first run: made once, read by few, renewed one by one. Needs no engine."""

from pathlib import Path

import pytest

from containers.make_secrets import main
from tests.support.settings import Settings


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    shared, keys = tmp_path / "secrets", tmp_path / "keys"
    shared.mkdir()
    keys.mkdir()
    monkeypatch.setenv("SECRETS_DIR", str(shared))
    monkeypatch.setenv("KEYS_DIR", str(keys))
    return shared, keys


def contents(*folders: Path) -> dict[str, str]:
    return {path.name: path.read_text() for folder in folders for path in folder.iterdir()}


def test_they_are_made_once(places: tuple[Path, Path]) -> None:
    assert main([]) == 0
    first = contents(*places)
    assert set(first) == {
        "aws-localstack", "aws-s3", "database-admin-password", "database-password",
        "database-url", "jwt-keys", "redis-url", "redis.conf",
    }  # fmt: skip
    assert main([]) == 0
    assert contents(*places) == first
    for folder in places:
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o440}


def test_they_fit_together_and_are_taken_in_production(places: tuple[Path, Path]) -> None:
    main([])
    found = contents(*places)
    assert found["database-password"] in found["database-url"]
    assert found["redis.conf"].split()[1] in found["redis-url"]
    settings = Settings(
        framemill_mode="production",
        database_url=found["database-url"],
        redis_url=found["redis-url"],
        jwt_keys=found["jwt-keys"],
    )
    assert len(settings.signing_keys()) == 1


def test_workers_cannot_sign(places: tuple[Path, Path]) -> None:
    main([])
    assert [path.name for path in places[1].iterdir()] == ["jwt-keys"]
    assert "jwt-keys" not in contents(places[0])


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("database", {"database-password", "database-url"}),
        ("redis", {"redis.conf", "redis-url"}),
        ("s3", {"aws-s3"}),
        ("jwt", {"jwt-keys"}),
    ],
)
def test_one_is_renewed_and_the_others_stay(
    places: tuple[Path, Path], name: str, changed: set[str]
) -> None:
    main([])
    before = contents(*places)
    assert main(["renew", name]) == 0
    after = contents(*places)
    assert {each for each in before if before[each] != after[each]} == changed


def test_the_former_signing_key_is_still_accepted(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    main([])
    seen = [contents(*places)["jwt-keys"]]
    for number in range(2):
        monkeypatch.setattr("time.strftime", lambda *_, n=number: f"k{n}")
        main(["renew", "jwt"])
        seen.append(contents(*places)["jwt-keys"])
    newest, former = seen[-1].split(",")
    assert former == seen[1].split(",")[0]
    assert newest not in seen[1]
    assert seen[0] not in seen[-1]


def test_what_cannot_be_written_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "not-there"))
    monkeypatch.setenv("KEYS_DIR", str(tmp_path))
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("framemill: the secrets could not be written: ")
    assert main(["renew", "everything"]) == 2
