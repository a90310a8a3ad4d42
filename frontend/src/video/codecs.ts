/** Codecs as people know them. Pure. */

const NAMES = new Map([
  ["h264", "H.264"],
  ["hevc", "H.265"],
  ["av1", "AV1"],
  ["vp8", "VP8"],
  ["vp9", "VP9"],
  ["mpeg2video", "MPEG-2"],
  ["mpeg4", "MPEG-4"],
  ["prores", "ProRes"],
  ["aac", "AAC"],
  ["opus", "Opus"],
  ["vorbis", "Vorbis"],
  ["flac", "FLAC"],
  ["mp3", "MP3"],
  ["ac3", "AC-3"],
  ["eac3", "E-AC-3"],
]);

/** The name of a codec by FFmpeg's word for it. */
export function codecName(codec: string): string {
  return NAMES.get(codec) ?? (codec.startsWith("pcm_") ? "PCM" : codec.toUpperCase());
}
