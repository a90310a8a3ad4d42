"""A fleet of workers as a discrete-event simulation. Pure: seconds and random numbers come in.

Videos arrive and wait in one queue; free workers take the one that waits longest. Each minute the
policy looks at figures that are already old and says how many workers there should be; the platform
starts them late, and takes Spot workers away. What a worker had begun is queued again, in front,
and begun anew.
"""

import random
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from bench.fleet.capacity import Shock, Worker
from bench.fleet.outcome import Minute, Outcome
from bench.fleet.policy import MINUTE_S, Policy, Sample, desired

_NOT_YET = -1.0
# After the last arrival: a queue that is not worked off by then never will be.
_GIVE_UP_S = 30 * 24 * 3600.0


class NotWorkedOffError(Exception):
    """The fleet does not get its work done: it is too small, or begins the same films for ever."""


@dataclass(slots=True)
class _Run:
    """One attempt at one video."""

    video: int
    worker: Worker
    begun: float
    ends: float
    alive: bool = True


@dataclass(frozen=True)
class Setting:
    """What is simulated.

    Attributes:
        arrivals: seconds from the beginning, rising.
        service_s: for how long each video keeps a worker busy.
        policy: how the fleet is scaled.
        interruptions_per_h: of one Spot worker, on average.
        shocks: what happens to many at once.
        seed: of the random numbers.
        until_s: minutes are told up to here; the queue is worked off in any case.
    """

    arrivals: "array[float]"
    service_s: "array[float]"
    policy: Policy
    interruptions_per_h: float = 0.0
    shocks: Sequence[Shock] = ()
    seed: int = 1
    until_s: float = 0.0


def simulate(setting: Setting) -> Outcome:
    """Run until every video is ready or has failed and the fleet has come down; see `Outcome`.

    Raises:
        NotWorkedOffError: a month after the last arrival there are still videos.
    """
    return Fleet(setting).run()


class Fleet:
    """The state of one simulation; `run` it once."""

    def __init__(self, setting: Setting) -> None:
        count = len(setting.arrivals)
        self._setting = setting
        self._policy = setting.policy
        self._draw = random.Random(f"fleet {setting.seed}")
        self._now = 0.0
        self._events: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._scheduled = 0
        self._queue: deque[int] = deque()
        self._workers: dict[Worker, None] = {}  # a dict, for its order: the oldest come first
        self._free: list[Worker] = []  # one entry for each free slot; may name dead ones
        self._in_flight = 0
        self._running = 0
        self._on_demand = 0
        self._desired = self._policy.fewest
        self._changed = 0.0
        self._launches = self._policy.launches_per_min
        self._spot_ceiling = self._ceiling = float("inf")
        self._samples: deque[Sample] = deque(
            maxlen=self._policy.idle_min + self._policy.metric_delay_min
        )
        self._next = 0
        self._settled = 0
        self._arrived_before = 0
        self._lost_with_worker = bytearray(count)
        self.outcome = Outcome(
            started=array("d", [_NOT_YET]) * count,
            ready=array("d", [_NOT_YET]) * count,
            times_ready=bytearray(count),
        )

    def run(self) -> Outcome:
        """Run to the end."""
        self._schedule(0.0, self._tick, None)
        for shock in self._setting.shocks:
            self._schedule(shock.at_s, self._shock, shock)
        arrivals, events, count = self._setting.arrivals, self._events, len(self._setting.arrivals)
        while events:
            if self._next < count and arrivals[self._next] <= events[0][0]:
                self._now = arrivals[self._next]
                self._next += 1
                self._offer(self._next - 1)
                continue
            self._now, _, happen, subject = heappop(events)
            happen(subject)
        return self.outcome

    def _schedule(self, at: float, happen: Callable[[Any], None], subject: object) -> None:
        # The number decides between events of one moment, so that nothing else is compared.
        self._scheduled += 1
        heappush(self._events, (at, self._scheduled, happen, subject))

    # Videos

    def _offer(self, video: int) -> None:
        while self._free:
            worker = self._free.pop()
            if worker.takes:
                self._begin(video, worker)
                return
        self._queue.append(video)

    def _begin(self, video: int, worker: Worker) -> None:
        if self.outcome.started[video] == _NOT_YET:
            self.outcome.started[video] = self._now
        run = _Run(video, worker, self._now, self._now + self._setting.service_s[video])
        worker.runs.append(run)
        self._in_flight += 1
        self._schedule(run.ends, self._finish, run)

    def _finish(self, run: _Run) -> None:
        if not run.alive:
            return
        worker = run.worker
        worker.runs.remove(run)
        self._in_flight -= 1
        self._settled += 1
        self.outcome.ready[run.video] = self._now
        self.outcome.times_ready[run.video] += 1
        if not worker.runs and (worker.leaving or len(self._workers) > self._desired):
            self._stop(worker)
        else:
            self._take(worker)

    def _take(self, worker: Worker) -> None:
        """Give a worker that has a free slot something to do, or note that it has one."""
        if not worker.takes:
            return
        if self._queue:
            self._begin(self._queue.popleft(), worker)
        else:
            self._free.append(worker)

    def _give_up(self, run: _Run, *, died: bool) -> None:
        """End an attempt that was not finished; its video will be begun again."""
        run.alive = False
        self._in_flight -= 1
        self.outcome.lost_s += self._now - run.begun
        self.outcome.interrupted += 1
        if not died:  # it was given back in order: at once, and without being charged
            self._requeue(run.video)
            return
        self._lost_with_worker[run.video] += 1
        if self._lost_with_worker[run.video] >= self._policy.max_attempts:
            self.outcome.failed += 1
            self._settled += 1
        else:
            self._schedule(self._now + self._policy.lease_s, self._requeue, run.video)

    def _requeue(self, video: int) -> None:
        """Put a video in front: it keeps its turn."""
        while self._free:
            worker = self._free.pop()
            if worker.takes:
                self._begin(video, worker)
                return
        self._queue.appendleft(video)

    # Workers

    def _launch(self) -> None:
        on_demand = self._on_demand < self._policy.on_demand_base
        worker = Worker(spot=not on_demand, launched=self._now)
        self._workers[worker] = None
        self._on_demand += on_demand
        self.outcome.launches += 1
        self._schedule(self._now + self._policy.start_s, self._up, worker)
        if worker.spot and self._setting.interruptions_per_h:
            until = self._draw.expovariate(self._setting.interruptions_per_h / 3600)
            self._schedule(self._now + until, self._notice, worker)

    def _up(self, worker: Worker) -> None:
        if not worker.alive:
            return
        worker.up = True
        self._running += 1
        for _ in range(self._policy.slots):
            self._take(worker)

    def _stop(self, worker: Worker, *, died: bool = False) -> None:
        """End a worker; what it has begun is given back, or lost with it when it died."""
        worker.alive = False
        del self._workers[worker]
        self._running -= worker.up
        self._on_demand -= not worker.spot
        self.outcome.paid(worker.spot, self._now - worker.launched)
        runs, worker.runs = worker.runs, []
        # The youngest first: each goes to the front, so the oldest ends up there.
        for run in reversed(runs):
            self._give_up(run, died=died)

    def _notice(self, worker: Worker) -> None:
        """Spot capacity is taken away: two minutes are left."""
        if not worker.alive:
            return
        self.outcome.notices += 1
        worker.leaving = True
        for run in [run for run in worker.runs if run.ends > self._now + self._policy.finish_s]:
            worker.runs.remove(run)
            self._give_up(run, died=False)
        if not worker.runs:
            self._stop(worker)
        self._reconcile()

    def _shock(self, shock: Shock) -> None:
        if shock.ends:
            self._spot_ceiling = self._ceiling = float("inf")
            self._reconcile()
            return
        struck = [each for each in self._workers if each.spot or not shock.with_notice]
        chosen = self._draw.sample(struck, round(len(struck) * shock.share))
        left = len(self._workers) - len(chosen)
        if shock.with_notice:
            self._spot_ceiling = left - self._on_demand
        else:
            self._ceiling = left
        for worker in chosen:
            if shock.with_notice:
                self._notice(worker)
            else:
                self._stop(worker, died=True)
        self._schedule(self._now + shock.back_s, self._shock, Shock(0, 0, 0, ends=True))
        self._reconcile()

    def _reconcile(self) -> None:
        """Bring the number of workers to what is wanted, as far as the platform lets us."""
        staying = len(self._workers)
        while (
            staying < min(self._desired, self._ceiling)
            and self._launches > 0
            and (
                self._on_demand < self._policy.on_demand_base
                or staying - self._on_demand < self._spot_ceiling
            )
        ):
            self._launches -= 1
            self._launch()
            staying += 1
        if staying > self._desired:
            for worker in self._to_stop(staying - self._desired):
                self._stop(worker)

    def _to_stop(self, surplus: int) -> list[Worker]:
        """Return the workers that scaling in ends: the youngest without work, Spot before others.

        Without protection ECS does not ask who has work.
        """
        if not self._policy.protect:
            return self._draw.sample(list(self._workers), surplus)
        idle = [worker for worker in reversed(self._workers) if not worker.runs]
        return sorted(idle, key=lambda worker: not worker.spot)[:surplus]

    # Time

    def _tick(self, _: object) -> None:
        queue, arrivals = self._queue, self._setting.arrivals
        oldest = self._now - arrivals[queue[0]] if queue else 0.0
        self._samples.append(Sample(self._now, len(queue), self._in_flight))
        # What is younger than the delay is not yet there to be seen.
        there = len(self._samples) - self._policy.metric_delay_min
        seen = [self._samples[index] for index in range(max(there, 0))]
        number = desired(self._policy, seen, self._desired, self._now - self._changed)
        if number != self._desired:
            self._desired, self._changed = number, self._now
        self._launches = self._policy.launches_per_min
        self._reconcile()
        self._tell(oldest)
        done = self._settled == len(arrivals) and self._now >= self._setting.until_s
        if done and len(self._workers) <= self._policy.fewest:
            for worker in list(self._workers):
                self._stop(worker)
            self._events.clear()
        elif arrivals and self._now > arrivals[-1] + _GIVE_UP_S:
            raise NotWorkedOffError(f"{len(arrivals) - self._settled} videos are not worked off.")
        else:
            self._schedule(self._now + MINUTE_S, self._tick, None)

    def _tell(self, oldest: float) -> None:
        spot = len(self._workers) - self._on_demand
        arrived, self._arrived_before = self._next - self._arrived_before, self._next
        self.outcome.minutes.append(
            Minute(arrived, len(self._queue), len(self._workers), spot, self._in_flight, oldest)
        )
