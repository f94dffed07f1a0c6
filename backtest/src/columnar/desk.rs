//! What an order costs in a run that the columns can follow.

use types::{
    FeeSchedule, Funding, Instrument, Latency, Liquidity, MarkKind, Money, Notional, PositionMode,
    Qty, Ratio, Side, Sizes, Slippage,
};

use super::{EXACT_MAX, NotColumnar};
use crate::run::{Fills, Sampling, Settings};
use crate::strategy::Size;

/// The largest position in 1e-6 of its currency: what the engine denies lies above.
const WORTH_MAX: f64 = 8e15;

/// Terms of trade of one account and one instrument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Desk {
    pub(super) fills: Fills,
    pub(super) initial: f64,
    /// Money of one tick of a full position, in 1e-6.
    pub(super) step: f64,
    /// A full position.
    pub(super) qty: Qty,
    /// Ticks that a buy pays above the price, and a sale gets below it.
    pub(super) above: f64,
    pub(super) below: f64,
    /// Whether equity has to cover what is held.
    pub(super) is_margined: bool,
    may_short: bool,
    fees: FeeSchedule,
    step_notional: i128,
}

const fn refuse<T>(what: &'static str, accepted: &'static str) -> Result<T, NotColumnar> {
    Err(NotColumnar { what, accepted })
}

impl Desk {
    /// The terms of a run.
    ///
    /// # Errors
    /// What the run has that this path does not know.
    pub fn new(settings: &Settings) -> Result<Self, NotColumnar> {
        let [instrument] = settings.instruments.as_slice() else {
            return refuse("the run has several instruments", "one");
        };
        let Liquidity::Paper(model) = instrument.liquidity else {
            return refuse("the instrument is crossed", "a paper instrument");
        };
        let above = match model.slippage {
            Slippage::None => 0,
            Slippage::Ticks(ticks) => ticks,
            _ => {
                return refuse(
                    "slippage depends on price or size",
                    "none, or so many ticks",
                );
            }
        };
        if model.sizes != Sizes::Unlimited || model.latency != Latency::None {
            return refuse(
                "fills have sizes or take time",
                "unlimited sizes without latency",
            );
        }
        if instrument.collar.0 != 0 || instrument.margin.initial.per_unit.0 != 0 {
            return refuse(
                "the instrument has a collar, or margin per unit",
                "neither of them",
            );
        }
        if settings.competition.is_some() {
            return refuse("the account is in a competition", "none");
        }
        check_plan(settings, instrument)?;
        if settings.sampling != Sampling::Bars || settings.fills == Fills::Market {
            return refuse(
                "equity is not noted at bars, or orders are sent at the market",
                "a sample for each bar, orders at opens or closes",
            );
        }
        if settings.spread_ticks != 0 && settings.fills != Fills::NextOpen {
            return refuse("closes have a spread", "a spread at opens only, or none");
        }
        let Size::Units(qty) = settings.size else {
            return refuse("a full position depends on the account", "so many units");
        };
        let Ok(lots) = instrument.lots(qty) else {
            return refuse("a full position is no whole number of lots", "whole lots");
        };
        if lots.0 <= 0 || qty.0.saturating_mul(2) > instrument.order_qty_max.0 {
            return refuse(
                "an order may be larger than the largest one",
                "twice a full position at most order_qty_max",
            );
        }
        let Ok(tick) = instrument.tick_value() else {
            return refuse("the instrument is not valid", "a valid one");
        };
        let step = tick.0.saturating_mul(lots.0.into());
        if step % Notional::PER_MONEY != 0 {
            return refuse(
                "a tick of a full position is no whole number of 1e-6",
                "a whole number of them",
            );
        }
        let spread = settings.spread_ticks;
        Ok(Self {
            fills: settings.fills,
            initial: settings.plan.initial_balance.0 as f64,
            step: (step / Notional::PER_MONEY) as f64,
            qty,
            above: f64::from(above) + f64::from(spread - spread / 2),
            below: f64::from(above) + f64::from(spread / 2),
            is_margined: matches!(settings.plan.terms.funding, Funding::Margin { .. }),
            may_short: settings.plan.terms.shorts && instrument.shortable,
            fees: instrument.fees,
            step_notional: step,
        })
    }

    pub(super) const fn may_short(&self) -> bool {
        self.may_short
    }

    /// Whether positions at such prices (ticks) are far from every end of a range.
    pub(super) fn holds(&self, highest: f64) -> bool {
        (highest + self.above) * self.step < WORTH_MAX && self.initial * 2.0 < EXACT_MAX
    }

    /// The fee of an order of `times` full positions at a price in ticks: as the engine's, rounded up to 1e-6.
    pub(super) fn fee(&self, ticks: f64, times: u8) -> f64 {
        let times = i128::from(times);
        let notional = (ticks as i128).abs() * self.step_notional * times;
        let units = i128::from(self.fees.per_unit.0) * i128::from(self.qty.0) * times;
        // Rate x Notional is 1e-26, and Money x Qty 1e-14.
        let exact = notional * i128::from(self.fees.taker.0) + units * 1_000_000_000_000;
        let per_money = Notional::PER_MONEY * i128::from(Ratio::ONE.0);
        let fee = (exact + per_money - 1).div_euclid(per_money);
        fee.max(self.fees.minimum.0.into()) as f64
    }

    /// The most that a full position is worth less at once than it cost.
    pub(super) fn lost_at_once(&self) -> f64 {
        (self.above + self.below) * self.step
    }

    pub(super) fn price(&self, ticks: f64, side: Side) -> f64 {
        match side {
            Side::Buy => ticks + self.above,
            Side::Sell => ticks - self.below,
        }
    }
}

fn check_plan(settings: &Settings, instrument: &Instrument) -> Result<(), NotColumnar> {
    let plan = &settings.plan;
    let has_rules = plan.daily_loss.is_some()
        || plan.max_loss.is_some()
        || plan.profit_target.is_some()
        || plan.consistency.is_some()
        || plan.payout.is_some()
        || plan.scaling.is_some()
        || plan.time_limit().is_some()
        || plan.conduct != rules::Conduct::default()
        || settings.stops_with_account;
    if has_rules {
        return refuse("the plan has rules", "a plan without rules");
    }
    if plan.currency != instrument.currency || !settings.definitions.is_empty() {
        return refuse(
            "the run has currencies or definitions beside the instrument",
            "the account's currency alone",
        );
    }
    let terms = plan.terms;
    if terms.funding == Funding::Cash
        || terms.mark != MarkKind::Liquidation
        || terms.mode != PositionMode::Netting
    {
        return refuse(
            "the account pays in cash, hedges, or is marked at prints or middles",
            "netted positions with margin or without checks, marked at what closing gets",
        );
    }
    if plan.initial_balance <= Money::ZERO {
        return refuse("the account starts without money", "a balance above zero");
    }
    Ok(())
}
