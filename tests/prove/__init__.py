"""Everything that takes longer than anybody waits for: `make prove`.

A proof is a command with a seed. `bench/results/prove.json` keeps what was shown, with which seed
and when: a run that was stopped goes on where it stopped, and what failed is tried again with the
seed that it failed with. When the code has changed, everything is to be shown anew.

There is a proof for each invariant of `tests/faults`, in its full count, and one for each folder of
tests: what is `thorough`, every member of a `sampled` set, and as many `rounds` as were asked for;
see `tests/support/lanes.py`. A test that uses those is proved without a word here.
"""
