"""When to try again. Pure."""

_MOST_S = 300.0


def backoff_s(attempt: int, base_s: float, chance: float) -> float:
    """Return how many seconds to wait after a failed attempt.

    Exponential with full jitter, so that tasks that failed together do not come back together.
    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    Args:
        attempt: how many attempts have failed, from 1.
        base_s: the wait after the first one, at the most.
        chance: a random number from 0 to 1.
    """
    return float(min(_MOST_S, base_s * 4 ** (attempt - 1)) * (0.5 + 0.5 * chance))
