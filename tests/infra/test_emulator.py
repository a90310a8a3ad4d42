"""The bucket and the queues, made by CloudFormation of an emulator, carry the product.

The emulator takes the policy of a queue at its word (that of a bucket not, for its root key), and
carries out no lifecycle rule of a template: what that says is compared in test_storage.py.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from client import Framemill, connection
from embedded.ffmpeg import find_tools
from tests.infra.cloud import Cloud, a_cloud, the_product
from tests.infra.conftest import ASKED, Assemblies
from tests.support.product import PASSWORD, PROJECT, Clips, address_of, until_final

_DESCRIPTION = json.loads((PROJECT / "localstack" / "resources.json").read_text())
_PAGE = ASKED["origins"].split(",")[0]


@dataclass(frozen=True)
class Deployed:
    """What the stacks became: the bucket's name, and the queues' addresses."""

    cloud: Cloud
    bucket: str
    queue: str
    dead_letters: str

    @property
    def settings(self) -> dict[str, str]:
        """The variables under which the product uses it."""
        return self.cloud.environment | {
            "S3_BUCKET": self.bucket,
            "SQS_QUEUE": self.queue.rpartition("/")[2],
            "SQS_DEAD_LETTER_QUEUE": self.dead_letters.rpartition("/")[2],
        }


def _the(made: dict[str, str], start: str) -> str:
    [found] = [
        physical
        for logical, physical in made.items()
        if logical.startswith(start) and not logical.startswith(f"{start}Policy")
    ]
    return found


@pytest.fixture(scope="module")
def deployed(
    assemblies: Assemblies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """The storage and messaging stacks of the size `small`, created."""
    folder = assemblies("small").folder
    with a_cloud(tmp_path_factory.mktemp("cloud")) as cloud:
        made: dict[str, str] = {}
        for name in ("framemill-messaging", "framemill-storage"):
            made |= cloud.create(name, folder / f"{name}.template.json")
        yield Deployed(cloud, _the(made, "Media"), _the(made, "Tasks"), _the(made, "DeadLetters"))


@pytest.fixture
def trusting(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process, in which the person's client runs, trusts the emulator too."""
    monkeypatch.setenv("SSL_CERT_FILE", str(deployed.cloud.certificate))
    connection._trust.cache_clear()
    yield
    connection._trust.cache_clear()


def test_the_bucket_lets_in_pages_as_described(deployed: Deployed) -> None:
    found = deployed.cloud.client("s3").get_bucket_cors(Bucket=deployed.bucket)["CORSRules"]
    rule, readers = found
    origins = rule.pop("AllowedOrigins")
    assert origins == ASKED["origins"].split(",")
    assert rule == _DESCRIPTION["bucket"]["cors"]
    assert readers == _DESCRIPTION["bucket"]["cors_of_readers"]


@pytest.mark.parametrize(("origin", "let_in"), [(_PAGE, True), ("https://other.example", False)])
def test_a_browser_hears_who_may_send(deployed: Deployed, origin: str, let_in: bool) -> None:
    answer = httpx.options(
        f"{deployed.cloud.address}/{deployed.bucket}/videos/1/source.mp4",
        headers={"Origin": origin, "Access-Control-Request-Method": "PUT"},
        verify=deployed.cloud.trust,
        trust_env=False,
    )
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is let_in


def test_the_queues_are_as_described(deployed: Deployed) -> None:
    found = _attributes(deployed, deployed.queue)
    dead = _attributes(deployed, deployed.dead_letters)
    assert _DESCRIPTION["queue"].items() <= found.items()
    assert _DESCRIPTION["dead_letter_queue"].items() <= dead.items()
    redrive = json.loads(found["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == dead["QueueArn"]
    assert int(redrive["maxReceiveCount"]) == _DESCRIPTION["max_receive_count"]


def _attributes(deployed: Deployed, url: str) -> dict[str, Any]:
    answer = deployed.cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    found: dict[str, Any] = answer["Attributes"]
    return found


def test_who_comes_to_a_queue_without_tls_is_refused(deployed: Deployed) -> None:
    sqs = deployed.cloud.client("sqs")
    assert sqs.get_queue_attributes(QueueUrl=deployed.queue, AttributeNames=["QueueArn"])

    def come_by_http(request: Any, **_: Any) -> None:
        # How one learns, behind what ends TLS, by which scheme somebody came.
        request.headers["X-Forwarded-Proto"] = "http"

    sqs.meta.events.register("before-sign.sqs", come_by_http)
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.get_queue_attributes(QueueUrl=deployed.queue, AttributeNames=["QueueArn"])


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A real film where the shared clips are, else one of FFmpeg's."""
    real = PROJECT.parent / "shared" / "media" / "film_1080p24_21s.mp4"
    tools = find_tools()
    clips = Clips(str(tools.ffmpeg), str(tools.ffprobe))
    return real if real.exists() else clips.short(tmp_path / "film.mp4", seconds=4, size="1280x720")


@pytest.mark.usefixtures("trusting")
def test_a_film_gets_ready_on_what_was_deployed(
    deployed: Deployed, film: Path, tmp_path: Path
) -> None:
    before = _attributes(deployed, deployed.queue)
    with (
        the_product(tmp_path / "product", deployed.settings) as stack,
        Framemill(address_of(stack), home=tmp_path / "home") as framemill,
    ):
        framemill.register("ada@example.com", PASSWORD)
        framemill.login("ada@example.com", PASSWORD)
        video = until_final(framemill, framemill.upload(film))
        assert video.state == "ready", video
        saved = framemill.download(video.id, video.renditions[0].name, tmp_path / "out.mp4")
        assert saved.stat().st_size == video.renditions[0].size
    s3 = deployed.cloud.client("s3")
    keys = {
        item["Key"]
        for item in s3.list_objects_v2(Bucket=deployed.bucket, Prefix="videos/")["Contents"]
    }
    assert f"videos/{video.id}/source.mp4" in keys
    assert len(keys) > len(video.renditions)
    after = _attributes(deployed, deployed.queue)
    assert after["ApproximateNumberOfMessages"] == "0"
    # The product itself changed nothing of what was deployed.
    assert {key: after[key] for key in _DESCRIPTION["queue"]} == {
        key: before[key] for key in _DESCRIPTION["queue"]
    }
    test_the_bucket_lets_in_pages_as_described(deployed)
