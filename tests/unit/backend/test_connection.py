"""How many connections a process keeps."""

import json
import subprocess
import sys

import pytest

_ASK = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
from backend.http.connection import most_connections
print(json.dumps([most_connections(), *resource.getrlimit(resource.RLIMIT_NOFILE)]))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "most", "then"),
    [
        pytest.param(200, 2000, 2000 - 256, 2000, id="as many as the system allows"),
        pytest.param(2000, 2000, 2000 - 256, 2000, id="it allows no more"),
        pytest.param(200, 300, 150, 300, id="few: half are for other things"),
    ],
)
def test_descriptors_are_left_for_what_is_behind_us(
    soft: int, hard: int, most: int, then: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(soft), str(hard)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [most, then, hard]
