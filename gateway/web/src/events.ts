import type { AccountState, AlgoType, Decimal, Effect, Id, Leg, OrderType, Origin, Rule, Side, TimeInForce, WindowAction } from "./types";

/** The events of the gateway, v1, field by field. An id that a fact does not have is null; what is usual is left out. */

type Base = { seq: Id; ts: string };
type Own = Base & { account: Id };
type OfInstrument = { instrument: Id; symbol: string | null };
type OfOrder = Own & { order_id: Id | null };
type OfPlan = { plan: Id; plan_name: string | null };
type Request = OfInstrument & {
  client_order_id: Id | null;
  side: Side;
  order_type: OrderType;
  qty: Decimal;
  price?: Decimal;
  trigger?: Decimal;
  trigger_on?: "last";
  trail_amount?: Decimal;
  trail_percent?: Decimal;
  tif: TimeInForce;
  until?: string;
  display_qty?: Decimal;
  post_only?: true;
  reduce_only?: true;
  cancel_on_disconnect?: true;
  self_trade?: string;
  position?: Leg;
};
type AlgoRequest = OfInstrument & {
  client_order_id: Id | null;
  side: Side;
  algo_type: AlgoType;
  qty: Decimal;
  price?: Decimal;
  start: string;
  end: string;
  slices?: number;
  curve?: Id;
  rate_pct?: Decimal;
  position?: Leg;
};
/** Why, and the limits and values that belong to the reason. */
type Denial = { reason: string; figures?: Record<string, Decimal | number | boolean> };
/** What was asked for of an order; of an amendment, what was to change. */
type Asked = { change: "cancel" | "cancel_all" | "disconnect" | "amend"; qty?: Decimal; price?: Decimal; trigger?: Decimal };
type AdjustKind = "pnl" | "payout" | "scale";
/** Announced under a name, by the clock of a zone, or between the sessions of a market. */
export type Calendar = { named: string } | { daily: Hours } | { weekly: Hours } | { closed: Closed };
type Closed = { session: string; minutes_min?: number };
type Hours = { zone: string; from: string; to: string };
/** The action is null while the server does not know the plan. */
type OfWindow = OfPlan & { window: number; action: WindowAction | null; symbol?: string; symbols?: string[] };

export type BreachPosition = OfInstrument & {
  qty: Decimal;
  cost: Decimal;
  bid: Decimal;
  ask: Decimal;
  mark: Decimal;
  pnl: Decimal;
};

export type OrderAccepted = OfOrder & Request & { type: "order_accepted"; list?: Id; role?: string; arrives?: string };
export type AlgoAccepted = OfOrder & AlgoRequest & { type: "algo_accepted" };

export type BreachEvent = Own &
  OfPlan & {
    type: "breach";
    rule: Rule;
    effect: Effect;
    primary: boolean;
    touch_is_breach: boolean;
    balance: Decimal;
    equity: Decimal;
    baseline: Decimal;
    allowance: Decimal;
    floor: Decimal;
    plan_version: number;
    plan_hash: string;
    positions: BreachPosition[];
  };

export type EngineEvent =
  | (Base & Denial & { type: "input_rejected"; detail?: string; account?: never })
  | (Base & OfInstrument & { type: "instrument_registered"; account?: never })
  | (Base & OfInstrument & { type: "status_changed"; status: string; cause?: string; account?: never })
  | (Base & OfInstrument & { type: "uncrossed"; price: Decimal; qty: Decimal; surplus: Decimal; account?: never })
  | (Base & { type: "curve_defined"; curve: Id; account?: never })
  | (Base & { type: "latency_defined"; latency: Id; account?: never })
  | (Base & { type: "conversion_set"; from: string; to: string; rate: Decimal; account?: never })
  | (Base & OfPlan & { type: "plan_defined"; version: number; hash: string; account?: never })
  | (Base & { type: "competition_defined"; competition: Id; account?: never })
  | (Base & { type: "competition_changed"; competition: Id; state: string; account?: never })
  | (Base & { type: "board_frozen"; competition: Id; account?: never })
  | (Base & { type: "competition_denied"; competition: Id; account: Id | null; reason: string; detail: string })
  | (Base & { type: "prizes_unclaimed"; competition: Id; amount: Decimal; account?: never })
  | (Base & { type: "day_rolled"; day: string; zone: string; time: string; account?: never })
  | (Base & { type: "window_announced"; calendar: Calendar; start: string; end: string; account?: never })
  | (Base & OfWindow & { type: "window_opened"; until: string; account?: never })
  | (Base & OfWindow & { type: "window_closed"; account?: never })
  | (Own & OfPlan & { type: "account_opened"; parent: Id | null; origin?: Origin; balance: Decimal })
  | (Base & OfPlan & Denial & { type: "account_denied"; parent: Id; origin: Origin; account?: never })
  | (Own & { type: "suspended"; reason: string; until: string | null; prior: AccountState })
  | (Own & { type: "account_change_denied"; change: "suspend" | "resume" | "close"; state: AccountState })
  | (Own & {
      type: "inactive";
      days: number;
      limit: number;
      effect: "fail" | "suspend" | "close";
      active: string;
      active_seq: Id;
      active_ts: string;
      opens: string;
      equity: Decimal;
      positions: BreachPosition[];
    })
  | (Own & { type: "paid_out"; payouts: number })
  | (Own & {
      type: "lapsed";
      limit: number;
      counts: "calendar" | "trading";
      effect: "fail" | "close";
      opened: string;
      last: string;
      opens: string;
      equity: Decimal;
      positions: BreachPosition[];
    })
  | (Own & { type: "competition_entered"; competition: Id })
  | (Own & { type: "disqualified"; competition: Id; reason: string })
  | (Own & { type: "reinstated"; competition: Id })
  | (Own & { type: "prize_awarded"; competition: Id; amount: Decimal })
  | OrderAccepted
  | (Own & Request & Denial & { type: "order_denied" })
  | (OfOrder & { type: "order_activated"; qty: Decimal })
  | AlgoAccepted
  | (Own & AlgoRequest & Denial & { type: "algo_denied" })
  | (OfOrder & Denial & { type: "algo_ended"; filled: Decimal; child_reason?: string })
  | (OfOrder & { type: "order_triggered"; price: Decimal })
  | (OfOrder & { type: "order_amended"; qty: Decimal; price?: Decimal; trigger?: Decimal })
  | (OfOrder & Denial & { type: "order_cancelled"; leaves: Decimal })
  | (OfOrder & Denial & Asked & { type: "change_denied" })
  | (OfOrder &
      OfInstrument & {
        type: "fill";
        client_order_id: Id | null;
        side: Side;
        qty: Decimal;
        price: Decimal;
        leaves: Decimal;
        fee: Decimal;
        realised: Decimal;
        balance: Decimal;
        position: Decimal;
        leg?: Leg;
        liquidation: boolean;
        cause?: string;
        model?: string;
        maker?: boolean;
        known?: string;
      })
  | (Own &
      OfInstrument & {
        type: "booked";
        leg?: Leg;
        cause: "financing" | "dividend" | "split";
        amount: Decimal;
        balance: Decimal;
        position: Decimal;
      })
  | (OfOrder & OfInstrument & { type: "profit_excluded"; amount: Decimal; window: number | null })
  | (OfOrder & OfInstrument & { type: "held_too_short"; held_s: Decimal; min_s: number })
  | (Own & { type: "margin_call"; equity: Decimal; required: Decimal })
  | (Own & { type: "liquidated"; equity: Decimal; fees: Decimal; slippage: Decimal })
  | (Own & {
      type: "limit_warned";
      rule: Rule;
      equity: Decimal;
      baseline: Decimal;
      allowance: Decimal;
      floor: Decimal;
      used_pct: Decimal | null;
    })
  | (Own & {
      type: "floor_moved";
      rule: Rule;
      baseline: Decimal;
      allowance: Decimal;
      floor: Decimal;
      cause: string;
      baseline_seq: Id;
      baseline_ts: string;
      baseline_from: "opening" | "roll" | "equity" | "closed_balance" | "scaling";
      peak: Decimal | null;
    })
  | BreachEvent
  | (Own & { type: "day_locked" })
  | (Own & { type: "day_unlocked" })
  | (Own & { type: "day_closed"; day: string; pnl: Decimal; balance: Decimal; equity: Decimal; counted: boolean })
  | (Own & {
      type: "consistency";
      best_day: Decimal;
      denominator: Decimal;
      share_pct: Decimal | null;
      cap_pct: Decimal;
      inclusive: boolean;
      met: boolean;
      total_needed: Decimal | null;
      next_day_max: Decimal | null;
    })
  | (Own & { type: "target_reached"; balance: Decimal; target: Decimal })
  | (Own & { type: "state_changed"; from: AccountState; to: AccountState; reason: string })
  | (Own & { type: "adjusted"; kind: AdjustKind; amount: Decimal; balance: Decimal; size: Decimal })
  | (Own & Denial & { type: "adjust_denied"; kind: AdjustKind })
  | (Own & { type: "payout_approved"; amount: Decimal; trader: Decimal; firm: Decimal; balance: Decimal })
  | (Own & {
      type: "scale_standing";
      profit: Decimal;
      profit_needed: Decimal;
      days: number;
      days_needed: number;
      payouts: number;
      payouts_needed: number;
      met: boolean;
    })
  | (Own & Denial & { type: "payout_denied"; requested: Decimal; eligible: Decimal });
