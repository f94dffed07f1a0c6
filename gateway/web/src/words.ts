import { price } from "./prices";
import { minuteOf } from "./time";
import type { AccountState, Limit, OpenWindow, Order, Rule, WindowAction } from "./types";

/** The words the page uses for what the engine names. */

export const RULES: Record<Rule, string> = { daily_loss: "Daily loss", max_loss: "Max loss" };

export const STATES: Record<AccountState, string> = {
  evaluation: "Evaluation",
  passed: "Passed",
  funded: "Funded",
  failed: "Failed",
  closed: "Closed",
  suspended: "Suspended",
};

const WINDOWS: Record<WindowAction, string> = {
  block_opening: "no opening orders",
  block_all: "no orders",
  force_flat: "no positions",
  exclude_profit: "profit does not count",
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
  if (effect === "fail") return "Fails the account";
  return effect === "lock_for_day" ? "Locks the day" : effect === "warn" ? "Warns" : spaced(effect);
}

/** What an open window means, such as "no positions in BTCUSDT". */
export function windowName({ action, symbol, symbols }: Windowed): string {
  const what = action === null ? "restricted" : (WINDOWS[action] ?? spaced(action));
  const where = symbol ?? symbols?.join(", ");
  return where ? `${what} in ${where}` : what;
}

type Windowed = { action: WindowAction | null; symbol?: string | null; symbols?: string[] };

export function windowText(window: Pick<OpenWindow, "action" | "symbol" | "symbols" | "until">): string {
  const text = `${windowName(window)} until ${minuteOf(window.until)} UTC`;
  return text.charAt(0).toUpperCase() + text.slice(1);
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

type Terms = Pick<Order, "instrument" | "type" | "price" | "trigger" | "trail_amount" | "trail_percent">;

export function orderTerms(order: Terms): string {
  const at = (text: string) => price(text, order.instrument);
  const limit = order.price ? `limit ${at(order.price)}` : "";
  const stop = order.trigger ? `stop ${at(order.trigger)}` : "";
  if (order.type === "limit" && limit) return limit;
  if (order.type === "stop" && stop) return stop;
  if (order.type === "stop_limit" && (stop || limit)) return [stop, limit].filter(Boolean).join(" ");
  if (order.type === "market_if_touched" && order.trigger) return `if touched ${at(order.trigger)}`;
  if (order.type === "trailing_stop") {
    const trail = order.trail_amount ? ` by ${at(order.trail_amount)}` : order.trail_percent ? ` by ${order.trail_percent}%` : "";
    return `trailing stop${trail}${order.trigger ? `, now ${at(order.trigger)}` : ""}`;
  }
  return spaced(order.type);
}
