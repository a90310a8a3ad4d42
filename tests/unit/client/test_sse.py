import pytest

from client.sse import COMMENT, ServerEvent, events_of, lines_of

STREAM = (
    ': hello\r\n\r\nevent: video\r\nid: 7\r\ndata: {"a":\r\ndata:  1}\r\n\r\n'
    "event: nothing\n\ndata: é\u2028x\n\n: keep-alive\n\nevent: video\rdata: last\r\rdata: cut off"
).encode()
EVENTS = [
    ServerEvent(COMMENT, "hello"),
    ServerEvent("video", '{"a":\n 1}', "7"),
    ServerEvent("message", "é\u2028x", "7"),
    ServerEvent(COMMENT, "keep-alive", "7"),
    ServerEvent("video", "last", "7"),
]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_events_do_not_depend_on_where_the_chunks_end(step: int) -> None:
    chunks = [STREAM[start : start + step] for start in range(0, len(STREAM), step)]
    assert list(events_of(lines_of(chunks))) == EVENTS
