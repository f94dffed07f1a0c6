//! An account as the list of what happened to it.

use types::{Money, Notional, RuleKind, TradingDay};

use super::rational::Rational;
use crate::plan::{
    AfterPayout, Allowance, ConsistencyWindow, DailyAnchor, DayCounts, Denominator, PayoutKeep,
    Plan, StopTrailing, Target, TrailSource,
};

/// Something that happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Equity was this, and no limit was tested against more than it.
    Equity(Notional),
    /// A position was closed, with this balance after it.
    Closed(Money),
    /// A fill opened or enlarged a position.
    OpeningFill,
    /// A position was open.
    Held,
    /// Profit was realised.
    Realised(Money),
    /// A trading day opened.
    Roll {
        /// The day.
        day: TradingDay,
        /// Balance before it.
        balance: Money,
        /// Equity before it.
        equity: Notional,
        /// Whether positions were open over it.
        held: bool,
    },
    /// A payout left.
    Payout(Money),
    /// The account was to grow by a step.
    Scale,
}

/// A limit in currency units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitFigures {
    /// What the floor is measured from.
    pub baseline: Rational,
    /// How far below it lies.
    pub allowance: Rational,
    /// The floor.
    pub floor: Rational,
}

/// A standing against a consistency rule, in currency units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyFigures {
    /// The best day's profit, 0 without one.
    pub best_day: Rational,
    /// What it is compared with.
    pub denominator: Rational,
    /// Whether the rule is met.
    pub met: bool,
}

/// An account's plan and its whole history.
#[derive(Debug, Clone)]
pub struct AccountOracle {
    plan: Plan,
    history: Vec<Operation>,
}

struct Day {
    pnl: Rational,
    opened: bool,
    held: bool,
}

impl AccountOracle {
    /// A fresh account.
    pub const fn new(plan: Plan) -> Self {
        Self {
            plan,
            history: Vec::new(),
        }
    }

    /// This happened.
    pub fn push(&mut self, operation: Operation) {
        self.history.push(operation);
    }

    /// What percentages of initial refer to.
    pub fn size(&self) -> Rational {
        self.size_after(self.history.len())
    }

    fn size_after(&self, operations: usize) -> Rational {
        let mut size = Rational::from(self.plan.initial_balance);
        for operation in &self.history[..operations] {
            if *operation == Operation::Scale {
                size = &size + &self.step_at(&size);
            }
        }
        size
    }

    /// What a scaling step adds to an account of this size; zero where it is not allowed.
    fn step_at(&self, size: &Rational) -> Rational {
        let Some(rule) = self.plan.scaling else {
            return Rational::zero();
        };
        let original = Rational::from(self.plan.initial_balance);
        let step = (&original * &rule.step.into()).floor_to_money();
        match rule.size_max {
            Some(max) if (size + &step) > max.into() => Rational::zero(),
            _ => step,
        }
    }

    /// The daily limit.
    pub fn daily(&self) -> Option<LimitFigures> {
        let rule = self.plan.daily_loss?;
        let opening = Rational::from(self.plan.initial_balance);
        let (start, anchor) = match self.last_roll() {
            None => (0, opening),
            Some((index, balance, equity)) => {
                let balance = Rational::from(balance);
                let equity = Rational::from(equity).floor_to_money();
                let anchor = match rule.anchor {
                    DailyAnchor::Balance => balance,
                    DailyAnchor::Equity | DailyAnchor::IntradayPeak => equity,
                    DailyAnchor::MaxBalanceEquity => balance.max(equity),
                };
                (index + 1, anchor)
            }
        };
        let mut limit = placed(rule.allowance, &self.size_after(start), anchor);
        for index in start..self.history.len() {
            let size = self.size_after(index);
            match self.history[index] {
                Operation::Equity(equity) if rule.anchor == DailyAnchor::IntradayPeak => {
                    let peak = Rational::from(equity).floor_to_money();
                    if peak > limit.baseline {
                        limit = placed(rule.allowance, &size, peak);
                    }
                }
                Operation::Payout(amount) => limit = lowered(&limit, &amount.into()),
                Operation::Scale => {
                    let step = self.step_at(&size);
                    if step.is_positive() {
                        let baseline = &limit.baseline + &step;
                        limit = placed(rule.allowance, &(&size + &step), baseline);
                    }
                }
                _ => {}
            }
        }
        Some(limit)
    }

    /// The maximum loss limit: between payouts and steps, the peak of the source over all values up to
    /// the one that stops it.
    pub fn max(&self) -> Option<LimitFigures> {
        let rule = self.plan.max_loss?;
        let opening = Rational::from(self.plan.initial_balance);
        let mut limit = placed(rule.allowance, &opening, opening.clone());
        let mut stopped = false;
        // Where the floor stands relative to size once it no longer depends on the baseline.
        let mut held: Option<Rational> = None;
        for index in 0..self.history.len() {
            let size = self.size_after(index);
            if let Some(value) = self.source_value(index)
                && !stopped
                && value > limit.baseline
            {
                limit = placed(rule.allowance, &size, value.clone());
                if let StopTrailing::FreezeWhenSource(level) = rule.stop {
                    stopped = value >= &size + &level.into();
                }
            }
            match (self.history[index], self.plan.payout) {
                (Operation::Payout(amount), Some(payout)) => match payout.after {
                    AfterPayout::FloorStays => {}
                    AfterPayout::FloorToInitial => {
                        limit.floor = size;
                        held = Some(Rational::zero());
                        stopped = true;
                    }
                    AfterPayout::FloorFallsByPayout => {
                        limit = lowered(&limit, &amount.into());
                        held = held.map(|offset| &offset - &amount.into());
                    }
                },
                (Operation::Scale, _) => {
                    let step = self.step_at(&size);
                    if step.is_positive() {
                        let size = &size + &step;
                        limit = placed(rule.allowance, &size, &limit.baseline + &step);
                        if let Some(offset) = &held {
                            limit.floor = &size + offset;
                        }
                    }
                }
                _ => {}
            }
            let size = self.size_after(index + 1);
            if let StopTrailing::AtFloorLevel(level) = rule.stop
                && !stopped
                && limit.floor >= &size + &level.into()
            {
                limit.floor = &size + &level.into();
                held = Some(level.into());
                stopped = true;
            }
        }
        Some(limit)
    }

    /// The value that the maximum loss follows, if this operation gives one.
    fn source_value(&self, index: usize) -> Option<Rational> {
        match (self.plan.max_loss?.trail, self.history[index]) {
            (TrailSource::TickEquity, Operation::Equity(equity))
            | (TrailSource::EodEquity, Operation::Roll { equity, .. }) => {
                Some(Rational::from(equity).floor_to_money())
            }
            (TrailSource::ClosedBalance, Operation::Closed(balance))
            | (TrailSource::EodBalance, Operation::Roll { balance, .. }) => Some(balance.into()),
            _ => None,
        }
    }

    /// The rules that this equity violates, the primary first.
    pub fn breached(&self, equity: Notional, locked: bool) -> Vec<RuleKind> {
        let equity = Rational::from(equity);
        let mut found = Vec::new();
        if let (Some(rule), Some(limit)) = (self.plan.daily_loss, self.daily()) {
            found.push((
                RuleKind::DailyLoss,
                rule.effect,
                rule.touch_is_breach,
                limit.floor,
            ));
        }
        if let (Some(rule), Some(limit)) = (self.plan.max_loss, self.max()) {
            found.push((
                RuleKind::MaxLoss,
                rule.effect,
                rule.touch_is_breach,
                limit.floor,
            ));
        }
        found.retain(|(_, effect, touch, floor)| {
            let tested = !locked || *effect == types::Effect::Fail;
            tested && (equity < *floor || *touch && equity == *floor)
        });
        found.sort_by(|a, b| {
            let soft = |effect| effect == types::Effect::LockForDay;
            soft(a.1).cmp(&soft(b.1)).then(b.3.cmp(&a.3))
        });
        found.into_iter().map(|(rule, ..)| rule).collect()
    }

    fn last_roll(&self) -> Option<(usize, Money, Notional)> {
        let rolls = self.history.iter().enumerate();
        rolls
            .filter_map(|(index, operation)| match *operation {
                Operation::Roll {
                    balance, equity, ..
                } => Some((index, balance, equity)),
                _ => None,
            })
            .next_back()
    }

    /// The days of the operations from `first` on, today last.
    fn days(&self, first: usize) -> Vec<Day> {
        let fresh = |held| Day {
            pnl: Rational::zero(),
            opened: false,
            held,
        };
        let mut closed = Vec::new();
        let mut today = fresh(false);
        for operation in &self.history[first..] {
            match *operation {
                Operation::OpeningFill => today.opened = true,
                Operation::Held => today.held = true,
                Operation::Realised(amount) => today.pnl = &today.pnl + &amount.into(),
                Operation::Roll { held, .. } => {
                    today.held |= held;
                    closed.push(today);
                    today = fresh(held);
                }
                _ => {}
            }
        }
        closed.push(today);
        closed
    }

    /// Trading days counted, with today.
    pub fn days_counted(&self) -> usize {
        self.days(0)
            .iter()
            .filter(|day| match self.plan.min_days {
                None => day.opened,
                Some(rule) => {
                    let traded = match rule.counts {
                        DayCounts::OpeningFill => day.opened,
                        DayCounts::AnyDayHeld => day.opened || day.held,
                    };
                    traded
                        && rule
                            .day_profit_min
                            .is_none_or(|least| day.pnl >= least.into())
                }
            })
            .count()
    }

    /// Realised profit of today.
    pub fn day_pnl(&self) -> Rational {
        self.days(0)
            .pop()
            .map_or_else(Rational::zero, |today| today.pnl)
    }

    fn target(&self) -> Option<Rational> {
        self.plan.profit_target.map(|target| match target {
            Target::Fixed(amount) => amount.into(),
            Target::OfInitial(share) => (&self.size() * &share.into()).ceil_to_money(),
        })
    }

    /// The balance that meets the profit target.
    pub fn target_balance(&self) -> Option<Rational> {
        self.target().map(|target| &self.size() + &target)
    }

    /// The standing against the consistency rule.
    pub fn consistency(&self) -> Option<ConsistencyFigures> {
        let (best_day, denominator) = self.consistency_with(None)?;
        let met = self.is_consistent(&best_day, &denominator);
        Some(ConsistencyFigures {
            best_day,
            denominator,
            met,
        })
    }

    /// Whether a next day with this profit would itself stay within the cap, whatever the days before.
    pub fn next_day_is_within(&self, profit: &Rational) -> bool {
        self.consistency_with(Some(profit))
            .is_some_and(|(_, denominator)| self.is_consistent(profit, &denominator))
    }

    /// Whether the rule would be met if the denominator were this.
    pub fn total_is_enough(&self, total: &Rational) -> bool {
        self.consistency_with(None)
            .is_some_and(|(best, _)| self.is_consistent(&best, total))
    }

    /// Best day and denominator over the window, and one more day if given.
    fn consistency_with(&self, next_day: Option<&Rational>) -> Option<(Rational, Rational)> {
        let rule = self.plan.consistency?;
        let first = match rule.window {
            ConsistencyWindow::Phase => 0,
            ConsistencyWindow::SincePayout => self
                .history
                .iter()
                .rposition(|operation| matches!(operation, Operation::Payout(_)))
                .map_or(0, |index| index + 1),
        };
        let mut days: Vec<Rational> = self.days(first).into_iter().map(|day| day.pnl).collect();
        days.extend(next_day.cloned());
        let sum = |days: &mut dyn Iterator<Item = &Rational>| {
            days.fold(Rational::zero(), |sum, day| &sum + day)
        };
        let denominator = match rule.denominator {
            Denominator::Net => sum(&mut days.iter()),
            Denominator::PositiveDays => sum(&mut days.iter().filter(|day| day.is_positive())),
            Denominator::Target => self.target().unwrap_or_else(Rational::zero),
        };
        let best = days.into_iter().max()?.max(Rational::zero());
        Some((best, denominator))
    }

    fn is_consistent(&self, best: &Rational, denominator: &Rational) -> bool {
        let Some(rule) = self.plan.consistency else {
            return false;
        };
        let cap = Rational::from(rule.cap);
        denominator.is_positive() && {
            let share = best / denominator;
            share < cap || rule.inclusive && share == cap
        }
    }

    /// Whether target, minimum days and consistency hold together.
    pub fn passes(&self, balance: Money) -> bool {
        let met = |needed| Rational::from(balance) >= needed;
        self.target_balance().is_some_and(met)
            && self
                .plan
                .min_days
                .is_none_or(|rule| self.days_counted() >= rule.days.into())
            && self.consistency().is_none_or(|standing| standing.met)
    }

    /// What could be paid out.
    pub fn payout_eligible(&self, balance: Money) -> Rational {
        let Some(rule) = self.plan.payout else {
            return Rational::zero();
        };
        let balance = Rational::from(balance);
        let size = self.size();
        let max = self.max();
        let mut bounds = vec![(&(&balance - &size) * &rule.fraction.into()).floor_to_money()];
        bounds.extend(rule.cap.map(Rational::from));
        match (rule.keep, &max) {
            (PayoutKeep::AboveInitial(net), _) => {
                bounds.push(&balance - &(&size + &net.into()));
            }
            (PayoutKeep::AboveFloor(buffer), Some(max)) => {
                bounds.push(&balance - &(&max.floor + &buffer.into()));
            }
            (PayoutKeep::AboveFloor(_), None) => {}
        }
        if let (Some(max), Some(limit)) = (max, self.plan.max_loss) {
            let touch = Rational::new(limit.touch_is_breach.into(), 1_000_000);
            match rule.after {
                AfterPayout::FloorStays => bounds.push(&(&balance - &max.floor) - &touch),
                AfterPayout::FloorToInitial => bounds.push(&(&balance - &size) - &touch),
                AfterPayout::FloorFallsByPayout => {}
            }
        }
        bounds
            .into_iter()
            .min()
            .map_or_else(Rational::zero, |least| least.max(Rational::zero()))
    }
}

fn placed(allowance: Allowance, size: &Rational, baseline: Rational) -> LimitFigures {
    let share_of = |whole: &Rational, share| {
        (whole * &Rational::from(share))
            .floor_to_money()
            .max(Rational::zero())
    };
    let allowance = match allowance {
        Allowance::Fixed(amount) => amount.into(),
        Allowance::OfInitial(share) => share_of(size, share),
        Allowance::OfBase(share) => share_of(&baseline, share),
    };
    LimitFigures {
        floor: &baseline - &allowance,
        baseline,
        allowance,
    }
}

fn lowered(limit: &LimitFigures, amount: &Rational) -> LimitFigures {
    LimitFigures {
        baseline: &limit.baseline - amount,
        allowance: limit.allowance.clone(),
        floor: &limit.floor - amount,
    }
}
