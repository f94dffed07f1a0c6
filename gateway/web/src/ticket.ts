import { signal } from "@preact/signals";
import { clientOrderId, placeOrder, Refused } from "./api";
import { quantity } from "./decimal";
import { price as priceText } from "./prices";
import { accountId, instrumentId } from "./selection";
import type { NewOrder, OrderResult, OrderType, Position, Side, TimeInForce } from "./types";
import { spaced } from "./words";

export type Field = "instrument" | "side" | "type" | "qty" | "price" | "trigger" | "tif";
export interface Outcome {
  tone: "good" | "warn" | "bad" | "plain";
  text: string;
}

export const instrument = signal<string | null>(null);
export const side = signal<Side>("buy");
export const type = signal<OrderType>("market");
export const qty = signal("");
export const price = signal("");
export const trigger = signal("");
export const tif = signal<TimeInForce>("gtc");
export const busy = signal(false);
export const outcome = signal<Outcome | null>(null);
export const errors = signal<Partial<Record<string, string>>>({});

export function focusTicket(next: Side): void {
  side.value = next;
  instrument.value = instrumentId.value ?? instrument.value;
  document.querySelector<HTMLInputElement>("#ticket-qty")?.select();
}

/** Fills the ticket with the order that would flatten the position; sending it stays a decision. */
export function prepareClose(position: Position): void {
  instrument.value = position.instrument;
  side.value = position.side === "long" ? "sell" : "buy";
  type.value = "market";
  qty.value = position.qty.replace(/^-/, "");
  errors.value = {};
  outcome.value = null;
  document.querySelector<HTMLElement>("#ticket-send")?.focus();
}

function draft(): NewOrder {
  const order: NewOrder = {
    client_order_id: clientOrderId(),
    instrument: instrument.value ?? "",
    side: side.value,
    type: type.value,
    qty: qty.value.trim(),
    tif: tif.value,
  };
  if (type.value === "limit") order.price = price.value.trim();
  if (type.value === "stop") order.trigger = trigger.value.trim();
  return order;
}

function firstLook(order: NewOrder): Partial<Record<string, string>> {
  const found: Partial<Record<string, string>> = {};
  const positive = /^(?=.*[1-9])\d+(\.\d+)?$/;
  for (const field of ["qty", "price", "trigger"] as const) {
    const text = order[field];
    if (text !== undefined && !positive.test(text)) found[field] = "must be a number above zero, such as 0.5";
  }
  return found;
}

function outcomeOf(result: OrderResult): Outcome {
  const fills = (result.events ?? []).filter((event) => event.type === "fill");
  const last = fills.at(-1);
  if (last) {
    const count = fills.length > 1 ? ` in ${fills.length} fills, last` : "";
    return {
      tone: "good",
      text: `${last.side === "buy" ? "Bought" : "Sold"} ${quantity(last.qty)} ${last.symbol ?? ""}${count} at ${priceText(last.price, last.instrument)}`,
    };
  }
  if (result.status === "denied" || result.status === "rejected") {
    const word = result.status === "denied" ? "Denied" : "Rejected";
    return { tone: "warn", text: `${word}: ${result.reason === null ? "no reason given" : spaced(result.reason)}` };
  }
  return { tone: "plain", text: `Order ${result.order_id ?? ""} ${result.status}${result.reason ? `: ${result.reason}` : ""}` };
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export async function submit(): Promise<void> {
  const account = accountId.value;
  if (busy.value || account === null) return;
  const order = draft();
  errors.value = firstLook(order);
  outcome.value = null;
  const wrong = Object.keys(errors.value)[0];
  if (wrong) {
    document.querySelector<HTMLElement>(`#ticket-${wrong}`)?.focus();
    return;
  }
  busy.value = true;
  try {
    outcome.value = outcomeOf(await placeOrder(account, order));
  } catch (error) {
    if (error instanceof Refused) {
      const { problem } = error;
      errors.value = Object.fromEntries(
        problem.errors.map(({ field, value, accepted }) => [
          field.replace(/^\/?(body[./])?/, ""),
          `${shown(value)} is not accepted; accepted is ${shown(accepted)}`,
        ]),
      );
      outcome.value = { tone: "warn", text: problem.detail || problem.title };
      const field = Object.keys(errors.value)[0];
      if (field) document.querySelector<HTMLElement>(`#ticket-${field}`)?.focus();
    } else {
      outcome.value = { tone: "bad", text: "The order did not reach the server. Check the event list before sending it again." };
    }
  } finally {
    busy.value = false;
  }
}
