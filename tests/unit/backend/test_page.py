"""What the page may reach, and what its files are called."""

import mimetypes
from pathlib import Path
from typing import Any

import pytest

from backend.page import files
from backend.page.policy import guards
from tests.support.settings import Settings


@pytest.mark.parametrize(
    ("settings", "store"),
    [
        ({"aws_endpoint_url": "http://127.0.0.1:4566"}, "http://127.0.0.1:4566"),
        (
            {
                "aws_endpoint_url": "http://emulator:4566",
                "s3_public_endpoint_url": "https://films.example:8443/store/",
            },
            "https://films.example:8443",
        ),
        (
            {"s3_bucket": "reels", "aws_region": "eu-west-1"},
            "https://reels.s3.eu-west-1.amazonaws.com",
        ),
    ],
)
def test_the_policy_names_the_store(settings: dict[str, Any], store: str) -> None:
    policy = guards(Settings.model_construct(**settings))["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src 'self' data: blob: {store}; media-src 'self' blob: {store}; "
        f"connect-src 'self' {store}; font-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_the_policy_names_cloudfront_for_films_and_the_store_for_uploads() -> None:
    settings = Settings.model_construct(
        s3_bucket="reels", aws_region="eu-west-1", media_url="https://films.example/media"
    )
    store = "https://reels.s3.eu-west-1.amazonaws.com"
    policy = guards(settings)["Content-Security-Policy"].split("; ")
    assert "img-src 'self' data: blob: https://films.example" in policy
    assert "media-src 'self' blob: https://films.example" in policy
    assert f"connect-src 'self' {store} https://films.example" in policy


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.js", "text/javascript"),
        ("a.woff2", "font/woff2"),
        ("a.webp", "image/webp"),
        ("a.unheard-of", "application/octet-stream"),
    ],
)
def test_a_file_has_its_type_on_a_system_that_knows_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.setattr(mimetypes, "guess_type", lambda _: (None, None))
    (tmp_path / name).touch()
    found = files.find(tmp_path, name, ())
    assert found is not None
    assert found.media_type == kind
