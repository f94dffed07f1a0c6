import { beforeAll, describe, expect, it } from "vitest";
import gateway from "../../src/dto/event/mod.rs?raw";
import type { EngineEvent, OrderAccepted } from "../src/events";
import { LINES, lineOf } from "../src/lines";
import { tickDigits } from "../src/prices";

const base = { seq: "1", ts: "2024-01-03T00:00:00Z", account: "1" };
const traded = { ...base, order_id: "9", client_order_id: null, instrument: "3", symbol: "BTC-USD" };
const accepted: OrderAccepted = {
  ...traded,
  type: "order_accepted",
  side: "buy",
  order_type: "stop",
  qty: "2",
  trigger: "87213.5",
  tif: "gtc",
};
type Fill = Extract<EngineEvent, { type: "fill" }>;
const fill = (given: Pick<Fill, "side" | "qty" | "price" | "realised" | "liquidation">): Fill => ({
  ...traded,
  type: "fill",
  fee: "1",
  leaves: "0",
  balance: "1",
  position: "0",
  ...given,
});
const known = new Map([["9", accepted]]);

const samples: [EngineEvent, string][] = [
  [fill({ side: "buy", qty: "0.50", price: "42850.1", realised: "0", liquidation: false }), "buy 0.5 BTC-USD at 42,850.10"],
  [fill({ side: "sell", qty: "1", price: "10", realised: "-2.5", liquidation: true }), "sell 1 BTC-USD at 10.00, realised \u22122.50"],
  [{ ...base, type: "state_changed", from: "evaluation", to: "failed", reason: "limit_breached" }, "Evaluation to Failed: limit breached"],
  [
    {
      ...base,
      type: "floor_moved",
      rule: "max_loss",
      baseline: "51000",
      allowance: "3000",
      floor: "48000",
      cause: "rolled",
      baseline_seq: "7",
      baseline_ts: "2024-03-05T00:00:00Z",
      baseline_from: "roll",
      peak: null,
    },
    "Max loss floor now 48,000.00, baseline 51,000.00",
  ],
  [
    { ...base, type: "day_closed", day: "2024-01-02", pnl: "-12.5", balance: "49987.5", equity: "49987.5", counted: false },
    "2024-01-02: P&L \u221212.50, balance 49,987.50, day not counted",
  ],
  [{ ...base, type: "order_triggered", order_id: "9", price: "87214" }, "buy 2 BTC-USD stop 87,213.50, at 87,214.00"],
  [{ ...base, type: "order_cancelled", order_id: "77", leaves: "2", reason: "day_over" }, "order 77, 2 left: day over"],
  [{ ...base, type: "order_amended", order_id: "9", qty: "3", trigger: "87000" }, "buy 2 BTC-USD stop 87,213.50, now 3 at 87,000.00"],
  [{ ...base, type: "order_activated", order_id: "9", qty: "3" }, "buy 2 BTC-USD stop 87,213.50, 3 in all"],
  [
    { ...accepted, type: "order_accepted", order_type: "trailing_stop", trail_percent: "1.5" },
    "buy 2 BTC-USD trailing stop by 1.5%, now 87,213.50",
  ],
  [{ ...accepted, type: "order_accepted", order_type: "stop_limit", price: "87214" }, "buy 2 BTC-USD stop 87,213.50 limit 87,214.00"],
  [
    { ...traded, type: "algo_accepted", side: "sell", algo_type: "twap", qty: "2", price: "10", start: base.ts, end: base.ts, slices: 4 },
    "sell 2 BTC-USD limit 10.00, twap",
  ],
  [
    { ...base, type: "algo_ended", order_id: "9", filled: "1", reason: "child_denied", child_reason: "buying_power" },
    "9 ended, 1 filled: child denied, buying power",
  ],
  [
    { ...traded, type: "booked", cause: "dividend", amount: "-2.5", balance: "10", position: "-5" },
    "dividend on BTC-USD: \u22122.50, balance 10.00",
  ],
  [{ ...base, type: "margin_call", equity: "460", required: "473" }, "equity 460.00, required 473.00"],
  [
    { seq: "1", ts: base.ts, instrument: "3", symbol: "BTC-USD", type: "status_changed", status: "halted", cause: "breaker" },
    "BTC-USD is halted by its circuit breaker",
  ],
  [{ ...accepted, type: "order_denied", symbol: null, reason: "day_locked" }, "buy 2 instrument 3 stop 87,213.50: day locked"],
  [
    { seq: "1", ts: base.ts, type: "window_announced", calendar: { daily: { zone: "UTC", from: "16:10", to: "18:00" } }, start: "2024-01-03T16:10:00Z", end: "2024-01-03T18:00:00Z" },
    "daily 16:10 to 18:00 UTC: 2024-01-03 16:10 to 2024-01-03 18:00 UTC",
  ],
  [
    { seq: "1", ts: base.ts, type: "window_opened", plan: "4", plan_name: "Steady", window: 0, action: "force_flat", symbol: "IDX", until: "2024-01-03T18:00:00Z" },
    "Steady: no positions in IDX until 2024-01-03 18:00 UTC",
  ],
  [
    { ...base, type: "limit_warned", rule: "daily_loss", equity: "48000", baseline: "50000", allowance: "2500", floor: "47500", used_pct: "80.00" },
    "Daily loss: 80.0% used, equity 48,000.00, floor 47,500.00",
  ],
  [{ ...base, type: "suspended", reason: "by_firm", until: null, prior: "funded" }, "by firm"],
  [{ ...traded, type: "held_too_short", held_s: "12.5", min_s: 60 }, "BTC-USD for 12.5 s, 60 s are asked for"],
  [
    { ...base, type: "account_opened", plan: "4", plan_name: "Steady", parent: "7", origin: "next_phase", balance: "100" },
    "on Steady with 100.00, next phase after account 7",
  ],
  [{ seq: "1", ts: base.ts, type: "plan_defined", plan: "4", plan_name: null, version: 2, hash: "ab" }, "plan 4 v2 defined"],
];

/** What `event_type` of the gateway can answer. */
function sentTypes(): string[] {
  const body = /pub const fn event_type[^{]*\{([\s\S]*?)\n\}/.exec(gateway)?.[1] ?? "";
  return [...body.matchAll(/=> "(\w+)"/g)].map((match) => match[1]!);
}

describe("event lines", () => {
  beforeAll(() => void (tickDigits.value = new Map([["3", 2]])));

  it("exist for every type that the gateway sends", () => {
    const sent = sentTypes();
    expect(sent.length).toBeGreaterThan(20);
    // The gateway writes the first one inside its breach; what a verdict rests on is in its proof.
    const untold = ["breach_position", "verdict_basis", "limit_basis", "cash_basis"];
    const alone = sent.filter((type) => !untold.includes(type));
    expect(alone.filter((type) => !(type in LINES))).toEqual([]);
    expect(Object.keys(LINES).filter((type) => !sent.includes(type))).toEqual([]);
  });

  it.each(samples)("are readable", (event, text) => expect(lineOf(event, known).text).toBe(text));

  it("survive a type this page does not know", () => {
    expect(lineOf({ ...base, type: "plan_changed" } as unknown as EngineEvent, known).text).toBe("plan changed");
  });
});
