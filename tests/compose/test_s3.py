"""The profile `s3`: another store in place of LocalStack's S3, and nothing else changes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.compose.browser import somebody
from tests.compose.project import ASK_READY, ROOT, Project, a_project


@pytest.fixture(scope="module")
def other(engine: None) -> Iterator[Project]:
    lines = (ROOT / "containers" / "s3.env").read_text().splitlines()
    variables = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    with a_project("framemill-s3", variables) as found:
        found.up("--build")
        yield found


def test_films_are_kept_in_another_store(
    other: Project, film: Path, figure: Callable[[str, object], None]
) -> None:
    with somebody(other.page, other.api) as browser:
        ended = browser.until_final(browser.upload(film)["id"])
        assert [each["name"] for each in ended["renditions"]] == ["720p", "480p"]
        for rendition in ended["renditions"]:
            assert rendition["url"].startswith(other.variables["S3_PUBLIC_URL"])
            part = browser.fetch("GET", rendition["url"], headers={"Range": "bytes=0-99"})
            assert (part.status_code, len(part.content)) == (206, 100)
        # What LocalStack forgets, this store keeps; and its rules are made again after a crash.
        for disturb in (lambda: other.run("restart", "s3"), lambda: other.crash("s3")):
            disturb()
            other.up("--no-recreate")
            again = browser.video(ended["id"])["renditions"][0]
            whole = browser.fetch("GET", again["url"])
            assert len(whole.content) == again["size"]
        listed = other.run(
            "exec", "-T", "localstack", "awslocal", "s3", "ls", "--recursive", "s3://framemill"
        )
        assert listed.stdout == "", "nothing may go to LocalStack's store"


def test_the_other_store_refuses_a_wrong_key(other: Project) -> None:
    done = other.run(
        "run", "--rm", "--no-deps", "--no-TTY", "--env", "AWS_ACCESS_KEY_ID=somebody",
        "--env", "AWS_SECRET_ACCESS_KEY=wrong", "backend", "sh", "-c",
        ASK_READY,
        check=False,
    )  # fmt: skip
    assert "Not answering: s3." in done.stdout
    assert "Traceback" not in done.stderr
