import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { SearchField } from "./SearchField";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function field(): HTMLInputElement {
  return screen.getByRole("searchbox");
}

function type(text: string): void {
  fireEvent.change(field(), { target: { value: text } });
}

function pass(milliseconds: number): void {
  act(() => {
    vi.advanceTimersByTime(milliseconds);
  });
}

test("tells what is typed when one pauses, not every letter", () => {
  const onChange = vi.fn();
  render(<SearchField value="" onChange={onChange} />);
  for (const text of ["h", "ha", "har", "har "]) {
    type(text);
    pass(150);
  }
  expect(onChange).not.toHaveBeenCalled();
  pass(50);
  expect(onChange).toHaveBeenCalledExactlyOnceWith("har");
});

test("keeps what is typed while what was told comes back", () => {
  const { rerender } = render(<SearchField value="" onChange={() => undefined} />);
  type("ha");
  pass(200);
  type("harb");
  rerender(<SearchField value="ha" onChange={() => undefined} />);
  expect(field().value).toBe("harb");
});

test("being drawn anew does not put off the telling", () => {
  const onChange = vi.fn();
  const { rerender } = render(<SearchField value="" onChange={() => undefined} />);
  type("ha");
  pass(150);
  rerender(<SearchField value="" onChange={onChange} />);
  pass(50);
  expect(onChange).toHaveBeenCalledExactlyOnceWith("ha");
});

test("shows what is searched for when that changes elsewhere", () => {
  const { rerender } = render(<SearchField value="forest" onChange={() => undefined} />);
  rerender(<SearchField value="" onChange={() => undefined} />);
  expect(field().value).toBe("");
});

test("Enter and Escape do not wait", () => {
  const onChange = vi.fn();
  render(<SearchField value="" onChange={onChange} />);
  type("ha");
  fireEvent.submit(screen.getByRole("search"));
  expect(onChange).toHaveBeenLastCalledWith("ha");
  fireEvent.keyDown(field(), { key: "Escape" });
  expect(onChange).toHaveBeenLastCalledWith("");
  expect(field().value).toBe("");
});
