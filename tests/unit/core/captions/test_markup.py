"""Of the markup of a caption only bold, italic and underlined stay, whatever it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.captions.markup import clean


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["plain"], "plain"),
        (["<b>a</b> <I>b</I> <u>c</u>"], "<b>a</b> <i>b</i> <u>c</u>"),
        (["<b>a"], "<b>a</b>"),
        (["a</b>"], "a"),
        (["<b>a<i>b</b>c</i>"], "<b>a<i>b</i></b><i>c</i>"),
        (["<b><b>a</b></b>"], "<b>a</b>"),
        (["<v.loud Anna>Hi</v> <c.red>you</c> <00:01.000>there"], "Hi you there"),
        (["<lang de>Ja</lang> <ruby>a<rt>b</rt></ruby>"], "Ja ab"),
        (['<font color="red">a</font>{\\an8}'], "a"),
        (["<script>alert(1)</script>"], "&lt;script&gt;alert(1)&lt;/script&gt;"),
        (["<img src=x onerror=alert(1)>"], "&lt;img src=x onerror=alert(1)&gt;"),
        (['<b onclick="x()">a</b>'], "<b>a</b>"),
        (["a < b & c > d"], "a &lt; b &amp; c &gt; d"),
        (["&lt;b&gt; &amp;lt; &nbsp;&quot;"], '&lt;b&gt; &amp;lt; \u00a0"'),
        (["a --> b"], "a --&gt; b"),
        (["one", "  ", "two\x00\x1b[0m\tthree"], "one\ntwo[0m three"),
        (["<b> </b>", ""], ""),
    ],
)
def test_what_stays(lines: list[str], text: str) -> None:
    assert clean(lines) == text


_PIECES = st.lists(
    st.sampled_from(
        ["<", ">", "/", "b", "i", "u", "<b>", "</b>", "<i>", "</i>", "</u>", "<u", "&", "&lt;",
         "&gt;", "amp;", "-->", "<c.x>", "script", "\n", " ", "{\\", "}", "\x00", "é"]
    ),
    max_size=25,
)  # fmt: skip


@given(_PIECES)
def test_nothing_else_ever_comes_out(pieces: list[str]) -> None:
    out = clean("".join(pieces).split("\n"))
    opened: list[str] = []
    for tag in re.finditer(r"<[^<>]*>", out):
        assert tag[0] in ("<b>", "</b>", "<i>", "</i>", "<u>", "</u>")
        if tag[0][1] == "/":
            assert opened.pop() == tag[0][2]
        else:
            opened.append(tag[0][1])
    assert opened == []
    bare = re.sub(r"</?[biu]>", "", out)
    assert not set(bare) & set("<>\x00")
    assert re.sub(r"&(amp|lt|gt);", "", bare).count("&") == 0
    assert "" not in out.split("\n")[1:]
    # What is clean stays as it is.
    assert clean(out.split("\n")) == out
