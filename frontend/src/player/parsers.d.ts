/** What the tests use of players' parsers, which have no types of their own. */
declare module "m3u8-parser" {
  export interface Segment {
    duration: number;
    uri: string;
    byterange: { length: number; offset: number };
    map: { uri: string; byterange: { length: number; offset: number } };
  }
  export class Parser {
    on(event: "warn" | "info", listener: (told: { message: string }) => void): void;
    push(text: string): void;
    end(): void;
    manifest: {
      segments: Segment[];
      playlists?: { uri: string; attributes: Record<string, unknown> }[];
      playlistType?: string;
      endList?: boolean;
      targetDuration?: number;
      start?: { timeOffset: number };
    };
  }
}

declare module "mpd-parser" {
  interface Playlist {
    attributes: { BANDWIDTH: number; CODECS: string };
    segments: { duration: number; uri: string; byterange: { length: number; offset: number } }[];
  }
  export function parse(
    manifest: string,
    options: {
      manifestUri: string;
      eventHandler: (told: { type: string; message: string }) => void;
    },
  ): {
    duration: number;
    playlists: Playlist[];
    mediaGroups: { AUDIO: Record<string, Record<string, { playlists: Playlist[] }>> };
  };
}
