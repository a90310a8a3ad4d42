import { describe, expect, it } from "vitest";

import { embedCode } from "./embedCode";

describe("the code to embed a video", () => {
  it("has its shape", () => {
    expect(embedCode("https://f.example/embed/x", "Harbour", { width: 1920, height: 1080 })).toBe(
      '<iframe src="https://f.example/embed/x" width="640" height="360" title="Harbour"' +
        ' allow="autoplay; fullscreen; picture-in-picture" allowfullscreen style="border:0"></iframe>',
    );
    expect(embedCode("x", "y", { width: 1080, height: 1920 })).toContain(
      'width="360" height="640"',
    );
    expect(embedCode("x", "y", null)).toContain('width="640" height="360"');
  });

  it("lets no title out of its quotes", () => {
    const code = embedCode("x", `"><script>alert(1)</script>&`, null);
    expect(code).toContain('title="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;"');
    const frame = new DOMParser().parseFromString(code, "text/html").querySelector("iframe");
    expect(frame?.title).toBe('"><script>alert(1)</script>&');
  });
});
