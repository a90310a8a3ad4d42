"""Down and up: what Postgres has is kept, and the rest is made again."""

from pathlib import Path

from tests.compose.browser import Browser
from tests.compose.project import Project

GONE = "The uploaded file is no longer stored. Upload it again."


def test_down_and_up(project: Project, browser: Browser, short: Path) -> None:
    ready = browser.until_final(browser.upload(short)["id"])
    project.run("stop", "worker")
    waiting = browser.upload(short)
    half_sent = browser.begin(short)
    browser.send(half_sent, short)

    project.run("down")
    project.up()

    # Accounts, films and the signing key are what they were.
    assert browser.call("GET", "/v1/me").json()["email"] == browser.email
    kept = browser.video(ready["id"])
    assert [each["name"] for each in kept["renditions"]] == [
        each["name"] for each in ready["renditions"]
    ]
    # The film that waited was sent again to a queue that was made again; its file is gone.
    lost = browser.until_final(waiting["id"])
    assert (lost["state"], lost["failure"]["code"]) == ("failed", "storage_error")
    assert lost["failure"] == {"code": "storage_error", "message": GONE, "retryable": False}
    # So is an upload that was under way.
    refused = browser.call("POST", f"/v1/uploads/{half_sent['id']}/complete")
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")
    assert refused.json()["detail"].endswith("start a new one.")  # or control has seen it already
    # And the next film finds everything in its place.
    assert browser.until_final(browser.upload(short)["id"])["state"] == "ready"


def test_what_is_there_is_made_again_without_harm(project: Project) -> None:
    before = project.run("exec", "-T", "backend", "cat", "/var/lib/framemill/keys/jwt-keys").stdout
    project.run("run", "--rm", "secrets")
    project.run("run", "--rm", "migrate")
    project.run("exec", "-T", "localstack", "/etc/localstack/init/ready.d/10-resources.sh")
    project.run("exec", "-T", "postgres", "/docker-entrypoint-initdb.d/10-framemill.sh")
    after = project.run("exec", "-T", "backend", "cat", "/var/lib/framemill/keys/jwt-keys").stdout
    assert before == after
