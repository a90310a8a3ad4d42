"""HLS playlists (RFC 8216) of a film. Pure."""

from collections.abc import Sequence
from urllib.parse import quote

from backend.playback import texts
from backend.playback.film import Film, Track, bitrates
from backend.playback.labels import labels_of, language_of

MEDIA_TYPE = "application/vnd.apple.mpegurl"
_VERSION = 7  # of EXT-X-MAP in a list of more than I-frames, and of fMP4
_GROUP, _SURROUND = "sound", "surround"
# What a player may choose by itself, as the language fits; comments and the like only people do.
_FOR_ALL = frozenset({None, "dub", "description", "enhanced-audio-intelligibility"})
_DESCRIBES = 'CHARACTERISTICS="public.accessibility.describes-video"'
_MICRO = 1_000_000
_BEGIN_BELOW = 2_000_000  # bits per second
_Rates = dict[str, tuple[int, int]] | None


def multivariant(film: Film, captions: Sequence[texts.Text] = ()) -> str:
    """Return the list of what can be chosen: picture sizes, sounds, and captions.

    Bit rates are the planned ceilings while the film grows, and those of its segments at the end.
    """
    shown = film.watchable()
    pictures, sounds = shown.pictures, shown.sounds
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{_VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if film.finished_at is None:
        lines.append(_FROM_THE_BEGINNING)
    plain, surround = _groups(sounds)
    is_grouped = bool(pictures) or len(sounds) > 1
    if is_grouped:
        lines += _renditions(_GROUP, plain) + _renditions(_SURROUND, surround)
    lines += texts.renditions(captions)
    group = _GROUP if is_grouped else ""
    variants = [(track, plain, group) for track in _first_to_play(pictures) or plain[:1]]
    if surround:
        variants += [(track, surround, _SURROUND) for track in pictures or surround[:1]]
    scores = _scores(pictures)
    rates = None if film.finished_at is None else bitrates(shown)
    for track, heard, group in variants:
        stream, address = _variant(rates, track, heard, group, scores.get(track.name))
        lines += [f'{stream},SUBTITLES="{texts.GROUP}"' if captions else stream, address]
    return "\n".join([*lines, ""])


def media(film: Film, track: Track, *, is_event: bool) -> str:
    """Return the list of the segments of one track.

    `is_event` says that its reader may have had it while the film was made: then nothing of it may
    change but that it grows, and ends.
    """
    is_event = is_event or film.finished_at is None
    name = quote(track.name, safe="")
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{film.target_s}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'EVENT' if is_event else 'VOD'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    if is_event:
        lines.append(_FROM_THE_BEGINNING)
    place = f"{track.init_size}@{track.init_offset}"
    lines.append(f'#EXT-X-MAP:URI="{name}/0.mp4",BYTERANGE="{place}"')
    for segment in film.listed(track):
        # Rounded from the beginning on, so that what is rounded never adds up.
        start, end = (_micro(ticks, track) for ticks in (segment.start, segment.end))
        lines += [
            f"#EXTINF:{(end - start) // _MICRO}.{(end - start) % _MICRO:06},",
            f"#EXT-X-BYTERANGE:{segment.size}@{segment.offset}",
            f"{name}/{segment.place}.mp4",
        ]
    if film.ends(track):
        lines.append("#EXT-X-ENDLIST")
    return "\n".join([*lines, ""])


# Players take a list without an end for a live one, and would begin near its end.
_FROM_THE_BEGINNING = "#EXT-X-START:TIME-OFFSET=0"


def _first_to_play(pictures: list[Track]) -> list[Track]:
    """Return pictures with the one first that players begin with, before they know the network."""
    least = min((track.family for track in pictures), default=0)
    known = [track for track in pictures if track.family == least]
    light = [track for track in known if track.max_bitrate <= _BEGIN_BELOW]
    begin = max(light, key=_ceiling) if light else min(known, key=_ceiling, default=None)
    others = [track for track in pictures if track is not begin]
    return others if begin is None else [begin, *others]


def _scores(pictures: list[Track]) -> dict[str, int]:
    """Return which of several codecs a player shall choose, by the name of a track.

    It compares bit rates else, and would take the codec that needs most of them for the best. So
    the larger picture counts, and of one size the newer codec. Of one codec nothing need be said.
    """
    if len({track.family for track in pictures}) < 2:
        return {}
    ranked = sorted(pictures, key=lambda track: (track.height or 0, track.family))
    return {track.name: number for number, track in enumerate(ranked, 1)}


def _ceiling(track: Track) -> int:
    return track.max_bitrate


def _groups(sounds: list[Track]) -> tuple[list[Track], list[Track]]:
    """Return the sounds in stereo, and if there is one in 5.1 all with that in its place."""
    plain = [sound for sound in sounds if not sound.is_surround]
    better = {sound.plain_name: sound for sound in sounds if sound.is_surround}
    surround = [better.get(sound.name, sound) for sound in plain] if better else []
    return plain, surround


def _renditions(group: str, sounds: list[Track]) -> list[str]:
    return [
        _rendition(group, sound, label, is_default=number == 0)
        for number, (sound, label) in enumerate(zip(sounds, labels_of(sounds), strict=True))
    ]


def _rendition(group: str, sound: Track, label: str, *, is_default: bool) -> str:
    language = language_of(sound)
    fields = [
        "TYPE=AUDIO",
        f'GROUP-ID="{group}"',
        f'NAME="{label}"',
        *([f'LANGUAGE="{language}"'] if language else ()),
        f"DEFAULT={'YES' if is_default else 'NO'}",
        f"AUTOSELECT={'YES' if is_default or sound.role in _FOR_ALL else 'NO'}",
        *([_DESCRIBES] if sound.role == "description" else ()),
        *([f'CHANNELS="{sound.channels}"'] if sound.channels else ()),
        f'URI="{_address(sound)}"',
    ]
    return f"#EXT-X-MEDIA:{','.join(fields)}"


def _variant(
    rates: _Rates, track: Track, sounds: list[Track], group: str, score: int | None
) -> list[str]:
    peak, average = _bitrates(rates, track, [] if track in sounds else sounds)
    codecs = dict.fromkeys([track.codecs, *(sound.codecs for sound in sounds)])
    fields = [f"BANDWIDTH={peak}"]
    if rates is not None:
        fields.append(f"AVERAGE-BANDWIDTH={average}")
    fields.append(f'CODECS="{",".join(codecs)}"')
    if track.width and track.height:
        fields.append(f"RESOLUTION={track.width}x{track.height}")
    if track.frame_rate:
        fields.append(f"FRAME-RATE={float(track.frame_rate):.3f}")
    if score is not None:
        fields.append(f"SCORE={score}")
    if sounds and group:
        fields.append(f'AUDIO="{group}"')
    return [f"#EXT-X-STREAM-INF:{','.join(fields)}", _address(track)]


def _bitrates(rates: _Rates, track: Track, beside: list[Track]) -> tuple[int, int]:
    """Return the highest and the average bit rate of a track with the largest sound beside it.

    Without `rates`, which are those of each track by its name, it is the planned ceiling.
    """
    if rates is None:
        return track.max_bitrate + max((each.max_bitrate for each in beside), default=0), 0
    (peak, average), sounds = rates[track.name], [rates[each.name] for each in beside]
    return (
        peak + max((of_sound for of_sound, _ in sounds), default=0),
        average + max((of_sound for _, of_sound in sounds), default=0),
    )


def _address(track: Track) -> str:
    return f"{quote(track.name, safe='')}.m3u8"


def _micro(ticks: int, track: Track) -> int:
    """Return ticks of a track as microseconds, rounded."""
    return (2 * ticks * _MICRO + track.time_scale) // (2 * track.time_scale)
