//! Everything the rules know about one account: limits, day facts, target.
//!
//! The caller keeps the order of work: test an input's equity against the floors as they stand
//! ([`AccountRules::breached`]), ratchet after; at a roll, test again at once. All methods take the
//! plan that the account was opened under.

use types::{
    AccountId, Consistency, Money, Notional, RuleKind, TimestampNs, TradingDay, codec_struct,
};

use crate::limit::{Breaches, FloorMoves, Limit};
use crate::objective::DayFacts;
use crate::plan::{AfterPayout, DailyAnchor, DailyLoss, MaxLoss, PayoutKeep, Plan, TrailSource};
use crate::trail::MaxFloor;

/// What the rules know about one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRules {
    size: Money,
    daily: Option<Limit>,
    max: Option<MaxFloor>,
    quiet: Quiet,
    day: Option<TradingDay>,
    day_start_balance: Money,
    day_start_equity: Money,
    facts: DayFacts,
    target_reached_at: Option<TimestampNs>,
}

/// The range of equity in which nothing happens; follows from the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quiet {
    /// The lowest equity that violates no limit.
    low: Notional,
    /// The lowest that violates no hard limit: what a locked day is held to.
    low_locked: Notional,
    /// The highest that moves no peak.
    high: Notional,
}

codec_struct!(Quiet {
    low,
    low_locked,
    high
});
codec_struct!(AccountRules {
    size,
    daily,
    max,
    quiet,
    day,
    day_start_balance,
    day_start_equity,
    facts,
    target_reached_at,
});

/// What a roll did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roll {
    /// The day that closed, its realised profit, and whether it counted toward the minimum of days.
    /// `None` where no day was open: the time before a schedule's first roll has no day of its own,
    /// though what happened in it counts like a day's.
    pub closed: Option<(TradingDay, Money, bool)>,
    /// The floors that moved.
    pub moves: FloorMoves,
}

impl AccountRules {
    /// A fresh account: size, balance and equity are the plan's initial balance. `day` is the trading
    /// day that is open for the plan's schedule, `None` before its first roll.
    pub fn open(plan: &Plan, day: Option<TradingDay>) -> Self {
        let size = plan.initial_balance;
        let mut account = Self {
            size,
            daily: plan.daily_loss.map(|rule| daily_limit(&rule, size, size)),
            max: plan.max_loss.map(|rule| MaxFloor::open(&rule, size)),
            quiet: Quiet {
                low: Notional(i128::MIN),
                low_locked: Notional(i128::MIN),
                high: Notional(i128::MAX),
            },
            day,
            day_start_balance: size,
            day_start_equity: size,
            facts: DayFacts::default(),
            target_reached_at: None,
        };
        account.refresh_quiet(plan);
        account
    }

    /// What percentages of initial refer to: the initial balance and the scaling steps since.
    pub const fn size(&self) -> Money {
        self.size
    }

    /// The daily loss limit as it stands.
    pub const fn daily(&self) -> Option<&Limit> {
        self.daily.as_ref()
    }

    /// The maximum loss limit as it stands.
    pub fn max(&self) -> Option<&Limit> {
        self.max.as_ref().map(|max| &max.limit)
    }

    /// The limits as they stand, daily before maximum.
    pub fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.daily().into_iter().chain(self.max())
    }

    /// Tests equity against the floors as they stand. On a `locked` day the limits that only lock are
    /// not tested again; those that fail the account always are.
    pub fn breached(&self, equity: Notional, locked: bool) -> Breaches {
        let violated = |limit: Option<&Limit>| {
            limit
                .filter(|limit| (limit.is_hard() || !locked) && limit.is_breached_by(equity))
                .copied()
        };
        Breaches::of(violated(self.daily()), violated(self.max()))
    }

    /// Whether this equity neither violates a limit nor moves a peak, so that neither
    /// [`Self::breached`] nor [`Self::ratchet_equity`] has anything to say. Two comparisons.
    #[inline]
    pub const fn is_quiet(&self, equity: Notional, locked: bool) -> bool {
        let low = if locked {
            self.quiet.low_locked
        } else {
            self.quiet.low
        };
        low.0 <= equity.0 && equity.0 <= self.quiet.high.0
    }

    /// The lowest and the highest equity in which [`Self::is_quiet`] holds.
    #[inline]
    pub const fn quiet(&self, locked: bool) -> (Notional, Notional) {
        let low = if locked {
            self.quiet.low_locked
        } else {
            self.quiet.low
        };
        (low, self.quiet.high)
    }

    /// After the test: raises what follows equity live. Also while flat, with equity = balance.
    #[inline]
    pub fn ratchet_equity(&mut self, plan: &Plan, equity: Notional) -> FloorMoves {
        if equity <= self.quiet.high {
            return FloorMoves::default();
        }
        let value = equity.to_money_floor();
        self.moving(plan, |account| {
            if let (Some(limit), Some(rule)) = (&mut account.daily, &plan.daily_loss)
                && rule.anchor == DailyAnchor::IntradayPeak
                && value > limit.baseline
            {
                *limit = daily_limit(rule, account.size, value);
            }
            account.raise_max(plan, TrailSource::TickEquity, value);
        })
    }

    /// After the test of an input that closed (a part of) a position or booked profit or loss: raises
    /// what follows the closed balance.
    #[inline]
    pub fn ratchet_closed(&mut self, plan: &Plan, balance: Money) -> FloorMoves {
        let follows = |rule: &MaxLoss| rule.trail == TrailSource::ClosedBalance;
        if !plan.max_loss.as_ref().is_some_and(follows) {
            return FloorMoves::default();
        }
        self.moving(plan, |account| {
            account.raise_max(plan, TrailSource::ClosedBalance, balance);
        })
    }

    /// A fill opened or enlarged a position.
    pub const fn record_opening_fill(&mut self) {
        self.facts.record_opening_fill();
    }

    /// A position was open at some time of this day.
    pub const fn record_held(&mut self) {
        self.facts.record_held();
    }

    /// Realised profit of this day; fees are negative.
    pub const fn record_realised(&mut self, pnl: Money) {
        self.facts.record_realised(pnl);
    }

    /// Realised profit of this day so far, fees included.
    pub const fn day_pnl(&self) -> Money {
        self.facts.pnl()
    }

    /// Balance at the last roll, or at the opening.
    pub const fn day_start_balance(&self) -> Money {
        self.day_start_balance
    }

    /// Equity at the last roll, rounded down, or at the opening.
    pub const fn day_start_equity(&self) -> Money {
        self.day_start_equity
    }

    /// The open trading day; `None` before the first roll.
    pub const fn day(&self) -> Option<TradingDay> {
        self.day
    }

    /// Trading days counted, with today if it counts already.
    pub fn days_counted(&self, plan: &Plan) -> u16 {
        self.facts.days_counted(plan.min_days)
    }

    /// Closes the day, takes the anchors, replaces the daily limit and raises what follows the end of
    /// a day. Balance and equity are those of the last event strictly before the roll. The caller
    /// tests again at once. `held`: positions are open over the roll.
    pub fn roll(
        &mut self,
        plan: &Plan,
        day: TradingDay,
        balance: Money,
        equity: Notional,
        held: bool,
    ) -> Roll {
        let (pnl, counted) = self.facts.close(plan.min_days, held);
        let closed = self.day.replace(day).map(|day| (day, pnl, counted));
        self.day_start_balance = balance;
        self.day_start_equity = equity.to_money_floor();
        let moves = self.moving(plan, |account| {
            let (balance, equity) = (account.day_start_balance, account.day_start_equity);
            account.daily = plan.daily_loss.map(|rule| {
                let anchor = match rule.anchor {
                    DailyAnchor::Balance => balance,
                    DailyAnchor::Equity | DailyAnchor::IntradayPeak => equity,
                    DailyAnchor::MaxBalanceEquity => balance.max(equity),
                };
                daily_limit(&rule, account.size, anchor)
            });
            account.raise_max(plan, TrailSource::EodBalance, balance);
            account.raise_max(plan, TrailSource::EodEquity, equity);
        });
        Roll { closed, moves }
    }

    /// The balance that meets the profit target; `None` without a target.
    pub fn target_balance(&self, plan: &Plan) -> Option<Money> {
        plan.profit_target
            .map(|target| self.size.saturating_add(target.amount(self.size)))
    }

    /// Tests the profit target on the balance while flat. The balance that was needed, the first time
    /// that it is met; that time is recorded.
    pub fn reach_target(&mut self, plan: &Plan, balance: Money, ts: TimestampNs) -> Option<Money> {
        let needed = self.target_balance(plan)?;
        if self.target_reached_at.is_some() || balance < needed {
            return None;
        }
        self.target_reached_at = Some(ts);
        Some(needed)
    }

    /// When the profit target was met for the first time.
    pub const fn target_reached_at(&self) -> Option<TimestampNs> {
        self.target_reached_at
    }

    /// How the account stands against its consistency rule, with today so far as one of the days;
    /// `None` without a rule.
    ///
    /// While the rule is strict, `total_needed` is the least total above the one that has the best day
    /// exactly at the cap, and `next_day_max` the most below it.
    pub fn consistency(&self, plan: &Plan, account: AccountId) -> Option<Consistency> {
        let target = plan
            .profit_target
            .map_or(Money::ZERO, |target| target.amount(self.size));
        plan.consistency
            .map(|rule| self.facts.consistency(&rule, target, account))
    }

    /// Whether target, minimum days and consistency hold together now; false without a target. The
    /// caller makes sure that nothing is open.
    pub fn passes(&self, plan: &Plan, balance: Money) -> bool {
        self.target_balance(plan)
            .is_some_and(|needed| balance >= needed)
            && plan
                .min_days
                .is_none_or(|rule| self.days_counted(plan) >= rule.days)
            && self
                .consistency(plan, AccountId(0))
                .is_none_or(|standing| standing.met)
    }

    /// What could be paid out now: the least of the fraction of the profit, the cap, what the plan
    /// lets go, and what leaves the account within its maximum loss after the payout. Never below 0;
    /// 0 without a payout rule.
    pub fn payout_eligible(&self, plan: &Plan, balance: Money) -> Money {
        let Some(rule) = plan.payout else {
            return Money::ZERO;
        };
        let profit = balance.saturating_sub(self.size);
        let mut eligible = profit.mul_ratio_floor(rule.fraction);
        if let Some(cap) = rule.cap {
            eligible = eligible.min(cap);
        }
        let kept = match rule.keep {
            PayoutKeep::AboveInitial(net) => Some(self.size.saturating_add(net)),
            PayoutKeep::AboveFloor(buffer) => {
                self.max().map(|max| max.floor.saturating_add(buffer))
            }
        };
        if let Some(kept) = kept {
            eligible = eligible.min(balance.saturating_sub(kept));
        }
        if let Some(max) = self.max() {
            let floor_after = match rule.after {
                AfterPayout::FloorStays => Some(max.floor),
                AfterPayout::FloorToInitial => Some(self.size),
                AfterPayout::FloorFallsByPayout => None,
            };
            if let Some(floor) = floor_after {
                let lowest = floor.saturating_add(Money(max.touch_is_breach.into()));
                eligible = eligible.min(balance.saturating_sub(lowest));
            }
        }
        eligible.max(Money::ZERO)
    }

    /// Books an approved payout: starts a new consistency window where the plan says so, moves the
    /// floor of the maximum loss as the plan says, and puts the day's floor lower by the amount, which
    /// is no loss of the day. The caller has checked the amount and moved the balance.
    pub fn pay_out(&mut self, plan: &Plan, amount: Money) -> FloorMoves {
        let amount = amount.max(Money::ZERO);
        if let Some(rule) = plan.consistency {
            self.facts.pay_out(rule.window);
        }
        self.moving(plan, |account| {
            if let Some(daily) = &mut account.daily {
                daily.lower_by(amount);
            }
            if let (Some(max), Some(rule)) = (&mut account.max, plan.payout) {
                max.pay_out(rule.after, account.size, amount);
            }
        })
    }

    /// One scaling step, a share of the original size: size, balance and baselines grow by it, and
    /// allowances that are percentages are taken anew. Returns the money to add to the balance and
    /// the floors that moved; `None` without a rule or past the largest size.
    pub fn scale(&mut self, plan: &Plan) -> Option<(Money, FloorMoves)> {
        let rule = plan.scaling?;
        let step = plan.initial_balance.mul_ratio_floor(rule.step);
        let size = self.size.checked_add(step)?;
        if step <= Money::ZERO || rule.size_max.is_some_and(|max| size > max) {
            return None;
        }
        self.size = size;
        let moves = self.moving(plan, |account| {
            if let (Some(limit), Some(rule)) = (&mut account.daily, &plan.daily_loss) {
                *limit = daily_limit(rule, size, limit.baseline.saturating_add(step));
            }
            if let (Some(max), Some(rule)) = (&mut account.max, &plan.max_loss) {
                max.scale(rule, size, step);
            }
        });
        Some((step, moves))
    }

    fn raise_max(&mut self, plan: &Plan, source: TrailSource, value: Money) {
        if let (Some(max), Some(rule)) = (&mut self.max, &plan.max_loss)
            && rule.trail == source
        {
            max.raise(rule, self.size, value);
        }
    }

    /// Runs a change of the limits and tells what it moved.
    fn moving(&mut self, plan: &Plan, change: impl FnOnce(&mut Self)) -> FloorMoves {
        let before = [self.daily, self.max().copied()];
        change(self);
        self.refresh_quiet(plan);
        FloorMoves::between(before, [self.daily, self.max().copied()])
    }

    fn refresh_quiet(&mut self, plan: &Plan) {
        let lowest = |hard_only: bool| {
            self.limits()
                .filter(|limit| limit.is_hard() || !hard_only)
                .map(Limit::lowest_legal)
                .max()
                .unwrap_or(Notional(i128::MIN))
        };
        let (low, low_locked) = (lowest(false), lowest(true));
        let daily_peak = self.daily.filter(|_| {
            plan.daily_loss
                .is_some_and(|rule| rule.anchor == DailyAnchor::IntradayPeak)
        });
        let max_peak = self.max.as_ref().filter(|max| {
            max.is_trailing()
                && plan
                    .max_loss
                    .is_some_and(|rule| rule.trail == TrailSource::TickEquity)
        });
        let high = daily_peak
            .iter()
            .chain(max_peak.map(|max| &max.limit))
            .map(|limit| highest_below_next(limit.baseline))
            .min()
            .unwrap_or(Notional(i128::MAX));
        self.quiet = Quiet {
            low,
            low_locked,
            high,
        };
    }
}

/// The highest equity that, rounded down to money, is not above this peak.
fn highest_below_next(peak: Money) -> Notional {
    match peak.checked_add(Money(1)) {
        Some(next) => Notional(next.to_notional().0 - 1),
        None => Notional(i128::MAX),
    }
}

fn daily_limit(rule: &DailyLoss, size: Money, anchor: Money) -> Limit {
    let allowance = rule.allowance.amount(size, anchor);
    Limit {
        rule: RuleKind::DailyLoss,
        effect: rule.effect,
        touch_is_breach: rule.touch_is_breach,
        baseline: anchor,
        allowance,
        floor: anchor.saturating_sub(allowance),
    }
}
