import { describe, expect, it } from "vitest";

import { type Command, commandOf, type Key, type Place, placeOf } from "./keyboard";

function key(name: string, more: Partial<Key> = {}): Key {
  return { key: name, ctrlKey: false, metaKey: false, altKey: false, ...more };
}

describe("a key", () => {
  it.each<[string, Command]>([
    [" ", { do: "play" }],
    ["k", { do: "play" }],
    ["K", { do: "play" }],
    ["j", { do: "seekBy", seconds: -10 }],
    ["l", { do: "seekBy", seconds: 10 }],
    ["ArrowLeft", { do: "seekBy", seconds: -5 }],
    ["ArrowRight", { do: "seekBy", seconds: 5 }],
    ["ArrowUp", { do: "volumeBy", step: 0.05 }],
    ["ArrowDown", { do: "volumeBy", step: -0.05 }],
    ["m", { do: "mute" }],
    ["f", { do: "fullscreen" }],
    ["c", { do: "captions" }],
    ["0", { do: "seekTo", fraction: 0 }],
    ["7", { do: "seekTo", fraction: 0.7 }],
  ])("%j on the player does %j", (name, command) => {
    expect(commandOf(key(name), "player")).toEqual(command);
  });

  it.each(["x", "Tab", "Enter", "F5", "constructor", "toString"])(
    "%s is not the player's",
    (name) => {
      expect(commandOf(key(name), "player")).toBeNull();
    },
  );

  it.each(["ctrlKey", "metaKey", "altKey"] as const)("with %s is the browser's", (modifier) => {
    expect(commandOf(key("f", { [modifier]: true }), "player")).toBeNull();
    expect(commandOf(key("ArrowLeft", { [modifier]: true }), "page")).toBeNull();
  });

  it("leaves Space to a button that has the focus", () => {
    expect(commandOf(key(" "), "button")).toBeNull();
    expect(commandOf(key("k"), "button")).toEqual({ do: "play" });
  });

  it("leaves arrows to a slider that has the focus", () => {
    expect(commandOf(key("ArrowLeft"), "slider")).toBeNull();
    expect(commandOf(key("ArrowUp"), "slider")).toBeNull();
    expect(commandOf(key(" "), "slider")).toEqual({ do: "play" });
  });

  it("scrolls the page where the player has not the focus", () => {
    expect(commandOf(key("ArrowDown"), "page")).toBeNull();
    expect(commandOf(key("ArrowRight"), "page")).toEqual({ do: "seekBy", seconds: 5 });
  });
});

describe("the focus", () => {
  it.each<[string, Place]>([
    ["#player", "player"],
    ["#picture", "player"],
    ["#play span", "button"],
    ["#time", "slider"],
    ["#beside", "button"],
    ["#below", "page"],
    ["body", "page"],
  ])("on %s is on the %s", (selector, place) => {
    document.body.innerHTML = `
      <div id="player" tabindex="0">
        <div id="picture"></div><button id="play"><span></span></button>
        <input id="time" type="range">
      </div>
      <button id="beside"></button><a id="below" href="#"></a>`;
    const player = document.querySelector("#player") ?? document.body;
    expect(placeOf(document.querySelector(selector), player)).toBe(place);
  });
});
