"""The table that `make faults` ends with."""

from tests.faults.summary import table


def test_it_has_a_line_for_each_scenario_and_counts_those_that_held() -> None:
    told = table(
        [
            {"id": "I4", "title": "ends", "tried": 50, "right": 50, "worst_recovery_s": 7.06},
            {"id": "I15", "title": "heals", "tried": 5, "right": 4, "worst_recovery_s": None},
            {"id": "I16", "title": "nothing tried", "tried": 0, "right": 0,
             "worst_recovery_s": None},
        ]
    )  # fmt: skip
    assert told.splitlines() == [
        "|     | invariant     | tried | right | worst recovery |",
        "|-----|---------------|-------|-------|----------------|",
        "| I4  | ends          | 50    | 50    | 7.1 s          |",
        "| I15 | heals         | 5     | 4     |                |",
        "| I16 | nothing tried | 0     | 0     |                |",
        "",
        "1 of 3 held",
    ]
