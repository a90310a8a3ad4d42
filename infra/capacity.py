"""What a database of a class can bear. Pure."""

_GIB = 1024**3
# RDS: Postgres takes one connection for each 9,531,392 bytes of memory, 5,000 at the most.
_BYTES_PER_CONNECTION = 9_531_392
# GiB of memory of the classes that sizes name (Amazon RDS, "DB instance classes").
MEMORY_GIB = {
    "t4g.micro": 1, "t4g.small": 2, "t4g.medium": 4, "t4g.large": 8,
    "m7g.large": 8, "m7g.xlarge": 16, "r7g.large": 16, "r7g.xlarge": 32, "r7g.2xlarge": 64,
}  # fmt: skip


def most_connections(database_class: str) -> int:
    """Return about how many connections a database takes; its system has some memory too.

    Raises:
        KeyError: its memory is not known here.
    """
    return min(5000, int(0.9 * MEMORY_GIB[database_class] * _GIB / _BYTES_PER_CONNECTION))
