"""Playlists, scripts and stills that FFmpeg would follow or draw if it were let."""

import struct
import zlib


def hls(segment: str, key: str | None = None) -> bytes:
    """An HLS playlist (RFC 8216) of one segment."""
    encrypted = f'#EXT-X-KEY:METHOD=AES-128,URI="{key}"\n' if key else ""
    return (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXT-X-MEDIA-SEQUENCE:0\n"
        f"{encrypted}#EXTINF:9.0,\n{segment}\n#EXT-X-ENDLIST\n"
    ).encode()


def ffconcat(name: str) -> bytes:
    """A script for FFmpeg's concat demuxer."""
    return f"ffconcat version 1.0\nfile {name}\n".encode()


def dash(address: str) -> bytes:
    """A DASH manifest (ISO/IEC 23009-1) of one file."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S"
 minBufferTime="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">
 <Period duration="PT9S"><AdaptationSet mimeType="video/mp4">
  <Representation id="0" bandwidth="1000" codecs="avc1.4d001e" width="64" height="64">
   <BaseURL>{address}</BaseURL><SegmentBase indexRange="0-999"/>
  </Representation></AdaptationSet></Period></MPD>
""".encode()


def sdp(port: int) -> bytes:
    """A session description (RFC 8866) that has its reader listen and ask on a port."""
    return (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=video {port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    ).encode()


def svg(address: str) -> bytes:
    """A drawing that takes a picture from elsewhere (SVG 2)."""
    return (
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink"><image width="64" height="64" '
        f'href="{address}" xlink:href="{address}"/></svg>\n'
    ).encode()


def png(side: int) -> bytes:
    """A square, black PNG (RFC 2083); its size is honest."""
    row = bytes(1 + side // 8)
    packed = zlib.compressobj(9)
    rows = b"".join([packed.compress(row * 100) for _ in range(side // 100)])
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + _chunk(b"IDAT", rows + packed.flush())
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
