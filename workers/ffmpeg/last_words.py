"""What a program has said: its last words, and of all before them the lines that tell something."""

from collections import Counter

from workers.ffmpeg.diagnose import signs_of

# Of each sign. A judge that counts them wants fewer.
_KEPT = 16
_LONGEST_LINE = 1024  # bytes; FFmpeg's own have less


class LastWords:
    """Keeps the last bytes of what it is fed, and the first lines before them by their signs.

    A program that complains once and goes on to warn of each packet must not hide its complaint.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._tail, self._begun = bytearray(), b""
        self._kept: list[str] = []
        self._seen: Counter[str] = Counter()

    def feed(self, chunk: bytes) -> None:
        """Take what was said next."""
        self._tail += chunk
        over = len(self._tail) - self._size
        if over > 0:
            *lines, begun = (self._begun + self._tail[:over]).split(b"\n")
            del self._tail[:over]
            self._begun = begun[-_LONGEST_LINE:]
            for line in lines:
                self._judge(line)

    def text(self) -> str:
        """Return what is kept, in order."""
        end, newline, rest = self._tail.partition(b"\n")
        if not self._begun or not newline:
            return "".join(self._kept) + self._tail.decode(errors="replace")
        # A line that has only its end here is judged as a whole.
        self._judge(self._begun + end)
        self._begun, self._tail = b"", rest
        return self.text()

    def _judge(self, line: bytes) -> None:
        words = line[-_LONGEST_LINE:].decode(errors="replace")
        new = [sign for sign in signs_of(words) if self._seen[sign] < _KEPT]
        if new:
            self._seen.update(new)
            self._kept.append(words + "\n")
