import type { Meta, NewOrder, OrderResult, Problem, WhatIf } from "./types";

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
}

async function call<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, { cache: "no-store", ...init });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const given = (body ?? {}) as Partial<Problem>;
  throw new Refused({
    type: given.type ?? "about:blank",
    title: given.title ?? response.statusText,
    status: response.status,
    detail: given.detail ?? "",
    errors: given.errors ?? [],
  });
}

export function getMeta(): Promise<Meta> {
  return call<Meta>("/v1/meta");
}

export function placeOrder(account: string, order: NewOrder): Promise<OrderResult> {
  return call<OrderResult>(`/v1/accounts/${account}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(order),
  });
}

/** What an order would do; nothing is sent to the market. */
export function askWhatIf(account: string, order: Omit<NewOrder, "client_order_id">): Promise<WhatIf> {
  return call<WhatIf>(`/v1/accounts/${account}/what-if`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(order),
  });
}

export function cancelOrder(account: string, order: string): Promise<{ status: string }> {
  return call(`/v1/accounts/${account}/orders/${order}`, { method: "DELETE" });
}

/** The document that `dynasty verify-breach` recomputes. */
export function proofPath(breach: { account: string; seq: string; rule: string }): string {
  return `/v1/accounts/${breach.account}/proofs/${breach.seq}?rule=${breach.rule}`;
}

/** Unique per account without a round trip: the wall clock and 44 random bits, well inside a u128. */
export function clientOrderId(): string {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  const noise = (BigInt(high! & 0xfff) << 32n) | BigInt(low!);
  return ((BigInt(Date.now()) << 44n) | noise).toString();
}
