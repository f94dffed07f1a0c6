import { money } from "./decimal";
import type { Account, AccountState, Breach, Limit, RolledLimit, WhatIf } from "./types";
import { ruleName, spaced, STATES } from "./words";

/** Whether an account in this state trades at all; a lock for the day means nothing once it does not. */
export function trades(state: AccountState): boolean {
  return state === "evaluation" || state === "funded";
}

/** Why the engine would deny every order of this account; null if it would not. */
export function noOrders({ state, day_locked }: Pick<Account, "state" | "day_locked">): string | null {
  if (!trades(state)) return `${STATES[state]} accounts do not trade.`;
  return day_locked ? "Locked until the next trading day." : null;
}

/** A limit that does not fail the account is reached, not broken. */
export function hitName(effect: Limit["effect"]): string {
  return effect === "fail" ? "broken" : "reached";
}

/** Whether this breach is what failed the account: one that only locked the day is not. */
export function failedBy(breach: Breach | null, limits: Limit[]): breach is Breach {
  return breach !== null && limits.some(({ rule, effect }) => rule === breach.rule && effect === "fail");
}

/** How the limits of an account that made it were kept. */
export function limitsKept(breach: Breach | null, limits: Limit[]): string {
  if (!breach) return "Every limit was kept.";
  const soft = limits.some(({ rule, effect }) => rule === breach.rule && effect === "lock_for_day");
  const day = breach.ts.slice(0, 10);
  const name = ruleName(breach.rule);
  return soft
    ? `The ${name.toLowerCase()} limit was reached on ${day}, which locks the day and fails nothing.`
    : `${name} limit broken on ${day}.`;
}

/** What the next roll would make of a limit at the equity of now. */
export function rollText({ floor, distance, breaches, breach_by }: RolledLimit): string {
  const room = breaches ? `violated by ${money(breach_by ?? "0")}` : `${money(distance)} away`;
  return `floor ${money(floor)}, ${room}`;
}

/** What an order would do, in sentences. */
export function whatIfText({ denied, price, waits, equity, position, breaches, limits }: WhatIf): string[] {
  const said = denied ? [`It would be denied: ${spaced(denied.reason)}.`] : [];
  if (price === null) return [...said, "There is no price at which it would execute now."];
  said.push(`${waits ? "Once the market comes to" : "Filled at"} ${money(price)}: position ${position}, equity ${money(equity)}.`);
  for (const { rule, distance } of limits) {
    said.push(breaches.includes(rule) ? `${ruleName(rule)} would be violated.` : `${ruleName(rule)}: ${money(distance)} to the floor.`);
  }
  return said;
}
