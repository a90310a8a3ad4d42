"""URLs that are handed out follow the credentials: those of a role change every few hours."""

from urllib.parse import parse_qs, urlsplit

import pytest

from core.adapters.presign import Credentials
from core.adapters.s3 import Storage


class Role:
    """Temporary credentials, as a task or a machine on AWS has them."""

    def __init__(self) -> None:
        self.present = Credentials("ASIAFIRST", "s1", "token/1==")

    async def __call__(self) -> Credentials:
        return self.present


def storage_of(role: Role) -> Storage:
    return Storage(None, bucket="films", region="eu-central-1", public_url=None, credentials=role)


def signer_of(url: str) -> tuple[str, str]:
    query = parse_qs(urlsplit(url).query)
    key, _, scope = query["X-Amz-Credential"][0].partition("/")
    assert scope.endswith("/eu-central-1/s3/aws4_request")
    return key, query["X-Amz-Security-Token"][0]


async def test_a_url_carries_the_session_and_the_address_of_the_bucket() -> None:
    url = await storage_of(Role()).sign_get("videos/1/720p.mp4", 900)
    assert url.startswith("https://films.s3.eu-central-1.amazonaws.com/videos/1/720p.mp4?")
    assert signer_of(url) == ("ASIAFIRST", "token/1==")


async def test_new_credentials_sign_at_once_although_urls_are_steady() -> None:
    role = Role()
    storage = storage_of(role)
    before = await storage.sign_get("k", 3600)
    role.present = Credentials("ASIASECOND", "s2", "token/2==")
    assert signer_of(await storage.sign_get("k", 3600)) == ("ASIASECOND", "token/2==")
    role.present = Credentials("ASIAFIRST", "s1", "token/1==")
    assert await storage.sign_get("k", 3600) == before


async def test_parts_are_signed_by_new_credentials_a_second_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    role = Role()
    storage = storage_of(role)
    seconds = 1_795_300_000.5
    monkeypatch.setattr("core.adapters.s3.time.time", lambda: seconds)
    signed = await storage.sign_part("k", "u", {1: 5}, 900)
    assert signer_of(signed[1].url) == ("ASIAFIRST", "token/1==")
    role.present = Credentials("ASIASECOND", "s2", "token/2==")
    seconds += 1
    signed = await storage.sign_part("k", "u", {2: 5}, 900)
    assert signer_of(signed[2].url) == ("ASIASECOND", "token/2==")
