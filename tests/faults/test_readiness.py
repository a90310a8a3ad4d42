"""`/readyz` tells the truth about every part, while it is away and when it is back."""

import random
from collections.abc import Callable

import httpx
import pytest

from tests.faults.misbehaviour import Answer, Cut, Fault, Hang
from tests.faults.play import Ground, play
from tests.faults.proxy import Proxy
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.suite import must_notice
from tests.faults.timing import SMALL, UNHURRIED
from tests.faults.world import World
from tests.support.components import restart


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    tally = Tally()
    upstream = world.stack.environment["AWS_ENDPOINT_URL"]
    with Proxy(upstream) as s3, Proxy(upstream) as sqs:
        await world.start_api(AWS_ENDPOINT_URL=sqs.url, AWS_ENDPOINT_URL_S3=s3.url)
        stack = world.stack

        def failing(proxy: Proxy, fault: Fault) -> Callable[[], object]:
            return lambda: proxy.set(fault)

        parts: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
            ("s3", failing(s3, Answer(503, "SlowDown")), s3.clear),
            ("s3", failing(s3, Hang()), s3.clear),
            ("sqs", failing(sqs, Cut()), sqs.clear),
            (
                "redis",
                lambda: stack.supervisor.stop(["valkey"]),
                lambda: restart(stack.supervisor, "valkey"),
            ),
            (
                "postgres",
                lambda: stack.supervisor.stop(["postgres"]),
                lambda: restart(stack.supervisor, "postgres"),
            ),
        ]
        for name, take_away, give_back in parts[:tries]:
            take_away()
            # What the parts said before is good for a moment yet.
            await world.holds(lambda: _is_unready(world), SMALL.margin_s)
            faults = _not_named(await world.http.get(world.url("/readyz")), name)
            alive = await world.http.get(world.url("/healthz"))
            if alive.status_code != 200:
                faults.append(f"not alive without {name}: {alive.status_code}")
            give_back()
            if not await world.holds(lambda: world.serves(world.apis[0]), SMALL.margin_s):
                faults.append(f"not ready again with {name} back")
            tally.add(faults)
    return tally.outcome()


async def _is_unready(world: World) -> bool:
    return (await world.http.get(world.url("/readyz"))).status_code != 200


def _not_named(answer: httpx.Response, name: str) -> list[str]:
    told = answer.json()
    expected = {"status": 503, "code": "dependency_unavailable"}
    if {key: told.get(key) for key in expected} != expected or "retry-after" not in answer.headers:
        return [f"without {name}: {answer.status_code} {answer.text}"]
    named = str(told["detail"]).removeprefix("Not answering: ").rstrip(".").split(", ")
    return [] if named == [name] else [f"without {name} it names {named}"]


SCENARIO = Scenario("readiness", "readiness is true", 5, 5, run)
ASKING = Protection("asking", "it is ready without asking", ("blind_readiness",), 1)


@pytest.mark.thorough("each part of the stack is taken away in turn")
def test_it_names_whatever_is_away(ground: Ground) -> None:
    outcome = play(ground, SCENARIO, tries=5, timing=UNHURRIED, seed=1)
    assert outcome.tried == 5
    assert outcome.held, "\n".join(outcome.notes)


@pytest.mark.thorough("plays it once more without what it is about")
def test_it_is_noticed_when_nobody_is_asked(ground: Ground) -> None:
    must_notice(ground, SCENARIO, ASKING)
