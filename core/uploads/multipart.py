"""How a file is cut into parts. Pure."""

MIB = 1024**2
MIN_PART = 5 * MIB  # S3: every part but the last
MAX_PART = 5 * 1024**3
MAX_PARTS = 10_000
_DEFAULT_PART = 8 * MIB  # small enough to resend gladly, large enough to fill a connection
_AIM = 1_000  # up to here one ListParts page tells everything; beyond, parts grow


def part_size_for(size: int) -> int:
    """Return the part size for a file of `size` bytes; a whole number of MiB, in bytes.

    Raises:
        ValueError: the file does not fit into the parts that S3 allows.
    """
    if not 0 < size <= MAX_PART * MAX_PARTS:
        raise ValueError(f"{size} bytes cannot be uploaded in parts")
    needed = -(-size // _AIM)
    return min(MAX_PART, max(_DEFAULT_PART, -(-needed // MIB) * MIB))


def part_count_for(size: int, part_size: int) -> int:
    """Return how many parts a file has."""
    return -(-size // part_size)


def size_of_part(number: int, size: int, part_size: int) -> int:
    """Return the exact size in bytes of part `number`, which counts from 1."""
    return min(part_size, size - (number - 1) * part_size)
