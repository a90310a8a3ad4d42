"""A state machine over the product: any of its actions at any moment of any other.

Hypothesis chooses what begins and who takes the next step. After every step the tables are looked
at as a whole. At the end everybody goes on to the end, and then whatever waits must be claimable,
task after task, whoever owns it.
"""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import insert, select

from control import rounds
from core import setbacks
from core.adapters.postgres import Database
from core.errors import DatabaseAway
from core.model.tables import Setback, Task, Upload, User
from core.tasks.claim import Work
from tests.machine.actions import REFUSALS, Mill
from tests.machine.paced import Actor, PacedDatabase, PacedStorage
from tests.machine.truth import RULES, SETTLED, TOLD, broken
from tests.support.settings import Settings
from tests.support.tables import empty_tables

_AT_ONCE = 4
_LATEST = 8  # attempts that are heard of again, most of them of workers that are at work
_MOST_TASKS = 1000
_PATIENCE_S = 30.0
_PICK = st.integers(min_value=0, max_value=10_000)


class Ground:
    """An event loop and a database that all examples of a run share; counts their steps."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.loop = asyncio.new_event_loop()
        # Somebody who has a lock may not be given a step for long.
        self.db = Database(settings.database_url.get_secret_value(), 20, lock_s=60)
        # Nothing here gives a round a reason to leave a row out, or to end early.
        self.ear = Ear()
        self._logs = {module: vars(module)["_log"] for module in (rounds, setbacks)}
        for module in self._logs:
            vars(module)["_log"] = self.ear
        self.steps = 0

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something on the loop."""
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        """Close the connections and the loop, and let others hear again."""
        for module, plain in self._logs.items():
            vars(module)["_log"] = plain
        self.run(self.db.close())
        self.loop.close()


class Ear:
    """Hears what rounds say of rows that they could not handle."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def warning(self, event: str, **values: object) -> None:
        """Take a line of the log."""
        self.heard.append(f"{event}: {values}")

    error = warning


class MillMachine(RuleBasedStateMachine):
    """See the module; `ground` is set on a subclass."""

    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self._actors: list[Actor] = []
        self._claims: list[Work] = []
        self._history: list[str] = []
        self._users = [uuid.uuid4(), uuid.uuid4()]
        ground = self.ground
        self._mill = Mill(PacedDatabase(ground.db), ground.db, PacedStorage(), ground.settings)
        ground.run(self._prepare())

    async def _prepare(self) -> None:
        await empty_tables(self.ground.db)
        async with self.ground.db.begin() as tx:
            for user_id in self._users:
                await tx.execute(
                    insert(User).values(
                        id=user_id, email=f"{user_id}@example.com", password_hash="-"
                    )
                )
        # Something to begin with: of the first user a film in each state that it can rest in, and
        # one of the second user that waits.
        owner, stranger = self._users
        await self._arrive(owner)
        begun: list[Work] = []
        await self._mill.claim(begun)
        await self._mill.fail(begun.pop())
        await self._arrive(owner)
        await self._work_off()
        await self._mill.begin_upload(owner)
        await self._arrive(stranger)

    async def _work_off(self) -> None:
        """Do every task that can be had, whoever owns it, one after the other."""
        begun: list[Work] = []
        for _ in range(_MOST_TASKS):
            if not begun:
                await self._mill.claim(begun)
            if not begun:
                return
            self._claims.append(begun.pop())
            await self._mill.succeed(self._claims[-1], begun)
        raise AssertionError(self._told(["there is always something to claim"]))

    async def _arrive(self, user_id: uuid.UUID) -> None:
        known = {*await self._mill.ids(Upload)}
        await self._mill.begin_upload(user_id)
        [upload_id] = {*await self._mill.ids(Upload)} - known
        await self._mill.complete(upload_id)

    # Who goes on

    def _has_room(self) -> bool:
        return len(self._actors) < _AT_ONCE

    def _can_step(self) -> bool:
        return any(actor.standing for actor in self._actors)

    @precondition(_can_step)
    @rule(pick=_PICK)
    def one_goes_on(self, pick: int) -> None:
        """Have somebody take a step."""
        standing = [actor for actor in self._actors if actor.standing]
        self.ground.run(self._step(standing[pick % len(standing)]))

    @precondition(_can_step)
    @rule(pick=_PICK, count=st.integers(min_value=2, max_value=12))
    def one_goes_far(self, pick: int, count: int) -> None:
        """Have somebody take several steps, which ends most of what is short."""
        standing = [actor for actor in self._actors if actor.standing]
        actor = standing[pick % len(standing)]
        for _ in range(count):
            if actor.standing:
                self.ground.run(self._step(actor))

    async def _step(self, actor: Actor) -> None:
        self._history.append(f"{actor.name} takes step {actor.steps + 1}")
        self.ground.steps += 1
        await actor.step(self.ground.db)
        await asyncio.sleep(0)
        self._see_who_ended()
        found = [*await broken(self.ground.db), *self.ground.ear.heard]
        assert not found, self._told(found)

    def _see_who_ended(self) -> None:
        for actor in [each for each in self._actors if each.ended]:
            self._actors.remove(actor)
            error = actor.outcome()
            # A deadlock, too, shows as a database that is away.
            expected = isinstance(error, REFUSALS) and not isinstance(error, DatabaseAway)
            if error is not None and not expected:
                raise AssertionError(self._told([f"{actor.name}: {error!r}"])) from error
            self._history.append(f"{actor.name} ended{f' with {error!r}' if error else ''}")

    def _told(self, faults: list[str]) -> str:
        told = f"{faults} after {self.ground.steps} steps, {len(self._history)} in this example:"
        return "\n  ".join([told, *self._history])

    # What begins

    def _begin(self, name: str, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        async def start() -> None:
            self._actors.append(Actor(f"{name} #{len(self._history)}", work))
            await asyncio.sleep(0)

        self._history.append(f"{name} begins")
        self.ground.run(start())

    def _on_video(self, name: str, pick: int) -> None:
        owners = self.ground.run(self._mill.owners())
        if owners:
            video_id = sorted(owners)[pick % len(owners)]
            act, owner = getattr(self._mill, name), owners[video_id]
            self._begin(f"{name} {str(video_id)[-4:]}", lambda: act(owner, video_id))

    def _on_upload(self, name: str, pick: int) -> None:
        found = self.ground.run(self._mill.ids(Upload))
        if found:
            upload_id, act = found[pick % len(found)], getattr(self._mill, name)
            self._begin(f"{name} upload {str(upload_id)[-4:]}", lambda: act(upload_id))

    @precondition(_has_room)
    @rule(pick=_PICK, name=st.sampled_from(["rename", "cancel", "retry", "new_job", "delete"]))
    def an_owner_wants_something(self, pick: int, name: str) -> None:
        """Ask something of a video."""
        self._on_video(name, pick)

    @precondition(_has_room)
    @rule(pick=_PICK, pair=st.permutations(["cancel", "retry", "new_job", "delete"]))
    def an_owner_wants_two_things(self, pick: int, pair: list[str]) -> None:
        """Ask two things of one video at once."""
        for name in pair[:2]:
            self._on_video(name, pick)

    @precondition(_has_room)
    @rule(pick=_PICK, name=st.sampled_from(["complete", "abort"]))
    def an_upload_ends(self, pick: int, name: str) -> None:
        """Complete or abort an upload."""
        self._on_upload(name, pick)

    @precondition(_has_room)
    @rule(pick=_PICK)
    def an_upload_begins(self, pick: int) -> None:
        """Begin an upload; its part is sent at once."""
        user_id = self._users[pick % 2]
        self._begin("upload", lambda: self._mill.begin_upload(user_id))

    @precondition(_has_room)
    @rule()
    def a_worker_claims(self) -> None:
        """Receive a message, and claim."""
        self._begin("claim", lambda: self._mill.claim(self._claims))

    @precondition(_has_room)
    @rule()
    def a_worker_claims_in_vain(self) -> None:
        """Claim what cannot begin."""
        self._begin("claim in vain", self._mill.claim_in_vain)

    @precondition(lambda self: self._has_room() and self._claims)
    @rule(pick=_PICK, name=st.sampled_from(["heartbeat", "fail", "give_back", "abandon"]))
    def a_worker_says_something(self, pick: int, name: str) -> None:
        """Keep, end or give back a task that was claimed, by now perhaps lost."""
        held, act = self._one_of_the_latest(pick), getattr(self._mill, name)
        self._begin(f"{name} {held.key} {str(held.video_id)[-4:]}", lambda: act(held))

    @precondition(lambda self: self._has_room() and self._claims)
    @rule(pick=_PICK)
    def a_worker_succeeds(self, pick: int) -> None:
        """End a task well, or plan the others of its job; by now it is perhaps lost."""
        held = self._one_of_the_latest(pick)
        name = f"succeed {held.key} {str(held.video_id)[-4:]}"
        self._begin(name, lambda: self._mill.succeed(held, self._claims))

    def _one_of_the_latest(self, pick: int) -> Work:
        latest = self._claims[-_LATEST:]
        return latest[pick % len(latest)]

    @precondition(_has_room)
    @rule(name=st.sampled_from(["lapse", "relay", "check_uploads", "purge", "forget"]))
    def a_sweep_begins(self, name: str) -> None:
        """Begin a round."""
        self._begin(name, getattr(self._mill, name))

    @precondition(_has_room)
    @rule(pick=_PICK)
    def a_letter_is_dead(self, pick: int) -> None:
        """Have the dead-letter queue name any task."""
        found = self.ground.run(self._mill.ids(Task))
        if found:
            task_id = found[pick % len(found)]
            self._begin("dead letter", lambda: self._mill.dead_letter(task_id))

    @rule()
    def time_passes(self) -> None:
        """Let leases lapse and waits end."""
        self._history.append("time passes")
        self.ground.run(self._mill.time_passes())

    @invariant()
    def nobody_is_lost(self) -> None:
        """See who has ended meanwhile: a lock that was let go may have been waited for."""
        self._see_who_ended()

    def teardown(self) -> None:
        """Let everybody end; then whatever waits must be had, one after the other."""
        try:
            self.ground.run(self._end())
        finally:
            self.ground.run(self._leave())

    async def _end(self) -> None:
        clock = asyncio.get_running_loop().time
        patience = clock() + _PATIENCE_S
        while self._actors:
            standing = [actor for actor in self._actors if actor.standing]
            for actor in standing:
                await self._step(actor)
                patience = clock() + _PATIENCE_S
            if not standing:  # they wait for locks that the database must let go of
                await asyncio.sleep(0.005)
                stuck = [actor.name for actor in self._actors]
                assert clock() < patience, self._told([f"nobody can go on: {stuck}"])
            self._see_who_ended()
        await self._mill.time_passes()
        await self._mill.lapse()
        await self._work_off()
        # What was put back meanwhile, or was tried too often.
        await self._mill.time_passes()
        await self._mill.lapse()
        for held in self._claims:  # now they all learn that it is over
            await self._mill.abandon(held)
        await self._mill.relay()
        found = await broken(self.ground.db, RULES | TOLD | SETTLED)
        # A round survives what goes wrong with a row. Here nothing may.
        async with self.ground.db.autocommit() as connection:
            rows = await connection.execute(select(Setback.kind, Setback.error))
            found += [f"{row.kind}: {row.error}" for row in rows.all()]
        assert not found, self._told(found)

    async def _leave(self) -> None:
        for actor in self._actors:
            await actor.cancel()
