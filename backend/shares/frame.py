"""How large a shared video is shown. Pure; all sizes in pixels."""

from backend.videos.schemas import RenditionItem, TrackItem, VideoItem

Size = tuple[int, int]  # width and height
_SOUND: Size = (16, 9)  # of the player around it
_USUAL = 640  # the longer side, where nobody asks for less


def picture_of(video: VideoItem) -> Size | None:
    """Return the size of the picture as it is shown; None for sound, and before it is known."""
    candidates: list[RenditionItem | TrackItem] = [*video.renditions, *video.tracks]
    for shown in candidates:
        if shown.width and shown.height:
            return shown.width, shown.height
    source = video.source
    return (source.width, source.height) if source and source.width and source.height else None


def duration_of(video: VideoItem) -> float | None:
    """Return how long the video is, in seconds; None before it is known."""
    if video.renditions:
        return video.renditions[0].duration
    return video.source.duration if video.source else None


def fitted(
    picture: Size | None, max_width: int | None = None, max_height: int | None = None
) -> Size:
    """Return the size of a frame for a picture, of its shape and within what is asked for."""
    width, height = picture or _SOUND
    scale = min((max_width or _USUAL) / width, (max_height or _USUAL) / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
