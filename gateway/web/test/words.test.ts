import { describe, expect, it } from "vitest";
import { backoff } from "../src/backoff";
import { axisLabel, clockOf, minuteOf } from "../src/time";
import type { EngineEvent } from "../src/types";
import { lineOf, orderTerms, price } from "../src/words";

describe("event lines", () => {
  const base = { seq: "1", ts: "2024-01-03T00:00:00Z", account: "1" };
  it.each<[EngineEvent, string]>([
    [
      { ...base, type: "fill", order_id: "1", instrument: "1", symbol: "BTC-USD", side: "buy", qty: "0.50", price: "42850.10", fee: "1", realised: "0.00", liquidation: false },
      "buy 0.5 BTC-USD at 42,850.10",
    ],
    [
      { ...base, type: "fill", order_id: "1", instrument: "1", symbol: "BTC-USD", side: "sell", qty: "1", price: "10", fee: "1", realised: "-2.5", liquidation: true },
      "sell 1 BTC-USD at 10, realised \u22122.50",
    ],
    [{ ...base, type: "state_changed", from: "evaluation", to: "failed", reason: "max_loss" }, "Evaluation to Failed: max loss"],
    [{ ...base, type: "floor_moved", rule: "max_loss", baseline: "51000", floor: "48000" }, "Max loss floor now 48,000.00, baseline 51,000.00"],
  ])("are readable", (event, text) => expect(lineOf(event).text).toBe(text));

  it("survive a type this page does not know", () => {
    expect(lineOf({ ...base, type: "plan_changed" } as unknown as EngineEvent).text).toBe("plan changed");
  });
});

describe("words", () => {
  it("keep the digits a price came with", () => {
    expect(price("65012.30")).toBe("65,012.30");
    expect(price("1.09320")).toBe("1.09320");
    expect(orderTerms({ type: "stop", price: null, trigger: "4738.25" })).toBe("stop 4,738.25");
    expect(orderTerms({ type: "market", price: null, trigger: null })).toBe("market");
  });
  it("cut engine times as text", () => {
    expect(clockOf("2024-01-03T14:05:09.123456789Z")).toBe("14:05:09");
    expect(minuteOf("2024-01-03T14:05:09.123456789Z")).toBe("2024-01-03 14:05");
    expect(axisLabel(Date.UTC(2024, 0, 3) / 1000)).toBe("Jan 3");
    expect(axisLabel(Date.UTC(2024, 0, 3, 9, 5) / 1000)).toBe("09:05");
  });
});

describe("backoff", () => {
  it("grows, is jittered and stays bounded", () => {
    expect(backoff(0, () => 0)).toBe(200);
    expect(backoff(0, () => 1)).toBe(600);
    expect(backoff(3, () => 1)).toBe(3_400);
    expect(backoff(50, () => 1)).toBe(15_200);
  });
});
