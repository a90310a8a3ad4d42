"""The OpenAPI document is true: of whatever it allows to be asked, and of what it does not.

schemathesis makes requests from the document and holds the answers against it. Each route is asked
the same requests in every run; in `make prove` many more, others for each seed.
"""

import asyncio
import contextlib
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.app import Api, StartApi, served
from tests.support.lanes import Rounds
from tests.support.people import PASSWORD, Person, new_admin
from tests.support.uploading import begin, uploaded
from tests.support.work import claim_of, job_of, publish

pytestmark = pytest.mark.thorough("hundreds of requests made from the document")

# Of schemathesis; generic over types that tell nothing here.
Case: TypeAlias = Any
Operation: TypeAlias = Any
CHECKS: list[Any] = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance, negative_data_rejection,
]  # fmt: skip
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_FEW = 12
# Never at an end; how they begin is looked at, and what comes then in events/.
STREAMS = {"/v1/events", "/v1/videos/{video_id}/events"}
# They would end the session that all is asked with.
ENDS_IT = {("DELETE", "/v1/auth/sessions"), ("POST", "/v1/me/delete")}


@dataclass
class Names:
    """What there is to be asked for, by the names of path parameters; each is used in turn."""

    found: dict[str, list[Any]]
    used: Counter[str] = field(default_factory=Counter)

    def put_into(self, case: Case) -> None:
        """Name something that is there, four times of five: what is made up is hardly ever."""
        for values in (case.path_parameters, case.body):
            for name in values if isinstance(values, dict) else ():
                self.used[name] += 1
                known = self.found.get(name, [])
                if known and self.used[name] % 5:
                    values[name] = known[self.used[name] % len(known)]


async def _names(api: Api, person: Person) -> Names:
    db, storage = api.services.db, api.services.storage
    found: dict[str, list[Any]] = {name: [] for name in ("upload_id", "video_id", "job_id")}
    for number in range(4):
        found["upload_id"].append((await begin(person))["id"])
        video_id = uuid.UUID((await uploaded(person))["id"])
        if number % 2:
            await publish(db, storage, await claim_of(db, video_id), "720p", "480p")
        found["video_id"].append(str(video_id))
        found["job_id"].append(str((await job_of(db, video_id)).id))
    known: dict[str, list[Any]] = {
        "name": ["source", "720p", "1080p"],
        "filename": ["film.mp4", "film.exe"],
        "size": [1, 10**9],
        "email": [person.email],
        "invite_id": [(await person.http.post("/v1/admin/invites")).json()["id"] for _ in range(4)],
        "password": [PASSWORD],
    }
    return Names(found | known)


def _ask(case: Case, address: str, token: str) -> tuple[Response | None, int]:
    """Send a case; of a stream that begins only the status is returned."""
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
    arguments = case.as_transport_kwargs(base_url=address)
    with requests.Session() as session:
        session.trust_env = False
        with session.request(**arguments, stream=True, allow_redirects=False, timeout=30) as answer:
            if case.path in STREAMS and answer.status_code == 200:
                assert answer.headers["content-type"].startswith("text/event-stream")
                return None, 200
            answer.content  # noqa: B018 - reads it
            return Response.from_requests(answer, verify=False), answer.status_code


@dataclass
class Findings:
    """What was asked, and what was wrong with it."""

    asked: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)


@dataclass
class Asker:
    """Asks one running API, and keeps what was wrong."""

    address: str
    token: str
    names: Names
    examples: int
    seed: int | None
    findings: Findings = field(default_factory=Findings)

    def ask_all(self, operation: Operation, mode: GenerationMode) -> None:
        """Ask the requests of a mode that are made for a route."""

        @hypothesis.settings(
            max_examples=self.examples, derandomize=self.seed is None, database=None, deadline=None,
            phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case) -> None:
            if mode is GenerationMode.POSITIVE:
                self.names.put_into(case)
            self._ask_one(case)

        if self.seed is not None:
            ask = hypothesis.seed(self.seed)(ask)
        # A route that takes nothing cannot be asked wrongly.
        with contextlib.suppress(hypothesis.errors.Unsatisfiable):
            ask()

    def _ask_one(self, case: Case) -> None:
        answer, status = _ask(case, self.address, self.token)
        label = f"{case.method.upper()} {case.path}"
        self.findings.asked[label] += 1
        self.findings.statuses[status] += 1
        if answer is None:
            return
        passed_over = {
            # Too large a body is refused before anybody looks at what is wrong in it.
            413: negative_data_rejection,
            # A format that is not offered: oEmbed wants this answer.
            501: not_a_server_error,
        }.get(answer.status_code)
        checks = [each for each in CHECKS if each is not passed_over]
        try:
            case.validate_response(answer, checks=checks)
        except FailureGroup as group:
            for each in group.exceptions:
                told = f"{case.as_curl_command()[:600]}\n{str(each)[:600]}\n{answer.text[:300]}"
                self.findings.wrong.setdefault(f"{label}: {type(each).__name__}", told)


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    loaded: Any = schemathesis.openapi.from_dict(document)
    found = [each.ok() for each in loaded.get_all_operations()]
    # What takes things away comes last, else there would soon be nothing to ask for.
    for operation in sorted(found, key=lambda each: each.method.upper() == "DELETE"):
        if (operation.method.upper(), operation.path) not in ENDS_IT:
            yield operation


async def test_the_api_is_as_its_document_says(
    start_api: StartApi, figure: Callable[[str, object], None], rounds: Rounds, seed: int
) -> None:
    api = await start_api(
        **{f"rate_limit_{name}": 1_000_000 for name in ("account", "pair", "uploads")},
        user_quota_active=0,
    )
    person = await new_admin(api)
    document = api.app.openapi()

    async with served(api) as address:
        asker = Asker(
            address, person.token, await _names(api, person),
            examples=(examples := rounds(test=4, rest=12, prove=200)),
            seed=seed if examples > _FEW else None,
        )  # fmt: skip

        def ask_everything() -> None:
            for operation in _operations(document):
                for mode in MODES:
                    asker.ask_all(operation, mode)

        await asyncio.to_thread(ask_everything)
    findings = asker.findings
    figure(
        "requests made from the document",
        f"{findings.asked.total()} to {len(findings.asked)} routes, "
        f"{len(findings.wrong)} findings, {dict(sorted(findings.statuses.items()))}",
    )
    assert not findings.wrong, "\n\n".join(f"{k}\n{v}" for k, v in findings.wrong.items())
    assert {200, 201, 202, 204, 307, 404, 422} <= set(findings.statuses)
    assert len(findings.asked) == sum(map(len, document["paths"].values())) - len(ENDS_IT)
