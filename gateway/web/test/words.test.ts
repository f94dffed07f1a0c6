import { describe, expect, it } from "vitest";
import { backoff } from "../src/backoff";
import { price, tickDigits } from "../src/prices";
import { axisLabel, clockOf, minuteOf } from "../src/time";
import { orderTerms } from "../src/words";

describe("words", () => {
  it("give a price the digits of its tick and never fewer than it came with", () => {
    tickDigits.value = new Map([["3", 5], ["4", 2]]);
    expect(price("1.0932", "3")).toBe("1.09320");
    expect(price("87213.9", "4")).toBe("87,213.90");
    expect(price("102.125", "4")).toBe("102.125");
    expect(price("65012.30", "unknown")).toBe("65,012.30");
    expect(orderTerms({ instrument: "4", type: "stop", price: null, trigger: "4738.5" })).toBe("stop 4,738.50");
    expect(orderTerms({ instrument: "4", type: "market", price: null, trigger: null })).toBe("market");
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
