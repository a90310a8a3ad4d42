"""The API's document and its manual know every code of what is told, and each has a sentence."""

import json
import re

import pytest

from core.model.notes import SENTENCES, DoneCode, WarningCode
from embedded.bootstrap import ROOT


@pytest.mark.parametrize(("model", "codes"), [("DoneItem", DoneCode), ("WarningItem", WarningCode)])
def test_the_document_lists_them(model: str, codes: type[DoneCode | WarningCode]) -> None:
    document = json.loads((ROOT / "frontend/openapi.json").read_text())
    code = document["components"]["schemas"][model]["properties"]["code"]
    assert code["enum"] == [*codes]


def test_the_manual_lists_them() -> None:
    _, _, section = (ROOT / "docs/api.md").read_text().partition("### What was done, and warnings")
    section, _, _ = section.partition("\n### ")
    codes = re.findall(r"^\| `(\w+_?\w+)` \| [^|]+ \|$", section, re.MULTILINE)
    assert codes == [*DoneCode, *WarningCode]


def test_each_has_a_sentence() -> None:
    assert [*SENTENCES] == [*DoneCode, *WarningCode]
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())
