import { fixed, money, quantity, signed } from "./decimal";
import type { Calendar, EngineEvent, OrderAccepted } from "./events";
import { price } from "./prices";
import { minuteOf } from "./time";
import { orderTerms, ruleName, spaced, STATES, windowName } from "./words";

/** One readable line for each event. */

export type Tone = "plain" | "good" | "bad" | "warn";
export interface Line {
  label: string;
  tone: Tone;
  text: string;
}

/** Later events of an order name it by id alone; what was accepted under that id says the rest. */
export type Accepted = ReadonlyMap<string, OrderAccepted>;

type Write<E> = (event: E, accepted: Accepted) => Line;

function line(label: string, text: string, tone: Tone = "plain"): Line {
  return { label, tone, text };
}

function symbolOf({ symbol, instrument }: { symbol: string | null; instrument: string }): string {
  return symbol ?? `instrument ${instrument}`;
}

function requestText(event: Extract<EngineEvent, { type: "order_accepted" | "order_denied" }>): string {
  const terms = orderTerms({
    instrument: event.instrument,
    type: event.order_type,
    price: event.price ?? null,
    trigger: event.trigger ?? null,
    trail_amount: event.trail_amount ?? null,
    trail_percent: event.trail_percent ?? null,
  });
  return `${event.side} ${quantity(event.qty)} ${symbolOf(event)} ${terms}`;
}

function orderText(id: string | null, accepted: Accepted): string {
  const known = id === null ? undefined : accepted.get(id);
  if (known) return requestText(known);
  return id === null ? "order" : `order ${id}`;
}

function algoText(event: Extract<EngineEvent, { type: "algo_accepted" | "algo_denied" }>): string {
  const limit = event.price ? ` limit ${price(event.price, event.instrument)}` : "";
  return `${event.side} ${quantity(event.qty)} ${symbolOf(event)}${limit}, ${event.algo_type}`;
}

function orderPrice(id: string | null, text: string, accepted: Accepted): string {
  return price(text, accepted.get(id ?? "")?.instrument ?? "");
}

function calendarText(calendar: Calendar): string {
  if ("named" in calendar) return calendar.named;
  if ("closed" in calendar) return `${calendar.closed.session} closed`;
  const [every, hours] = "daily" in calendar ? ["daily", calendar.daily] : ["weekly", calendar.weekly];
  return `${every} ${hours.from} to ${hours.to} ${hours.zone}`;
}

function planText({ plan_name, plan }: { plan_name: string | null; plan: string }): string {
  return plan_name ?? `plan ${plan}`;
}

const ADJUSTED = { pnl: "profit and loss", payout: "payout", scale: "scaling" } as const;

export const LINES: { [T in EngineEvent["type"]]: Write<Extract<EngineEvent, { type: T }>> } = {
  input_rejected: (e) => line("Rejected", `input: ${spaced(e.reason)}${e.detail ? `, ${e.detail}` : ""}`, "warn"),
  instrument_registered: (e) => line("Instrument", `${symbolOf(e)} registered`),
  status_changed: (e) => {
    const by = e.cause === "breaker" ? " by its circuit breaker" : "";
    return line("Market", `${symbolOf(e)} is ${spaced(e.status)}${by}`, e.status === "open" ? "plain" : "warn");
  },
  uncrossed: (e) => line("Auction", `${symbolOf(e)}: ${quantity(e.qty)} at ${price(e.price, e.instrument)}`),
  curve_defined: (e) => line("Curve", `volume curve ${e.curve} defined`),
  latency_defined: (e) => line("Latency", `latency ${e.latency} defined`),
  conversion_set: (e) => line("Rate", `1 ${e.from} is ${e.rate} ${e.to}`),
  plan_defined: (e) => line("Plan", `${planText(e)} v${e.version} defined`),
  competition_defined: (e) => line("Board", `competition ${e.competition} defined`),
  competition_changed: (e) => line("Board", `competition ${e.competition} is ${spaced(e.state)}`),
  board_frozen: (e) => line("Board", `the board of competition ${e.competition} stands still`),
  competition_denied: (e) => line("Denied", `competition ${e.competition}: ${e.detail}`, "warn"),
  prizes_unclaimed: (e) => line("Prizes", `${money(e.amount)} of competition ${e.competition} unclaimed`),
  day_rolled: (e) => line("New day", `trading day ${e.day}, from ${e.time} ${e.zone}`),
  window_announced: (e) => line("Calendar", `${calendarText(e.calendar)}: ${minuteOf(e.start)} to ${minuteOf(e.end)} UTC`),
  window_opened: (e) => line("Window", `${planText(e)}: ${windowName(e)} until ${minuteOf(e.until)} UTC`, "warn"),
  window_closed: (e) => line("Window", `${planText(e)}: ${windowName(e)} is over`),
  account_opened: (e) => {
    const after = e.origin ? `, ${spaced(e.origin)} after account ${e.parent}` : "";
    return line("Opened", `on ${planText(e)} with ${money(e.balance)}${after}`);
  },
  account_denied: (e) => line("Denied", `${spaced(e.origin)} after account ${e.parent} on ${planText(e)}: ${spaced(e.reason)}`, "warn"),
  suspended: (e) => line("Suspended", `${spaced(e.reason)}${e.until === null ? "" : `, until ${minuteOf(e.until)} UTC`}`, "warn"),
  account_change_denied: (e) => line("Denied", `${e.change}: the account is ${(STATES[e.state] ?? e.state).toLowerCase()}`, "warn"),
  inactive: (e) => line("Inactive", `${e.days} days without trading after ${e.active}`, "warn"),
  paid_out: (e) => line("Paid out", `payout ${e.payouts} was the last of the plan`),
  lapsed: (e) => line("Time over", `not passed by ${e.last}, ${e.limit} ${e.counts} days after ${e.opened}`, "bad"),
  competition_entered: (e) => line("Board", `entered competition ${e.competition}`),
  disqualified: (e) => line("Off board", `disqualified from competition ${e.competition}: ${spaced(e.reason)}`, "bad"),
  reinstated: (e) => line("Board", `back on the board of competition ${e.competition}`),
  prize_awarded: (e) => line("Prize", `${money(e.amount)} in competition ${e.competition}`),
  order_accepted: (e) => line("Order", requestText(e)),
  order_denied: (e) => line("Denied", `${requestText(e)}: ${spaced(e.reason)}`, "warn"),
  order_activated: (e, accepted) => line("On market", `${orderText(e.order_id, accepted)}, ${quantity(e.qty)} in all`),
  algo_accepted: (e) => line("Algo", algoText(e)),
  algo_denied: (e) => line("Denied", `${algoText(e)}: ${spaced(e.reason)}`, "warn"),
  algo_ended: (e) => {
    const why = e.child_reason ? `${spaced(e.reason)}, ${spaced(e.child_reason)}` : spaced(e.reason);
    return line("Algo", `${e.order_id ?? ""} ended, ${quantity(e.filled)} filled: ${why}`, e.reason === "filled" ? "plain" : "warn");
  },
  order_triggered: (e, accepted) =>
    line("Triggered", `${orderText(e.order_id, accepted)}, at ${orderPrice(e.order_id, e.price, accepted)}`),
  order_amended: (e, accepted) => {
    const at = e.price ?? e.trigger;
    const level = at === undefined ? "" : ` at ${orderPrice(e.order_id, at, accepted)}`;
    return line("Amended", `${orderText(e.order_id, accepted)}, now ${quantity(e.qty)}${level}`);
  },
  order_cancelled: (e, accepted) =>
    line("Cancelled", `${orderText(e.order_id, accepted)}, ${quantity(e.leaves)} left: ${spaced(e.reason)}`),
  change_denied: (e, accepted) =>
    line("Denied", `change of ${orderText(e.order_id, accepted)}: ${spaced(e.reason)}`, "warn"),
  fill: (e) => {
    const result = /[1-9]/.test(e.realised) ? `, realised ${signed(e.realised, 2)}` : "";
    const text = `${e.side} ${quantity(e.qty)} ${symbolOf(e)} at ${price(e.price, e.instrument)}${result}`;
    return e.liquidation ? line("Closed out", text, "bad") : line("Fill", text);
  },
  booked: (e) => line("Booked", `${e.cause} on ${symbolOf(e)}: ${signed(e.amount, 2)}, balance ${money(e.balance)}`),
  profit_excluded: (e) => line("Excluded", `${money(e.amount)} made on ${symbolOf(e)} do not count`, "warn"),
  held_too_short: (e) => line("Held short", `${symbolOf(e)} for ${quantity(e.held_s)} s, ${e.min_s} s are asked for`, "warn"),
  liquidated: (e) =>
    line("Liquidated", `equity ${money(e.equity)} after, fees ${money(e.fees)}, slippage ${money(e.slippage)}`, "bad"),
  margin_call: (e) => line("Margin call", `equity ${money(e.equity)}, required ${money(e.required)}`, "bad"),
  limit_warned: (e) =>
    line(
      "Warning",
      `${ruleName(e.rule)}: ${e.used_pct === null ? "" : `${fixed(e.used_pct, 1)}% used, `}equity ${money(e.equity)}, floor ${money(e.floor)}`,
      "warn",
    ),
  floor_moved: (e) => line("Floor", `${ruleName(e.rule)} floor now ${money(e.floor)}, baseline ${money(e.baseline)}`),
  breach: (e) => {
    const text = `${ruleName(e.rule)}: equity ${money(e.equity)} against floor ${money(e.floor)}`;
    return e.effect === "fail" ? line("Breach", text, "bad") : line("Reached", text, "warn");
  },
  day_locked: () => line("Locked", "no orders until the next trading day", "warn"),
  day_unlocked: () => line("Unlocked", "the lock of the day before is gone"),
  day_closed: (e) =>
    line("Day end", `${e.day}: P&L ${signed(e.pnl, 2)}, balance ${money(e.balance)}${e.counted ? "" : ", day not counted"}`),
  consistency: (e) =>
    line(
      "Consistency",
      `best day ${money(e.best_day)}${e.share_pct === null ? "" : ` is ${fixed(e.share_pct, 1)}%`}, ` +
        `cap ${fixed(e.cap_pct, 0)}%: ${e.met ? "met" : "not met"}`,
    ),
  target_reached: (e) => line("Target", `balance ${money(e.balance)} reached ${money(e.target)}`, "good"),
  state_changed: (e) =>
    line(
      "State",
      `${STATES[e.from] ?? e.from} to ${STATES[e.to] ?? e.to}: ${spaced(e.reason)}`,
      e.to === "failed" ? "bad" : e.to === "closed" || e.to === "suspended" ? "warn" : "good",
    ),
  adjusted: (e) => line("Adjusted", `${ADJUSTED[e.kind] ?? e.kind} ${signed(e.amount, 2)}, balance ${money(e.balance)}`),
  adjust_denied: (e) => line("Denied", `adjustment, ${ADJUSTED[e.kind] ?? e.kind}: ${spaced(e.reason)}`, "warn"),
  scale_standing: (e) =>
    line(
      "Scaling",
      `profit ${money(e.profit)} of ${money(e.profit_needed)}, ${e.days} of ${e.days_needed} days, ` +
        `${e.payouts} of ${e.payouts_needed} payouts`,
    ),
  payout_approved: (e) =>
    line("Payout", `${money(e.amount)}, of it ${money(e.trader)} to the trader, balance ${money(e.balance)}`, "good"),
  payout_denied: (e) =>
    line("Denied", `payout of ${money(e.requested)}, ${money(e.eligible)} eligible: ${spaced(e.reason)}`, "warn"),
};

export function lineOf(event: EngineEvent, accepted: Accepted): Line {
  // A newer server may send a type that this page has no words for.
  const write = LINES[event.type] as Write<EngineEvent> | undefined;
  return write?.(event, accepted) ?? line("Event", spaced(event.type));
}
