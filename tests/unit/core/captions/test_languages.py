"""Languages are given as BCP 47 writes them."""

import pytest

from core.captions.languages import tag_of


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        ("de", "de"), ("EN", "en"), ("pt-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"), ("sl-rozaj-biske", "sl-rozaj-biske"), ("de-1996", "de-1996"),
        ("und", "und"), ("en-x-us", "en-x-us"), ("en-u-ca-GREGORY", "en-u-ca-gregory"),
    ],
)  # fmt: skip
def test_tags(given: str, tag: str) -> None:
    assert tag_of(given) == tag


@pytest.mark.parametrize(
    "given",
    [
        "",
        "d",
        "german!",
        "de_DE",
        "de-",
        "-de",
        "de--DE",
        "x",
        "a" * 9,
        "de\n",
        "дe",
        '"',
        "en-" * 20,
    ],
)
def test_what_is_none(given: str) -> None:
    assert tag_of(given) is None
