"""The DASH manifest (ISO/IEC 23009-1) of a complete film, over the same objects as HLS. Pure."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from urllib.parse import quote
from xml.etree import ElementTree as ET

from backend.playback import texts
from backend.playback.film import Film, Track, bitrates
from backend.playback.labels import labels_of, language_of

MEDIA_TYPE = "application/dash+xml"
_CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
_ROLE = "urn:mpeg:dash:role:2011"
_PURPOSE = "urn:tva:metadata:cs:AudioPurposeCS:2007"
_ACCESSIBILITY = {"description": "1", "enhanced-audio-intelligibility": "2"}


def manifest(film: Film, captions: Sequence[texts.Text] = ()) -> str:
    """Return the manifest of a film with its captions."""
    shown = film.watchable()
    rates = bitrates(shown)
    lasts = max((track.end for track in shown.tracks), default=Fraction(0))
    root = ET.Element(
        "MPD",
        {
            "xmlns": "urn:mpeg:dash:schema:mpd:2011",
            "profiles": "urn:mpeg:dash:profile:isoff-main:2011",
            "type": "static",
            "mediaPresentationDuration": _duration(lasts),
            "minBufferTime": f"PT{film.target_s}S",
        },
    )
    period = ET.SubElement(root, "Period", {"id": "0", "start": "PT0S"})
    for family in sorted({track.family for track in shown.pictures}):
        # Between codecs no player changes.
        sizes = [track for track in shown.pictures if track.family == family]
        # Those that are encoded are cut at the same frames; a source has its own.
        aligned = len({track.made for track in sizes}) == 1
        pictures = _set(period, "video", aligned=aligned)
        for track in sizes:
            _represent(pictures, track, rates)
    for track, label in _labelled(shown.sounds):
        sound = _set(period, "audio", language_of(track))
        is_main = track.plain_name == shown.sounds[0].name
        roles = ["main" if is_main else "alternate", *([track.role] if track.role else ())]
        if (purpose := _ACCESSIBILITY.get(track.role or "")) is not None:
            ET.SubElement(sound, "Accessibility", {"schemeIdUri": _PURPOSE, "value": purpose})
        for role in roles:
            ET.SubElement(sound, "Role", {"schemeIdUri": _ROLE, "value": role})
        ET.SubElement(sound, "Label").text = label
        _represent(sound, track, rates)
    texts.describe(period, captions)
    ET.indent(root)
    return ET.tostring(root, "unicode", xml_declaration=True) + "\n"


def _labelled(sounds: list[Track]) -> list[tuple[Track, str]]:
    """Return sounds with their labels, the default one first."""
    plain = [track for track in sounds if not track.is_surround]
    labels = dict(zip((track.name for track in plain), labels_of(plain), strict=True))
    # In 5.1 it is the same sound.
    more = [(track, labels.get(track.plain_name)) for track in sounds if track.is_surround]
    return [
        *((track, labels[track.name]) for track in plain),
        *((track, f"{label} (5.1)") for track, label in more if label),
    ]


def _set(
    period: ET.Element, kind: str, language: str | None = None, *, aligned: bool = True
) -> ET.Element:
    fields = {
        "contentType": kind,
        "mimeType": f"{kind}/mp4",
        "segmentAlignment": "true" if aligned else "false",
        "startWithSAP": "1",
    }
    if language:
        fields["lang"] = language
    return ET.SubElement(period, "AdaptationSet", fields)


def _represent(parent: ET.Element, track: Track, rates: dict[str, tuple[int, int]]) -> None:
    fields = {
        "id": track.name,
        "codecs": track.codecs,
        "bandwidth": str(max(rates[track.name])),
    }
    if track.width and track.height:
        fields |= {"width": str(track.width), "height": str(track.height), "sar": "1:1"}
    if track.frame_rate:
        fields["frameRate"] = str(track.frame_rate)
    one = ET.SubElement(parent, "Representation", fields)
    if track.channels:
        count = {"schemeIdUri": _CHANNELS, "value": str(track.channels)}
        ET.SubElement(one, "AudioChannelConfiguration", count)
    name = quote(track.name, safe="")
    segments = ET.SubElement(one, "SegmentList", {"timescale": str(track.time_scale)})
    place = f"{track.init_offset}-{track.segments[0].offset - 1}"
    header = {"sourceURL": f"{name}/0.mp4", "range": place}
    ET.SubElement(segments, "Initialization", header)
    _times(ET.SubElement(segments, "SegmentTimeline"), track)
    for segment in track.segments:
        last = segment.offset + segment.size - 1
        ET.SubElement(
            segments,
            "SegmentURL",
            {"media": f"{name}/{segment.place}.mp4", "mediaRange": f"{segment.offset}-{last}"},
        )


def _times(line: ET.Element, track: Track) -> None:
    """Write when segments begin; those of one length that follow each other are one line."""
    start = track.segments[0].start
    for duration, same in groupby(segment.duration for segment in track.segments):
        count = len(list(same))
        fields = {"t": str(start), "d": str(duration)}
        if count > 1:
            fields["r"] = str(count - 1)  # times more
        ET.SubElement(line, "S", fields)
        start += duration * count


def _duration(seconds: Fraction) -> str:
    return f"PT{float(seconds):.3f}S"
