"""What a film asks for is counted whole, once, and under the right name."""

import json
import pathlib
import uuid

import pytest

from bench.counting import routes, statements
from bench.counting.logs import GrowingLog
from bench.counting.proxy import counted
from bench.counting.statements import Entry
from bench.counting.tally import (
    EMPTY_RECEIVE,
    Counts,
    Key,
    difference,
    figures,
    is_write,
    s3_requests,
    without_idle,
)
from bench.errors import MeasureError

SELECT = "SELECT videos.id FROM videos WHERE videos.user_id = $1::UUID"
UPDATE = "UPDATE tasks SET state=$1::VARCHAR WHERE tasks.id = $2::UUID"


def line(text: str, *, session: int = 7, port: int = 40000, database: str = "framemill") -> str:
    return f"@{session};127.0.0.1({port});{database}@ LOG:  {text}"


def count(*texts: str, session: int = 7, inside: set[int] | None = None) -> Counts:
    found = [Entry(session, 40000, text) for text in texts]
    return statements.count(found, lambda _port: "api", set() if inside is None else inside)


# Statements


def test_simple_and_prepared_statements_are_read_with_session_and_port() -> None:
    read = statements.entries(
        [
            line("statement: BEGIN ISOLATION LEVEL READ COMMITTED;", session=1),
            line(f"execute __asyncpg_stmt_12__: {SELECT}", session=2, port=50000),
        ],
        "framemill",
    )
    assert read == [
        Entry(1, 40000, "BEGIN ISOLATION LEVEL READ COMMITTED"),
        Entry(2, 50000, SELECT),
    ]


def test_a_statement_over_several_lines_is_one() -> None:
    lines = [
        line("statement: SELECT 1"), "\t  FROM videos", "\tWHERE true;", line("statement: SELECT 2")
    ]  # fmt: skip
    assert [entry.text for entry in statements.entries(lines, "framemill")] == [
        "SELECT 1 FROM videos WHERE true",
        "SELECT 2",
    ]


def test_other_databases_other_entries_and_details_are_left_out() -> None:
    lines = [
        line("statement: SELECT 1", database="postgres"),
        line("connection received: host=127.0.0.1"),
        line("statement: SELECT 1").replace("LOG:", "DETAIL:"),
        "LOG:  checkpoint starting: time",
    ]
    assert statements.entries(lines, "framemill") == []


@pytest.mark.parametrize(
    "text",
    [
        UPDATE,
        "INSERT INTO videos (id) VALUES ($1::UUID)",
        "delete from sessions",
        "WITH due AS (SELECT id FROM tasks FOR UPDATE) UPDATE tasks SET state=$1",
        "WITH gone AS (DELETE FROM purges RETURNING id) SELECT id FROM gone",
    ],
)
def test_what_changes_rows_is_a_write(text: str) -> None:
    assert is_write(text)


@pytest.mark.parametrize(
    "text",
    [
        SELECT,
        "SELECT users.priority FROM users WHERE users.id = $1::UUID FOR UPDATE",
        "WITH live AS (SELECT id FROM videos FOR UPDATE SKIP LOCKED) SELECT count(*) FROM live",
        "",
    ],
)
def test_what_only_reads_or_locks_is_none(text: str) -> None:
    assert not is_write(text)


def test_a_transaction_is_counted_once_and_its_frame_is_no_statement() -> None:
    counts = count("BEGIN", SELECT, UPDATE, "COMMIT")
    assert counts[Key("transaction", "api", "COMMIT")] == 1
    assert sum(number for key, number in counts.items() if key.part == "transaction") == 1
    assert sum(number for key, number in counts.items() if key.part == "postgres") == 2


def test_a_statement_outside_is_a_transaction_of_its_own() -> None:
    counts = count(SELECT, "BEGIN", SELECT, "ROLLBACK", SELECT)
    assert counts[Key("transaction", "api", "of one statement")] == 2
    assert counts[Key("transaction", "api", "ROLLBACK")] == 1


def test_sessions_do_not_share_a_transaction_and_it_outlives_a_look() -> None:
    inside: set[int] = set()
    count("BEGIN", session=1, inside=inside)
    assert count(SELECT, session=2, inside=inside)[Key("transaction", "api", "of one statement")]
    again = count(SELECT, session=1, inside=inside)
    assert not again[Key("transaction", "api", "of one statement")]


def test_a_savepoint_ends_no_transaction() -> None:
    counts = count("BEGIN", "SAVEPOINT a", "ROLLBACK TO SAVEPOINT a", "RELEASE a", "COMMIT")
    assert counts == {Key("transaction", "api", "COMMIT"): 1}


@pytest.mark.parametrize(
    "text", ["select pg_catalog.version()", "show standard_conforming_strings", "SHOW x"]
)
def test_what_opens_a_connection_is_counted_apart(text: str) -> None:
    assert count(text) == {Key("opening", "api", "statement"): 1}


def test_each_statement_belongs_to_the_process_that_has_its_port() -> None:
    found = [Entry(1, 50000, SELECT), Entry(2, 60000, UPDATE)]
    counts = statements.count(found, {50000: "api", 60000: "worker"}.__getitem__, set())
    by = figures(counts)["postgres"]["by"]
    assert by == {
        "api": {"statements": 1, "writes": 0},
        "worker": {"statements": 1, "writes": 1},
    }


# S3 and SQS


def test_bytes_are_those_of_bodies_in_both_directions() -> None:
    counts = counted("UploadPart", "browser", of_sqs=False, sent=800, answered=0)
    counts += counted("GetObject", "worker", of_sqs=False, sent=0, answered=500)
    counts += counted("HeadObject", "worker", of_sqs=False, sent=0, answered=500)
    assert figures(counts)["s3_bytes"] == {"sent": 800, "received": 500}


def test_a_receive_counts_a_message_only_when_there_is_one() -> None:
    full = counted("ReceiveMessage", "worker", of_sqs=True, sent=90, answered=400)
    empty = counted("ReceiveMessage", "worker", of_sqs=True, sent=90, answered=2)
    assert figures(full)["sqs"] == {"requests": 1, "messages": 1}
    assert figures(empty)["sqs"] == {"requests": 1, "messages": 0}
    assert empty[Key("sqs", "worker", EMPTY_RECEIVE)] == 1


def test_requests_to_s3_have_the_names_that_are_billed() -> None:
    kinds = ("ListParts", "ListObjectsV2", "GetObject", "PutObject", "UploadPart", "HeadObject")
    counts = Counts(Key("s3", "api", kind) for kind in kinds)
    counts[Key("s3", "worker", "GetObject")] += 2
    expected = {"GET": 3, "HEAD": 1, "LIST": 2, "PUT": 1, "UploadPart": 1}
    assert s3_requests(counts) == expected


# Differences


def test_the_difference_is_what_was_added() -> None:
    a, b, c = (Key("redis", "", name) for name in ("get", "set", "publish"))
    assert difference(Counts({a: 5, b: 2, c: 1}), Counts({a: 3, b: 2})) == {a: 2, c: 1}


def test_a_count_that_falls_is_no_count() -> None:
    get = Key("redis", "", "get")
    with pytest.raises(MeasureError, match="has fallen"):
        difference(Counts({get: 1}), Counts({get: 2}))


def test_only_an_empty_long_poll_is_idle() -> None:
    idle = Key("sqs", "worker", EMPTY_RECEIVE)
    other = Key("sqs", "worker", "ReceiveMessage")
    assert without_idle(Counts({idle: 3, other: 1})) == {other: 1}


# The API


def test_routes_have_no_ids_and_other_lines_are_left_out() -> None:
    video = uuid.uuid4()
    request = {"event": "request", "method": "GET", "path": f"/v1/videos/{video}/events"}
    lines = [json.dumps(request)] * 2 + ["no json", "[1]", json.dumps({"event": "other"})]
    assert routes.count(lines) == {Key("api", "browser", "GET /v1/videos/{id}/events"): 2}


def test_a_line_is_given_once_and_only_when_it_is_whole(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    log = GrowingLog(path)
    with path.open("a") as file:
        file.write("one\ntw")
        file.flush()
        assert log.lines() == ["one"]
        file.write("o\n")
        file.flush()
        assert log.lines() == ["two"]
    assert log.lines() == []
