"""The plan of a soak: a seed that failed must be there to be played again."""

import random

import pytest

from tests.faults import soak_plan


def test_a_seed_makes_the_same_plan_again_and_another_one_another() -> None:
    plans = [soak_plan.make(random.Random(seed), 30, longest_s=4) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]
    assert str(plans[0]) == str(plans[1]) != str(plans[2])


@pytest.mark.parametrize("uploads", [12, 200])
def test_a_plan_has_every_upload_and_troubles_until_the_end(uploads: int) -> None:
    plan = soak_plan.make(random.Random(3), uploads, longest_s=4)
    assert len(plan.wishes) == uploads
    times = [step.at_s for step in plan.steps]
    assert times == sorted(times)
    assert times[-1] > max(wish.at_s for wish in plan.wishes)


def test_a_long_plan_has_everything_befall_the_product() -> None:
    plan = soak_plan.make(random.Random(4), 200, longest_s=4)
    assert {step.what for step in plan.steps} == set(soak_plan.KINDS)


def test_a_plan_can_be_about_a_few_kinds_only() -> None:
    plan = soak_plan.make(random.Random(5), 12, longest_s=4, kinds=[soak_plan.PURGE])
    assert {step.what for step in plan.steps} == {soak_plan.PURGE}
