"""`python -m tests.audit`: look the locked packages up among known vulnerabilities.

pip-audit asks OSV about the lists in requirements/ that ship, npm its registry about the page's. A
finding fails unless requirements/audit.toml excuses it for a while. Where nobody can be asked, this
says so and by which answer, and passes; `AUDIT=required` makes that a failure too.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from embedded import node
from embedded.bootstrap import ROOT
from embedded.errors import StackError

# What runs where Framemill does; dev and localstack are of the checks only.
SHIPPED = (
    "bootstrap", "runtime", "backend", "worker", "embedded", "ffmpeg", "emulator", "node",
)  # fmt: skip
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_FIELDS = {"id", "package", "until", "reason"}
_PATIENCE_S = 120


@dataclass(frozen=True)
class Finding:
    """A known vulnerability of a package; `names` are all ids that it goes by."""

    package: str
    version: str
    names: frozenset[str]
    title: str


@dataclass(frozen=True)
class Exemption:
    """A finding that is let pass before `until`."""

    id: str
    package: str
    until: date
    reason: str


class NotAuditedError(Exception):
    """Nobody could be asked; the message is the answer that was given instead."""


def shipped(folder: Path) -> list[dict[str, str]]:
    """Return names and versions of what is locked, in as many lists as a name has versions."""
    lists: list[dict[str, str]] = []
    for name in SHIPPED:
        text = (folder / f"{name}.txt").read_text(encoding="utf-8")
        for package, version in _LOCKED.findall(text):
            if any(known.get(package) == version for known in lists):
                continue
            free = next((known for known in lists if package not in known), None)
            if free is None:
                lists.append(free := {})
            free[package] = version
    return lists


def audit_python(folder: Path) -> list[Finding]:
    """Return what is known of the packages in the lists of a folder.

    Raises:
        NotAuditedError: OSV, or what `AUDIT_OSV_URL` names instead, gave no answer.
    """
    program = Path(sys.executable).with_name("pip-audit")
    command = [
        str(program), "--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off",
        "--vulnerability-service", "osv", "--timeout", "10",
    ]  # fmt: skip
    if url := os.environ.get("AUDIT_OSV_URL"):
        command += ["--osv-url", url]
    findings = []
    for packages in shipped(folder):  # pip-audit takes a name once only
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.writelines(f"{name}=={version}\n" for name, version in packages.items())
            file.flush()
            findings += read_python(_json_of([*command, "--requirement", file.name], folder))
    return findings


def read_python(answer: Any) -> list[Finding]:
    """Read pip-audit's report.

    Raises:
        NotAuditedError: it skipped a package.
    """
    skipped = [each["skip_reason"] for each in answer["dependencies"] if "skip_reason" in each]
    if skipped:
        raise NotAuditedError(skipped[0])
    return [
        Finding(
            each["name"],
            each["version"],
            frozenset({found["id"], *found["aliases"]}),
            found["description"].partition("\n")[0][:100],
        )
        for each in answer["dependencies"]
        for found in each["vulns"]
    ]


def audit_page(folder: Path) -> list[Finding]:
    """Return what is known of the packages of `package-lock.json` in a folder.

    Raises:
        NotAuditedError: the registry gave no answer.
    """
    found = node.find_node()
    return read_page(
        _json_of([*found.npm, "audit", "--json", "--fetch-retries=0"], folder, found.environment)
    )


def read_page(answer: Any) -> list[Finding]:
    """Read the report of `npm audit`.

    Raises:
        NotAuditedError: it is none.
    """
    if "vulnerabilities" not in answer:
        raise NotAuditedError(str(answer.get("message") or answer.get("error")))
    return [
        Finding(name, each["range"], frozenset({via["url"].rpartition("/")[2]}), via["title"][:100])
        for name, each in sorted(answer["vulnerabilities"].items())
        for via in each["via"]
        if isinstance(via, dict)  # a name leads to the package that is at fault itself
    ]


def _json_of(
    command: Sequence[str], folder: Path, environment: dict[str, str] | None = None
) -> Any:
    """Return what a program reports; both end with 1 for findings and for no answer alike."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | (environment or {}), capture_output=True,
            text=True, timeout=_PATIENCE_S, check=False,
        )  # fmt: skip
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise NotAuditedError(f"no answer within {_PATIENCE_S} s") from None
    except OSError as error:
        raise NotAuditedError(f"{command[0]}: {error.strerror}") from None
    except ValueError:
        lines = done.stderr.strip().splitlines()
        raise NotAuditedError(lines[-1] if lines else f"exit status {done.returncode}") from None


def read_exemptions(path: Path) -> list[Exemption]:
    """Read the excused findings.

    Raises:
        StackError: one lacks a field, or has another.
    """
    found = tomllib.loads(path.read_text(encoding="utf-8")).get("exception", [])
    for each in found:
        if set(each) != _FIELDS or type(each["until"]) is not date or not each["reason"].strip():
            raise StackError(f"{path}: an exception has id, package, until (a date) and reason.")
    return [Exemption(**each) for each in found]


def excuses(exemption: Exemption, finding: Finding, today: date) -> bool:
    """Tell whether a finding is let pass today."""
    return (
        exemption.package == finding.package
        and exemption.id in finding.names
        and today < exemption.until
    )


def main(folder: Path = ROOT) -> int:
    """Audit both and tell what came of it; return the exit status."""
    required = os.environ.get("AUDIT") == "required"
    today, lists = datetime.now(UTC).date(), folder / "requirements"
    try:
        exemptions = read_exemptions(lists / "audit.toml")
    except (StackError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with ThreadPoolExecutor() as pool:
        audits = {
            "Python packages": pool.submit(audit_python, lists),
            "The page's packages": pool.submit(audit_page, folder / "frontend"),
        }
    failed = False
    for what, audit in audits.items():
        try:
            findings = audit.result()
        except (NotAuditedError, StackError) as error:
            sys.stderr.write(f"{what} were NOT AUDITED: {error}\n")
            failed |= required
            continue
        left = [
            finding
            for finding in findings
            if not any(excuses(each, finding, today) for each in exemptions)
        ]
        excused = len(findings) - len(left)
        print(f"{what} were audited: {len(left)} findings, {excused} excused.")
        for finding in left:
            names = " ".join(sorted(finding.names))
            print(f"  {finding.package} {finding.version}: {names}: {finding.title}")
        failed |= bool(left)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
