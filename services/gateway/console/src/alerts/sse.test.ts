import { describe, expect, it } from "vitest";
import { SseReader } from "./sse";

const HELLO = { name: "hello", data: "{}", id: "a1" };

describe("server-sent events", () => {
  it.each<[string, string[], object[]]>([
    ["in one piece", ["id: a1\nevent: hello\ndata: {}\n\n"], [HELLO]],
    ["cut anywhere", ["id: a", "1\nevent: he", "llo\ndata: {}\n", "\n"], [HELLO]],
    ["two at once", ["id: a1\nevent: hello\ndata: {}\n\nevent: reset\ndata: {}\n\n"], [HELLO, { name: "reset", data: "{}", id: null }]],
    ["a sign of life is none", [": still here\n\n"], []],
    ["with carriage returns, without blanks", ["event:hello\r\ndata:{}\r\nid:a1\r\n\r\n"], [HELLO]],
    ["a sign of life moves the place on", [": still here\nid: a7\n\n: quiet\n\n"], [{ name: "", data: "", id: "a7" }]],
    ["lines of data belong together", ["data: a\ndata: b\n\n"], [{ name: "message", data: "a\nb", id: null }]],
    ["what is not over is not told", ["event: hello\ndata: {}\n"], []],
  ])("%s", (_, pieces, told) => {
    const reader = new SseReader();
    expect(pieces.flatMap((piece) => reader.feed(piece))).toEqual(told);
  });
});
