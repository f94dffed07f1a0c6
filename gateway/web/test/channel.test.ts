import { describe, expect, it } from "vitest";
import { accept, confirm, interrupt, resumeOf, START, type Place, type Verdict } from "../src/channel";

type Step = ["snap" | "delta" | "event", string, number];

function run(steps: Step[], from: Place = START): { place: Place; verdicts: Verdict[] } {
  let place = from;
  const verdicts = steps.map(([type, epoch, seq]) => {
    const [next, verdict] = accept(place, { type, epoch, seq });
    place = next;
    return verdict;
  });
  return { place, verdicts };
}

describe("a channel", () => {
  it("applies a snapshot and what follows without a gap", () => {
    const { place, verdicts } = run([["snap", "a", 5], ["delta", "a", 6], ["event", "a", 7]]);
    expect(verdicts).toEqual(["apply", "apply", "apply"]);
    expect(resumeOf(place)).toEqual({ epoch: "a", seq: 7 });
  });

  it("ignores deltas before its first snapshot", () => {
    expect(run([["delta", "a", 6]]).verdicts).toEqual(["ignore"]);
    expect(resumeOf(START)).toBeUndefined();
  });

  it("resubscribes once at a hole and drops what is still on the way", () => {
    const { place, verdicts } = run([["snap", "a", 1], ["delta", "a", 3], ["delta", "a", 4]]);
    expect(verdicts).toEqual(["apply", "resubscribe", "ignore"]);
    expect(resumeOf(place)).toEqual({ epoch: "a", seq: 1 });
  });

  it("goes on from a recovered resume", () => {
    const holed = run([["snap", "a", 1], ["delta", "a", 3]]).place;
    const { place, verdicts } = run([["delta", "a", 2], ["delta", "a", 3]], confirm(holed, true));
    expect(verdicts).toEqual(["apply", "apply"]);
    expect(place.live).toBe(true);
  });

  it("waits for the snapshot when the resume was not recovered", () => {
    const lost = confirm(interrupt(run([["snap", "a", 9]]).place), false);
    expect(resumeOf(lost)).toBeUndefined();
    expect(run([["delta", "a", 10], ["snap", "b", 1], ["delta", "b", 2]], lost).verdicts).toEqual([
      "ignore",
      "apply",
      "apply",
    ]);
  });

  it("ignores repeats", () => {
    expect(run([["snap", "a", 4], ["delta", "a", 4], ["delta", "a", 3]]).verdicts).toEqual(["apply", "ignore", "ignore"]);
  });

  it("starts afresh when the epoch changes under it", () => {
    const { place, verdicts } = run([["snap", "a", 4], ["delta", "b", 5]]);
    expect(verdicts).toEqual(["apply", "resubscribe"]);
    expect(resumeOf(place)).toBeUndefined();
  });

  it("gives up its resume point at a second hole in a row", () => {
    const once = confirm(run([["snap", "a", 1], ["delta", "a", 3]]).place, true);
    const { place, verdicts } = run([["delta", "a", 5]], once);
    expect(verdicts).toEqual(["resubscribe"]);
    expect(resumeOf(place)).toBeUndefined();
  });

  it("keeps its place through a lost connection", () => {
    expect(resumeOf(interrupt(run([["snap", "a", 8]]).place))).toEqual({ epoch: "a", seq: 8 });
  });
});
