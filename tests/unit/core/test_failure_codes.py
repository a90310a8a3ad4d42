"""The API's document, its manual and the page know every failure code, and no other."""

import json
import re

from core.model.failure_codes import OURS, FailureCode
from embedded.bootstrap import ROOT


def test_the_document_lists_them() -> None:
    document = json.loads((ROOT / "frontend/openapi.json").read_text())
    code = document["components"]["schemas"]["FailureItem"]["properties"]["code"]
    assert code["enum"] == [*FailureCode]


def test_the_manual_lists_them() -> None:
    _, _, section = (ROOT / "docs/api.md").read_text().partition("### When a video fails")
    rows = re.findall(r"^\| (?:the source|Framemill) \|(.*)\|$", section, re.MULTILINE)
    sources, ours = (re.findall(r"`(\w+_\w+)`", row) for row in rows)
    assert sorted(ours) == sorted(OURS)
    assert sorted(sources + ours) == sorted(FailureCode)


def test_the_page_has_words_for_them() -> None:
    texts = (ROOT / "frontend/src/app/texts/failures.ts").read_text()
    _, _, section = texts.partition("\n  failures: {\n")
    section, _, _ = section.partition("\n  } ")
    assert sorted(re.findall(r"^    (\w+): \{$", section, re.MULTILINE)) == sorted(FailureCode)
