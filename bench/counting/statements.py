"""Statements out of the log of a Postgres server that logs all of them. Pure.

A server that is set by `SETTINGS` begins each entry with the process that served it and the
client's port; whatever follows on lines of its own belongs to the same statement.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.counting.tally import Counts, Key

# Of the server, by the superuser; `%q` leaves the prefix out for what is no session.
SETTINGS = {
    "log_statement": "all",
    "log_line_prefix": "%q@%p;%r;%d@ ",
    "log_parameter_max_length": "0",  # what was bound is not looked at, and may be long
}

_ENTRY = re.compile(r"@(\d+);[^;(]*\((\d+)\);([^@]*)@ (\w+):  (.*)", re.DOTALL)
_STATEMENT = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)
_BEGIN = re.compile(r"(BEGIN|START TRANSACTION)\b", re.IGNORECASE)
_END = re.compile(r"(COMMIT|ROLLBACK|END|ABORT)\b", re.IGNORECASE)
_SAVEPOINT = re.compile(r"(SAVEPOINT|RELEASE|ROLLBACK TO)\b", re.IGNORECASE)
# What a driver asks when a connection is opened: as often as there are connections.
_OPENING = re.compile(
    r"pg_catalog\.version\(\)|standard_conforming_strings|current_schema\(\)|\bpg_type\b"
    r"|\btypeinfo|^(SET|RESET|SHOW)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Entry:
    """A statement that was executed.

    Attributes:
        session: process of the server.
        port: the client's.
        text: in one line.
    """

    session: int
    port: int
    text: str


def entries(lines: Iterable[str], database: str) -> list[Entry]:
    """Return the statements on a database, in their order."""
    joined: list[str] = []
    for line in lines:
        if line.startswith("\t") and joined:  # the server indents what goes on
            joined[-1] += "\n" + line
        else:
            joined.append(line)
    found = []
    for line in joined:
        entry = _ENTRY.match(line)
        if entry is None or entry[3] != database or entry[4] != "LOG":
            continue
        statement = _STATEMENT.match(entry[5])
        if statement is not None:
            text = " ".join(statement[1].split()).rstrip(";")
            found.append(Entry(int(entry[1]), int(entry[2]), text))
    return found


def count(found: Iterable[Entry], who: Callable[[int], str], inside: set[int]) -> Counts:
    """Count statements and transactions.

    BEGIN, COMMIT and their like are no statements here. A statement outside of BEGIN and COMMIT is
    a transaction of its own. What a driver asks when it opens a connection is counted apart, as
    `opening`.

    Args:
        found: in their order.
        who: names the process that has a port.
        inside: the sessions that are inside of BEGIN and COMMIT; is changed.
    """
    counts = Counts()
    for entry in found:
        name = who(entry.port)
        if _BEGIN.match(entry.text):
            inside.add(entry.session)
        elif _SAVEPOINT.match(entry.text):
            continue
        elif _END.match(entry.text):
            inside.discard(entry.session)
            counts[Key("transaction", name, entry.text.split()[0].upper())] += 1
        elif _OPENING.search(entry.text):
            counts[Key("opening", name, "statement")] += 1
        else:
            counts[Key("postgres", name, entry.text)] += 1
            if entry.session not in inside:
                counts[Key("transaction", name, "of one statement")] += 1
    return counts
