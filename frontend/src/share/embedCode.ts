/** The HTML that shows a shared video in another page. Pure. */

const WIDTH = 640;
const SOUND = { width: 16, height: 9 };

/** @param shape of the picture in pixels; null for sound. */
export function embedCode(
  url: string,
  title: string,
  shape: { width: number; height: number } | null,
): string {
  const { width, height } = shape ?? SOUND;
  // As the API's oEmbed has it: the longer side has so many pixels.
  const scale = WIDTH / Math.max(width, height);
  const sizes = `width="${Math.round(width * scale)}" height="${Math.round(height * scale)}"`;
  return (
    `<iframe src="${escaped(url)}" ${sizes} title="${escaped(title)}"` +
    ` allow="autoplay; fullscreen; picture-in-picture" allowfullscreen style="border:0"></iframe>`
  );
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
