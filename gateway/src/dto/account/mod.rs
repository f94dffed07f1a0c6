//! Accounts, their limits and positions; working orders are in [`order`].

pub mod change;
pub mod conduct;
pub mod explain;
pub mod money;
pub mod open;
pub mod order;

use rules::{FloorStand, Plan};
use runtime::view::{AccountRow, AccountView, BreachPrice, LimitView, PositionView};
use serde::Serialize;
use types::{MarkKind, Notional, Ratio, RuleKind, Side};

use super::names::Names;
use super::objective::ObjectiveDto;
use super::percent;
use super::plan::TermsDto;
use super::word::Word;

pub use conduct::{ConductDto, SuspensionDto};
pub use explain::{BreachLineDto, DenialDto, MoveDto, NextRollDto, WhatIfDto};
pub use money::{PayoutDto, ScalingDto};
pub use order::{AlgoDto, OrderDto};

/// The short form of an account, for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountRowDto {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Name of its plan.
    pub plan: String,
    /// Its state.
    pub state: &'static str,
    /// Phase of an evaluation; 0 when funded.
    pub phase: u8,
    /// Whether it takes no orders until the next roll.
    pub day_locked: bool,
    /// Realised cash.
    pub balance: String,
    /// Balance plus unrealised.
    pub equity: String,
    /// Equity against the account's size, percent.
    pub pnl_pct: String,
    /// The largest share that is used of one of its limits, percent, from 0; null where none can be
    /// said.
    pub worst_limit_used_pct: Option<String>,
}

impl AccountRowDto {
    /// The short form of an account.
    pub fn new(row: &AccountRow, names: &Names) -> Self {
        let (size, equity) = (i128::from(row.size.0), i128::from(row.equity.0));
        Self {
            id: names.account(row.id),
            name: row.name.to_string(),
            plan: row.plan_name.to_string(),
            state: row.state.word(),
            phase: row.phase,
            day_locked: row.day_locked,
            balance: row.balance.to_string(),
            equity: row.equity.to_string(),
            pnl_pct: percent::share(equity - size, size).unwrap_or_default(),
            worst_limit_used_pct: row.used.map(|used| percent::rounded(used.max(Ratio::ZERO))),
        }
    }
}

/// Everything about one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountDto {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The account it follows.
    pub parent: Option<String>,
    /// Why it follows it.
    pub origin: Option<&'static str>,
    /// Resets that led to it.
    pub resets: u8,
    /// Retries that led to it.
    pub retries: u8,
    /// Whether another account follows it.
    pub followed: bool,
    /// Its plan.
    pub plan: PlanRefDto,
    /// Its state.
    pub state: &'static str,
    /// Its suspension; null while it is not suspended.
    pub suspension: Option<SuspensionDto>,
    /// Phase of an evaluation; 0 when funded.
    pub phase: u8,
    /// Whether it takes no orders until the next roll.
    pub day_locked: bool,
    /// Currency of all amounts.
    pub currency: String,
    /// Balance that it opened with.
    pub initial: String,
    /// What percentages of initial refer to: the initial balance and the scaling steps since.
    pub size: String,
    /// Realised cash.
    pub balance: String,
    /// Balance plus unrealised.
    pub equity: String,
    /// Open profit at the mark.
    pub unrealised: String,
    /// Fees paid so far.
    pub fees: String,
    /// Position mode, funding and short rule.
    pub terms: TermsDto,
    /// Balances of other currencies.
    pub foreign: Vec<BalanceDto>,
    /// What positions and working orders tie up; null where the plan checks no margin.
    pub margin_required: Option<String>,
    /// What is left for another order; null where the plan checks nothing.
    pub buying_power: Option<String>,
    /// Equity below this is a margin call; null where the plan checks no margin.
    pub maintenance_required: Option<String>,
    /// What could be paid out now, and why not; null where the plan pays nothing out.
    pub payout: Option<PayoutDto>,
    /// How it could grow, and why not yet; null where the plan does not scale.
    pub scaling: Option<ScalingDto>,
    /// The open trading day.
    pub day: DayDto,
    /// Its limits.
    pub limits: Vec<LimitDto>,
    /// What the next roll would do at the equity of now; null for an account that does not trade, or that the
    /// next input fails or locks.
    pub next_roll: Option<NextRollDto>,
    /// Its objectives.
    pub objectives: Vec<ObjectiveDto>,
    /// How it stands against its rules of conduct; null where its plan has none.
    pub conduct: Option<ConductDto>,
    /// Open positions, oldest first.
    pub positions: Vec<PositionDto>,
    /// Working orders, oldest first.
    pub orders: Vec<OrderDto>,
    /// Working algos, oldest first.
    pub algos: Vec<AlgoDto>,
    /// The newest primary breach.
    pub breach: Option<BreachDto>,
}

/// Which plan an account has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanRefDto {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Version that its author gave it.
    pub version: u32,
    /// Hash of its canonical bytes.
    pub hash: String,
}

/// What is held of a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BalanceDto {
    /// The currency.
    pub currency: String,
    /// Realised cash in it.
    pub balance: String,
}

/// The open trading day of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayDto {
    /// The day; null before the first roll.
    pub date: Option<String>,
    /// Realised profit, fees included.
    pub pnl: String,
    /// Balance when it opened.
    pub start_balance: String,
    /// Equity when it opened.
    pub start_equity: String,
}

/// A breach in short; the breach event has the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BreachDto {
    /// The input that caused it.
    pub seq: String,
    /// When.
    pub ts: String,
    /// The rule.
    pub rule: &'static str,
    /// Equity at the test, exact.
    pub equity: String,
    /// The floor it was tested against.
    pub floor: String,
    /// What the floor was measured from.
    pub baseline: String,
    /// Hash of the plan.
    pub plan_hash: String,
}

/// A limit as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitDto {
    /// The rule.
    pub rule: &'static str,
    /// What a breach does.
    pub effect: &'static str,
    /// What the floor follows (maximum loss) or is measured from (daily loss).
    pub trail: &'static str,
    /// Whether equity at the floor is a breach.
    pub touch_is_breach: bool,
    /// Reference value.
    pub baseline: String,
    /// Allowed distance below it.
    pub allowance: String,
    /// The floor.
    pub floor: String,
    /// What the floor does: `fixed`, `follows`, `frozen` (its source reached the level at which it
    /// stops) or `held` (it stands at a level, whatever baseline less allowance is).
    pub stand: &'static str,
    /// The level that it is held at, else null.
    pub held_at: Option<String>,
    /// What payouts put baseline and floor lower by since the allowance was taken.
    pub lowered: String,
    /// Equity minus floor.
    pub distance: String,
    /// The same in percent of equity; null while equity is not above zero.
    pub distance_pct: Option<String>,
    /// Share of the way from baseline to floor that is used, percent; below zero in profit, null where
    /// the floor is not below the baseline.
    pub used_pct: Option<String>,
    /// What moved it last; null while nothing did.
    pub moved: Option<MoveDto>,
    /// For each instrument in which something is open the price that would break the limit, bid and ask as
    /// far apart as now.
    pub breach_prices: Vec<BreachPriceDto>,
    /// The marks that break it together; null without positions.
    pub line: Option<BreachLineDto>,
}

/// The price at which a limit would break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BreachPriceDto {
    /// The instrument.
    pub instrument: String,
    /// Its symbol.
    pub symbol: String,
    /// The side of the quote that is meant, `bid` or `ask`.
    pub side: &'static str,
    /// What is meant instead where the plan values positions at it: `last`, a print, or `mid`, the middle
    /// of the quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<&'static str>,
    /// The first price that breaks it.
    pub price: String,
    /// Of an instrument in another currency the rate of now, which is assumed to stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion: Option<String>,
}

/// An open position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PositionDto {
    /// The instrument.
    pub instrument: String,
    /// Its symbol.
    pub symbol: String,
    /// `long` or `short`.
    pub side: &'static str,
    /// `net`, or in a hedging account which of its positions: `long` or `short`.
    pub leg: &'static str,
    /// How much, without sign.
    pub qty: String,
    /// Average price.
    pub avg_price: String,
    /// The price that values it.
    pub mark: Option<String>,
    /// Value at the mark minus cost.
    pub unrealised: String,
    /// Value at the mark, without sign.
    pub notional: String,
}

impl AccountDto {
    /// Everything about an account; `plan` is its plan.
    pub fn new(view: &AccountView, plan: &Plan, names: &Names) -> Self {
        let row = &view.row;
        let text = |money: Option<types::Money>| money.map(|money| money.to_string());
        Self {
            id: names.account(row.id),
            name: row.name.to_string(),
            parent: row.parent.map(|parent| names.account(parent.account)),
            origin: row.parent.map(|parent| parent.origin.word()),
            resets: view.lineage.resets,
            retries: view.lineage.retries,
            followed: view.followed,
            plan: PlanRefDto {
                id: names.plan(row.plan),
                name: row.plan_name.to_string(),
                version: view.plan_version,
                hash: view.plan_hash.to_string(),
            },
            state: row.state.word(),
            suspension: view.suspension.as_ref().map(SuspensionDto::new),
            phase: row.phase,
            day_locked: row.day_locked,
            currency: view.currency.to_string(),
            initial: view.initial_balance.to_string(),
            size: row.size.to_string(),
            balance: row.balance.to_string(),
            equity: row.equity.to_string(),
            unrealised: view.unrealised.to_string(),
            fees: view.fees.to_string(),
            terms: TermsDto::new(view.terms),
            foreign: view
                .foreign
                .iter()
                .map(|(currency, balance)| BalanceDto {
                    currency: currency.to_string(),
                    balance: balance.to_string(),
                })
                .collect(),
            margin_required: text(view.margin_required),
            buying_power: text(view.buying_power),
            maintenance_required: text(view.maintenance_required),
            payout: view.payout.as_ref().map(PayoutDto::new),
            scaling: view.scaling.as_ref().map(ScalingDto::new),
            day: DayDto {
                date: view.day.map(|day| day.to_string()),
                pnl: view.day_pnl.to_string(),
                start_balance: view.day_start_balance.to_string(),
                start_equity: view.day_start_equity.to_string(),
            },
            limits: view
                .limits
                .iter()
                .map(|limit| LimitDto::new(limit, row.equity.to_notional(), plan, names))
                .collect(),
            next_roll: view.next_roll.as_ref().map(NextRollDto::new),
            objectives: ObjectiveDto::all(view),
            conduct: view
                .conduct
                .as_ref()
                .map(|conduct| ConductDto::new(conduct, names)),
            positions: view
                .positions
                .iter()
                .map(|position| PositionDto::new(position, names))
                .collect(),
            orders: view
                .orders
                .iter()
                .map(|order| OrderDto::new(order, names))
                .collect(),
            algos: view
                .algos
                .iter()
                .map(|algo| AlgoDto::new(algo, names))
                .collect(),
            breach: view.breach.as_ref().map(|(seq, ts, breach)| BreachDto {
                seq: seq.to_string(),
                ts: ts.to_string(),
                rule: breach.rule.word(),
                equity: breach.equity.to_string(),
                floor: breach.floor.to_string(),
                baseline: breach.baseline.to_string(),
                plan_hash: breach.plan_hash.to_string(),
            }),
        }
    }
}

impl LimitDto {
    fn new(view: &LimitView, equity: Notional, plan: &Plan, names: &Names) -> Self {
        let limit = &view.limit;
        let trail = match limit.rule {
            RuleKind::DailyLoss => plan.daily_loss.map(|rule| rule.anchor.word()),
            RuleKind::MaxLoss => plan.max_loss.map(|rule| rule.trail.word()),
        };
        let (stand, held_at) = match view.stand {
            FloorStand::Fixed => ("fixed", None),
            FloorStand::Follows => ("follows", None),
            FloorStand::Frozen => ("frozen", None),
            FloorStand::Held(level) => ("held", Some(level.to_string())),
        };
        Self {
            rule: limit.rule.word(),
            effect: limit.effect.word(),
            trail: trail.unwrap_or_default(),
            touch_is_breach: limit.touch_is_breach,
            baseline: limit.baseline.to_string(),
            allowance: limit.allowance.to_string(),
            floor: limit.floor.to_string(),
            stand,
            held_at,
            lowered: limit.lowered.to_string(),
            distance: view.distance.to_string(),
            distance_pct: percent::share(view.distance.0.into(), equity.to_money_floor().0.into()),
            used_pct: view.used.map(percent::rounded),
            moved: view.moved.as_ref().map(MoveDto::new),
            breach_prices: view
                .breach_prices
                .iter()
                .map(|price| BreachPriceDto::new(price, names))
                .collect(),
            line: view
                .line
                .as_ref()
                .map(|line| BreachLineDto::new(line, names)),
        }
    }
}

impl BreachPriceDto {
    fn new(price: &BreachPrice, names: &Names) -> Self {
        Self {
            instrument: names.instrument(price.instrument),
            symbol: price.symbol.to_string(),
            side: match price.side {
                Side::Buy => "bid",
                Side::Sell => "ask",
            },
            mark: (price.mark != MarkKind::Liquidation).then(|| price.mark.word()),
            price: price.price.to_string(),
            conversion: price.conversion.map(|rate| rate.to_string()),
        }
    }
}

impl PositionDto {
    /// A position.
    pub fn new(view: &PositionView, names: &Names) -> Self {
        Self {
            instrument: names.instrument(view.instrument),
            symbol: view.symbol.to_string(),
            side: if view.position.is_negative() {
                "short"
            } else {
                "long"
            },
            leg: view.leg.word(),
            qty: view.position.abs().to_string(),
            avg_price: view.average_price.to_string(),
            mark: view.mark.map(|mark| mark.to_string()),
            unrealised: view.unrealised.to_string(),
            notional: view.notional.to_string(),
        }
    }
}
