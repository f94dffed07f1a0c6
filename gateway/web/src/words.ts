import type { AccountState, EngineEvent, Limit, Order, Rule } from "./types";
import { fixed, money, quantity, signed } from "./decimal";

/** The words the page uses for what the engine names. */

export const RULES: Record<Rule, string> = { daily_loss: "Daily loss", max_loss: "Max loss" };

export const STATES: Record<AccountState, string> = {
  evaluation: "Evaluation",
  passed: "Passed",
  funded: "Funded",
  failed: "Failed",
  suspended: "Suspended",
  closed: "Closed",
};

const TRAILS: Record<string, string> = {
  none: "nothing, fixed",
  eod_balance: "day-end balance",
  closed_balance: "closed balance",
  eod_equity: "day-end equity",
  tick_equity: "every equity peak",
  balance: "day-start balance",
  equity: "day-start equity",
  max_balance_equity: "day-start maximum",
  intraday_peak: "peak of the day",
};

export function ruleName(rule: string): string {
  return RULES[rule as Rule] ?? spaced(rule);
}

export function trailName(trail: string): string {
  return TRAILS[trail] ?? spaced(trail);
}

export function effectName(effect: string): string {
  return effect === "fail" ? "Fails the account" : effect === "lock_for_day" ? "Locks the day" : spaced(effect);
}

export function touchName(limit: Pick<Limit, "touch_is_breach">): string {
  return limit.touch_is_breach ? "on touch" : "on drop below";
}

export function spaced(name: string): string {
  return name.replace(/_/g, " ");
}

export function shortHash(hash: string): string {
  return hash.replace(/^(sha256:|0x)/, "").slice(0, 8);
}

export function orderTerms(order: Pick<Order, "type" | "price" | "trigger">): string {
  if (order.type === "limit" && order.price) return `limit ${fixed(order.price, scaleOf(order.price))}`;
  if (order.type === "stop" && order.trigger) return `stop ${fixed(order.trigger, scaleOf(order.trigger))}`;
  return order.type;
}

/** The digits a price came with, so that its ticks stay visible. */
export function scaleOf(price: string): number {
  return price.split(".")[1]?.length ?? 0;
}

export function price(text: string): string {
  return fixed(text, scaleOf(text));
}

export type Tone = "plain" | "good" | "bad" | "warn";
export interface Line {
  label: string;
  tone: Tone;
  text: string;
}

export function lineOf(event: EngineEvent): Line {
  switch (event.type) {
    case "order_accepted": {
      const terms = orderTerms({
        type: event.order_type,
        price: event.price ?? null,
        trigger: event.trigger ?? null,
      });
      return { label: "Order", tone: "plain", text: `${event.side} ${quantity(event.qty)} ${event.symbol} ${terms}` };
    }
    case "order_denied":
      return { label: "Denied", tone: "warn", text: event.reason };
    case "fill": {
      const result = /[1-9]/.test(event.realised) ? `, realised ${signed(event.realised, 2)}` : "";
      return {
        label: event.liquidation ? "Closed out" : "Fill",
        tone: event.liquidation ? "bad" : "plain",
        text: `${event.side} ${quantity(event.qty)} ${event.symbol} at ${price(event.price)}${result}`,
      };
    }
    case "order_cancelled":
      return { label: "Cancelled", tone: "plain", text: `order ${event.order_id}: ${spaced(event.reason)}` };
    case "breach":
      return {
        label: "Breach",
        tone: "bad",
        text: `${ruleName(event.rule)}: equity ${money(event.equity)} against floor ${money(event.floor)}`,
      };
    case "day_locked":
      return { label: "Locked", tone: "warn", text: "no new risk until the next trading day" };
    case "day_rolled":
      return { label: "New day", tone: "plain", text: `trading day ${event.day}` };
    case "state_changed":
      return {
        label: "State",
        tone: event.to === "failed" ? "bad" : event.to === "passed" || event.to === "funded" ? "good" : "warn",
        text: `${STATES[event.from] ?? event.from} to ${STATES[event.to] ?? event.to}: ${spaced(event.reason)}`,
      };
    case "target_reached":
      return { label: "Target", tone: "good", text: "profit target reached" };
    case "floor_moved":
      return {
        label: "Floor",
        tone: "plain",
        text: `${ruleName(event.rule)} floor now ${money(event.floor)}, baseline ${money(event.baseline)}`,
      };
    default:
      return { label: "Event", tone: "plain", text: spaced((event as { type: string }).type) };
  }
}
