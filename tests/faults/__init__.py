"""Faults: what must never happen, tried on real processes with real faults.

Each invariant of the product has a scenario that breaks something on purpose (kills, stops, cuts
off, repeats, fills up) and then looks whether the invariant held. `make test` plays each one a few
times, `make faults` as often as it takes to believe it. In `make test-all` each protection of the
product is taken away as well, and the scenario must notice.

How a scenario is written: one module `iNN_what_happens.py` with one `SCENARIO = Scenario(...)`.
Its `run(world, tries, rng)` makes the tries and returns a `Tally().outcome()`:

    async def run(world: World, tries: int, rng: random.Random) -> Outcome:
        await world.start_api()
        (worker,) = await world.start_workers(1, "paced")    # see mutations/conditions.py
        tally = Tally()
        for _ in range(tries):
            video_id = await world.upload(world.clips.slow)  # acknowledged: the API said 202
            await world.until_encoding(video_id)
            ...                                              # the fault
            await world.ends(video_id)
            tally.add(await world.faults(video_id))
        return tally.outcome()

- The world begins empty, with a database and queues of its own and no process; what is started is
  ended for you. Settings of one process: `world.start_worker(MAX_ATTEMPTS="2")`; of all, before any
  is started: `world.extra["MAX_ATTEMPTS"] = "2"`.
- `world.until` waits for what the scenario needs, and raises. `world.holds` waits for what is in
  question, and tells. Bounds come from `world.timing`, never from how quick a machine is.
- `world.faults(video_id, {"ready"})` judges a video that should have ended: its last state, the
  order of all its changes, which triggers in the database write down (`history.py`), and whether
  each object of a rendition is there in full. `world.changes` and `world.task_changes` give the
  changes themselves, with times.
- `world.ask` raises at the first error. A `Person` asks again, at any API, until it is done; a
  `Watcher` follows a stream of changes and comes again when it breaks.
- What goes wrong in a try is text for `tally.add([...])`. Raise only when one could not be made.
- Chance comes from `rng`, so that a seed repeats it.
- A scenario that makes several kinds of tries makes those in `world.focus` only, if there are any.
- `Protection(name, removes, mutations, tries, focus)`: mutations are functions in `mutations/`,
  registered by name; `tests/support/warm.py` applies them inside a process and then runs the
  ordinary service. The product holds no switch. A test plays the scenario without the
  protection and fails if every try is right.
- A scenario becomes a test by its place in the SCENARIOS of a `test_invariants_*.py`, of which each
  runs in one of two processes. With the fixture `plays` a module's scenarios are played side by
  side, as most of each is waiting; one that breaks what others stand on, as by restarting Postgres,
  is played by itself on `ground`; `python -m tests.faults` finds it by the name of its module.
"""
