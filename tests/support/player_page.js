// Two players behind one set of words, and what is seen of the film that they show.
const video = document.querySelector("video");
window.told = []; // errors that a viewer would notice
window.errors = []; // all of hls.js, also those that it gets over

const players = {
  hls: {
    async open(url) {
      const hls = (this.hls = new Hls({ startPosition: 0 }));
      hls.on(Hls.Events.ERROR, (_, data) => {
        errors.push(`${data.details} ${data.error?.message}`);
        if (data.fatal || data.details === "bufferSeekOverHole") told.push(data.details);
      });
      const parsed = new Promise((resolve) => hls.once(Hls.Events.MANIFEST_PARSED, resolve));
      hls.loadSource(url);
      hls.attachMedia(video);
      await parsed;
    },
    sizes() {
      return this.hls.levels.map((level) => level.height);
    },
    choose(height) {
      this.hls.nextLevel = this.hls.levels.findIndex((level) => level.height === height);
    },
    hear(language) {
      this.hls.audioTrack = this.hls.audioTracks.findIndex((track) => track.lang === language);
    },
    heard() {
      return this.hls.audioTracks[this.hls.audioTrack]?.lang;
    },
    read(language) {
      this.hls.subtitleTrack = this.hls.subtitleTracks.findIndex(
        (track) => track.lang === language,
      );
    },
  },
  shaka: {
    async open(url) {
      shaka.polyfill.installAll();
      const player = (this.player = new shaka.Player());
      player.addEventListener("error", (event) => told.push(`shaka ${event.detail.code}`));
      await player.attach(video);
      await player.load(url, 0);
    },
    sizes() {
      return [...new Set(this.player.getVariantTracks().map((track) => track.height))];
    },
  },
};

// The number that is burnt into the picture: thirteen squares at its upper edge, the first white, the
// second black, then eleven bits, the lowest first. -1 where none can be read.
const canvas = document.createElement("canvas");
[canvas.width, canvas.height] = [160, 10];
const context = canvas.getContext("2d", { willReadFrequently: true });
function number() {
  if (!video.videoWidth) return -1;
  context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 9, 0, 0, 160, 10);
  const bits = [...Array(13).keys()].map((bit) => context.getImageData(bit * 10 + 5, 5, 1, 1).data[1] > 127);
  if (!bits[0] || bits[1]) return -1;
  return bits.slice(2).reduce((sum, bit, place) => sum + (bit ? 2 ** place : 0), 0);
}

// What was shown since `watch`, in order: time in the film, number, size, when it was shown, and how
// much later it was looked at. A busy machine shows the next pictures meanwhile.
window.seen = [];
function watch() {
  const look = (_now, { mediaTime, presentationTime }) => {
    const [shown, height] = [number(), video.videoHeight];
    const late = performance.now() - presentationTime;
    seen.push([mediaTime, shown, height, presentationTime / 1000, late / 1000]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}

function cues() {
  const shown = [...video.textTracks].filter((track) => track.mode === "showing");
  return shown.flatMap((track) => [...(track.activeCues ?? [])].map((cue) => cue.text));
}
