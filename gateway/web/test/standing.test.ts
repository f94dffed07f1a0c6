import { describe, expect, it } from "vitest";
import { failedBy, limitsKept, noOrders, rollText, whatIfText } from "../src/standing";
import { windowText } from "../src/words";
import type { Breach, Limit, RolledLimit, WhatIf } from "../src/types";

const breach = { rule: "daily_loss", ts: "2026-01-13T14:21:12Z" } as Breach;
const limit = (effect: Limit["effect"]) => [{ rule: "daily_loss", effect } as Limit];

describe("how an account stands", () => {
  it("says that limits were kept only when none was hit", () => {
    expect(limitsKept(null, limit("fail"))).toBe("Every limit was kept.");
    expect(limitsKept(breach, limit("lock_for_day"))).toBe(
      "The daily loss limit was reached on 2026-01-13, which locks the day and fails nothing.",
    );
    expect(limitsKept(breach, limit("fail"))).toBe("Daily loss limit broken on 2026-01-13.");
  });

  it("does not blame a lock of the day for a failed account", () => {
    expect(failedBy(breach, limit("fail"))).toBe(true);
    expect(failedBy(breach, limit("lock_for_day"))).toBe(false);
    expect(failedBy(null, limit("fail"))).toBe(false);
  });

  it("says what an open window means and until when", () => {
    const until = "2024-01-03T18:00:00Z";
    expect(windowText({ action: "block_opening", symbol: null, until })).toBe("No opening orders until 2024-01-03 18:00 UTC");
    expect(windowText({ action: "force_flat", symbol: "IDX", until })).toBe("No positions in IDX until 2024-01-03 18:00 UTC");
  });

  it("says what the next roll would make of a limit", () => {
    const rolled = { rule: "daily_loss", floor: "49000", distance: "1000.5", breaches: false, breach_by: null } as RolledLimit;
    expect(rollText(rolled)).toBe("floor 49,000.00, 1,000.50 away");
    expect(rollText({ ...rolled, distance: "-20", breaches: true, breach_by: "20" })).toBe("floor 49,000.00, violated by 20.00");
  });

  it("says what an order would do", () => {
    const of = (distance: string) => ({ rule: "max_loss", distance }) as Limit;
    const order: WhatIf = {
      denied: null,
      price: "100",
      waits: false,
      fee: "1",
      position: "2",
      equity: "49999",
      breaches: [],
      limits: [of("499")],
    };
    expect(whatIfText(order)).toEqual(["Filled at 100.00: position 2, equity 49,999.00.", "Max loss: 499.00 to the floor."]);
    const broken = { ...order, denied: { reason: "size_max" }, breaches: ["max_loss" as const], waits: true };
    expect(whatIfText(broken)).toEqual([
      "It would be denied: size max.",
      "Once the market comes to 100.00: position 2, equity 49,999.00.",
      "Max loss would be violated.",
    ]);
    expect(whatIfText({ ...order, price: null })).toEqual(["There is no price at which it would execute now."]);
  });

  it("gives the reason why orders would be denied", () => {
    expect(noOrders({ state: "evaluation", day_locked: false })).toBeNull();
    expect(noOrders({ state: "funded", day_locked: true })).toContain("next trading day");
    expect(noOrders({ state: "passed", day_locked: true })).toBe("Passed accounts do not trade.");
    expect(noOrders({ state: "suspended", day_locked: false })).toBe("Suspended accounts do not trade.");
  });
});
