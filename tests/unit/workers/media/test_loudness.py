"""What FFmpeg's meter has written is read, and believed only if it has heard all."""

from workers.media.loudness import Loudness, loudness_of


def at(seconds: float, loud: float = -23.0, peak: float = 0.5, range_lu: float = 7.5) -> str:
    """Return what the meter writes of one moment."""
    return (
        f"frame:0    pts:{round(seconds * 48_000)}       pts_time:{seconds}\n"
        f"lavfi.r128.M=-21.854\nlavfi.r128.I={loud}\nlavfi.r128.LRA={range_lu}\n"
        f"lavfi.r128.LRA.low=-30.000\nlavfi.r128.true_peaks_ch0={peak}\n"
        f"lavfi.r128.true_peak={peak}\n"
    )


def test_the_last_values_hold() -> None:
    text = at(0, loud=-70.0, peak=0.1) + at(1, loud=-20.04, peak=0.25, range_lu=1.26)
    assert loudness_of(text, text) == Loudness(-20.0, -12.0, 1.3)
    # The end begins anywhere.
    assert loudness_of(text, text[40:]) == Loudness(-20.0, -12.0, 1.3)


def test_nothing_is_told_of_silence_or_of_a_part() -> None:
    assert loudness_of(at(0, loud=-70.0), at(9, loud=-70.0)) is None
    assert loudness_of(at(0, peak=0.0), at(9, peak=0.0)) is None
    assert loudness_of(at(5), at(9)) is None
    assert loudness_of("", "") is None
    assert loudness_of(at(0), "lavfi.r128.I=nan\n") is None
