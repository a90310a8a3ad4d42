"""Signed URLs of CloudFront, and what they cost."""

import time
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import SecretStr

from backend.cloudfront import CloudFront, media_signer
from core.config import ConfigError
from tests.support.media import Key, new_key, pem_of, verified
from tests.support.settings import Settings

ADDRESS = "https://d111111abcdef8.cloudfront.net"
KEYS = {kind: new_key(kind) for kind in ("ec", "rsa")}


@pytest.fixture(params=["ec", "rsa"])
def key(request: pytest.FixtureRequest) -> Key:
    return KEYS[request.param]


async def test_cloudfront_takes_the_url(key: Key) -> None:
    signer = CloudFront(ADDRESS, "K1", pem_of(key))
    url = await signer.url("videos/1/720p.mp4", {}, 1_795_300_000)
    assert verified(url, key, "K1") == (f"{ADDRESS}/videos/1/720p.mp4", 1_795_300_000)


async def test_what_the_store_shall_say_is_a_part_of_what_is_signed(key: Key) -> None:
    signer = CloudFront(f"{ADDRESS}/media", "K1", pem_of(key))
    query = {"response-content-type": "video/mp4", "response-content-disposition": 'x; a="é &*"'}
    url = await signer.url("a b/ä.mp4", query, 1_795_300_000)
    assert verified(url, key, "K1")[0] == (
        f"{ADDRESS}/media/a%20b/%C3%A4.mp4"
        "?response-content-disposition=x%3B%20a%3D%22%C3%A9%20%26%2A%22"
        "&response-content-type=video%2Fmp4"
    )


@pytest.mark.parametrize(
    ("was", "becomes"), [("720p", "source"), ("Expires=1", "Expires=2"), ("video%2F", "text%2F")]
)
async def test_a_changed_url_is_refused(key: Key, was: str, becomes: str) -> None:
    signer = CloudFront(ADDRESS, "K1", pem_of(key))
    query = {"response-content-type": "video/mp4"}
    url = await signer.url("videos/1/720p.mp4", query, 1_795_300_000)
    assert was in url
    with pytest.raises(InvalidSignature):
        verified(url.replace(was, becomes), key, "K1")


@pytest.mark.parametrize(
    "pem",
    [
        "not-a-key-at-all",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(rsa.generate_private_key(65537, 1024)),
    ],
)
def test_a_key_that_cannot_be_used_is_told_in_a_sentence_without_it(pem: str) -> None:
    settings = Settings.model_construct(
        media_url=ADDRESS, cloudfront_key_id="K1", cloudfront_private_key=SecretStr(pem)
    )
    with pytest.raises(ConfigError, match=r"^CLOUDFRONT_PRIVATE_KEY: .*PEM|RSA") as refused:
        media_signer(settings)
    assert not any(line and line in str(refused.value) for line in pem.splitlines())


def test_without_the_settings_there_is_none() -> None:
    assert media_signer(Settings.model_construct()) is None


async def test_a_long_list_is_signed_in_a_moment(key: Key, figure: Any) -> None:
    signer = CloudFront(ADDRESS, "K1", pem_of(key))
    count = 300  # a hundred videos with two renditions and a poster
    began = time.process_time()
    for number in range(count):
        await signer.url(f"videos/{number}/720p.mp4", {}, 1_795_300_000)
    each_ms = (time.process_time() - began) / count * 1000
    kind = "RSA" if isinstance(key, rsa.RSAPrivateKey) else "ECDSA"
    figure(f"CPU time of a CloudFront URL, {kind}", f"{each_ms:.2f} ms")
    assert each_ms < 5, "far slower than any machine should be"
