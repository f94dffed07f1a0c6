import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Feed, type Link } from "../src/socket";

class Wire {
  static made: Wire[] = [];
  readyState = 0;
  sent: any[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((closed: { code: number }) => void) | null = null;
  constructor() {
    Wire.made.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  async opens() {
    this.readyState = 1;
    this.onopen?.();
    await Promise.resolve();
  }
  says(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  cuts(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  subs() {
    return this.sent.filter((message) => message.op === "sub");
  }
}

const snap = (seq: number, epoch = "a") => ({ ch: "x", type: "snap", epoch, seq, ts: "", data: seq });
const delta = (seq: number, epoch = "a") => ({ ch: "x", type: "delta", epoch, seq, ts: "", data: seq });

function start() {
  const links: Link[] = [];
  const refused: string[] = [];
  const got: unknown[] = [];
  const feed = new Feed(
    "ws://test",
    {
      link: (link) => links.push(link),
      heartbeat: () => {},
      latency: () => {},
      refused: (chs, detail) => refused.push(`${chs.join()} ${detail}`),
    },
    () => new Wire() as unknown as WebSocket,
  );
  const stop = feed.watch("x", (frame) => got.push(frame.data));
  feed.start();
  return { feed, links, got, refused, stop, wire: () => Wire.made.at(-1)! };
}

beforeEach(() => {
  vi.useFakeTimers();
  Wire.made = [];
});
afterEach(() => vi.useRealTimers());

describe("the feed", () => {
  it("subscribes when open and hands on frames in order", async () => {
    const { wire, got, links } = start();
    await wire().opens();
    expect(wire().subs()).toEqual([{ op: "sub", id: 1, chs: [{ ch: "x" }] }]);
    wire().says(snap(1));
    wire().says(delta(2));
    expect(got).toEqual([1, 2]);
    expect(links.at(-1)).toEqual({ state: "live" });
  });

  it("resubscribes with its place after a hole, and shows nothing past the hole", async () => {
    const { wire, got } = start();
    await wire().opens();
    wire().says(snap(1));
    wire().says(delta(3));
    await Promise.resolve();
    expect(wire().sent.slice(-2)).toEqual([
      { op: "unsub", id: 2, chs: [{ ch: "x" }] },
      { op: "sub", id: 3, chs: [{ ch: "x", resume: { epoch: "a", seq: 1 } }] },
    ]);
    wire().says({ op: "ok", id: 3, chs: [{ ch: "x", recovered: true }] });
    wire().says(delta(2));
    wire().says(delta(3));
    expect(got).toEqual([1, 2, 3]);
  });

  it("reconnects after a cut and resumes", async () => {
    const { wire, links } = start();
    await wire().opens();
    wire().says(snap(7));
    wire().cuts();
    expect(links.at(-1)).toMatchObject({ state: "waiting", attempt: 1 });
    await vi.advanceTimersByTimeAsync(700);
    expect(Wire.made.length).toBe(2);
    await wire().opens();
    expect(wire().subs()[0].chs).toEqual([{ ch: "x", resume: { epoch: "a", seq: 7 } }]);
  });

  it("keeps to the delay a restarting server asks for", async () => {
    const { wire, links } = start();
    await wire().opens();
    wire().says({ op: "shutdown", reconnect_after_ms: 500, jitter_ms: 1000 });
    wire().cuts(1001);
    expect(links.at(-1)).toMatchObject({ why: "the engine is restarting" });
    await vi.advanceTimersByTimeAsync(499);
    expect(Wire.made.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1_002);
    expect(Wire.made.length).toBe(2);
  });

  it("says so when nothing is heard, then gives the connection up", async () => {
    const { wire, links } = start();
    await wire().opens();
    wire().says(snap(1));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(links.at(-1)).toEqual({ state: "stale" });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(links.at(-1)).toMatchObject({ state: "waiting" });
  });

  it("reports a refused channel and asks again when an answer is overdue", async () => {
    const { wire, refused } = start();
    await wire().opens();
    for (let second = 0; second < 6; second += 1) {
      wire().says({ op: "heartbeat" });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(wire().subs().length).toBe(2);
    wire().says({ op: "error", id: wire().subs()[1].id, code: 404, detail: "no such account" });
    expect(refused).toEqual(["x no such account"]);
  });

  it("forgets a channel that is no longer watched", async () => {
    const { wire, stop, got } = start();
    await wire().opens();
    stop();
    wire().says(snap(1));
    expect(got).toEqual([]);
    expect(wire().sent.at(-1)).toMatchObject({ op: "unsub", chs: [{ ch: "x" }] });
  });
});
