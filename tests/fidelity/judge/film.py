"""What was decoded of a film, as the judges read it."""

from array import array
from dataclasses import dataclass

SOUND_RATE = 8000  # samples a second; the beeps have 1 kHz


@dataclass(frozen=True)
class Still:
    """A whole picture at `time` seconds: three bytes a pixel, red first."""

    time: float
    width: int
    height: int
    rgb: bytes

    def plane(self, colour: int) -> bytes:
        """Return one colour: 0 for red, 1 green, 2 blue."""
        return self.rgb[colour::3]


@dataclass(frozen=True)
class Sound:
    """One channel of `SOUND_RATE`: the samples one after another, and placed by their times."""

    in_a_row: "array[int]"
    placed: "array[int]"

    @property
    def seconds(self) -> float:
        """How long all samples take, whatever the time stamps say."""
        return len(self.in_a_row) / SOUND_RATE


@dataclass(frozen=True)
class Film:
    """Every picture small and grey, some of them whole, and the first sound track.

    Attributes:
        width: in pixels; so is the height.
        times: of the pictures, in seconds.
        small: the pictures, `small_width` times `small_height` bytes each.
        stills: about one in 0.7 seconds.
        stays: whether all pictures of the source have one size.
        last: seconds for which the last picture stands, if the source says so.
    """

    width: int
    height: int
    times: tuple[float, ...]
    small_width: int
    small_height: int
    small: tuple[bytes, ...]
    stills: tuple[Still, ...]
    sound: Sound | None
    stays: bool = True
    last: float = 0.0

    @property
    def seconds(self) -> float:
        """How long the pictures take; the last one as long as the one before unless it says."""
        if not self.times:
            return 0.0
        before = self.times[-1] - self.times[-2] if len(self.times) > 1 else 0.04
        return self.times[-1] - self.times[0] + (self.last or before)
