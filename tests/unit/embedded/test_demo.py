import pytest

from embedded import demo
from embedded.errors import StackError


def test_an_account_that_cannot_be_made_is_one_sentence() -> None:
    # Without its settings the command cannot reach a database.
    with pytest.raises(StackError, match=r"\AThe demo account could not be made: [^\n]+\Z"):
        demo.make_account({}, "a-long-walk-in-the-rain")
