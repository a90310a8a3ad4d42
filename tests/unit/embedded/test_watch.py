from embedded.watch import pause_before_restart


def test_the_first_death_is_mended_at_once() -> None:
    assert pause_before_restart(1) == 0


def test_pauses_grow_and_then_it_is_given_up() -> None:
    pauses = [pause_before_restart(deaths) for deaths in range(1, 7)]
    assert pauses[-1] is None
    known = [pause for pause in pauses if pause is not None]
    assert known == sorted(known)
    assert max(known) <= 5
