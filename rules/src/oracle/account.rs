//! An account as the list of what happened to it.

use types::{DaysOf, Effect, Money, Notional, RuleKind, TradingDay};

use super::rational::Rational;
use crate::plan::series::SplitFrom;
use crate::plan::{
    AfterPayout, Allowance, ConsistencyWindow, DailyAnchor, DayCounts, DayProfit, Denominator,
    MinDays, PayoutKeep, Plan, Stage, StopTrailing, Target, TrailSource,
};

/// Something that happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Equity is this for whoever asks about days.
    Valued(Money),
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
    /// So much of the profit does not count.
    Excluded(Money),
    /// An order was accepted.
    Order,
    /// An order opened or enlarged a position for the first time.
    Trade,
    /// The trader was warned of a limit.
    Warned(RuleKind),
    /// A breach of a limit was reported.
    Breached(RuleKind),
    /// A suspension ended.
    Resumed,
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
    /// Profit so far.
    pub total: Rational,
    /// What the best day is compared with.
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

/// What a scaling step asks for, since the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleFigures {
    /// Profit that counts.
    pub profit: Rational,
    /// Profit asked for.
    pub profit_needed: Rational,
    /// Trading days that count.
    pub days: usize,
    /// Payouts.
    pub payouts: usize,
}

struct Day {
    /// Profit that counts.
    pnl: Rational,
    opened: bool,
    held: bool,
}

impl Day {
    fn counts(&self, rule: Option<MinDays>) -> bool {
        let Some(rule) = rule else {
            return self.opened;
        };
        let traded = match rule.counts {
            DayCounts::OpeningFill => self.opened,
            DayCounts::AnyDayHeld => self.opened || self.held,
        };
        let least = rule.day_profit_min.map(Rational::from);
        traded && least.is_none_or(|least| self.pnl >= least)
    }
}

struct KnownLimit {
    rule: RuleKind,
    effect: Effect,
    touch: bool,
    figures: LimitFigures,
}

impl KnownLimit {
    fn is_violated(&self, equity: &Rational) -> bool {
        *equity < self.figures.floor || self.touch && *equity == self.figures.floor
    }
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
        let mut profit = Rational::zero();
        let (start, anchor) = match self.last_roll() {
            None => (0, opening),
            Some((index, balance, equity)) => {
                let balance = Rational::from(balance);
                let equity = Rational::from(equity).floor_to_money();
                if rule.changes.ends_at_floor_lock && self.max_after(index + 1)?.1 {
                    return None;
                }
                profit = &balance - &self.size_after(index);
                let anchor = match rule.anchor {
                    DailyAnchor::Balance => balance,
                    DailyAnchor::Equity | DailyAnchor::IntradayPeak => equity,
                    DailyAnchor::MaxBalanceEquity => balance.max(equity),
                };
                (index + 1, anchor)
            }
        };
        let mut allowance = rule.allowance;
        for tier in rule.changes.tiers.iter().flatten() {
            if profit >= tier.profit_from.into() {
                allowance = tier.allowance;
            }
        }
        let mut limit = placed(allowance, &self.size_after(start), anchor);
        for index in start..self.history.len() {
            let size = self.size_after(index);
            match self.history[index] {
                Operation::Equity(equity) if rule.anchor == DailyAnchor::IntradayPeak => {
                    let peak = Rational::from(equity).floor_to_money();
                    if peak > limit.baseline {
                        limit = placed(allowance, &size, peak);
                    }
                }
                Operation::Payout(amount) => limit = lowered(&limit, &amount.into()),
                Operation::Scale => {
                    let step = self.step_at(&size);
                    if step.is_positive() {
                        let baseline = &limit.baseline + &step;
                        limit = placed(allowance, &(&size + &step), baseline);
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
        self.max_after(self.history.len()).map(|(limit, _)| limit)
    }

    /// The same after so many operations, and whether it has stopped.
    fn max_after(&self, operations: usize) -> Option<(LimitFigures, bool)> {
        let rule = self.plan.max_loss?;
        let opening = Rational::from(self.plan.initial_balance);
        let mut limit = placed(rule.allowance, &opening, opening.clone());
        let mut stopped = false;
        // Where the floor stands relative to size once it no longer depends on the baseline.
        let mut held: Option<Rational> = None;
        for index in 0..operations {
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
        Some((limit, stopped))
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
        let mut found = self.limits();
        found.retain(|limit| self.is_tested(limit, locked) && limit.is_violated(&equity));
        found.sort_by(|a, b| {
            let is_soft = |effect| effect != Effect::Fail;
            is_soft(a.effect)
                .cmp(&is_soft(b.effect))
                .then(b.figures.floor.cmp(&a.figures.floor))
        });
        found.into_iter().map(|limit| limit.rule).collect()
    }

    /// The rules that the trader is to be warned of at this equity, daily before maximum.
    pub fn warnings(&self, equity: Notional, locked: bool) -> Vec<RuleKind> {
        let Some(share) = self.plan.conduct.warn_at else {
            return Vec::new();
        };
        let equity = Rational::from(equity);
        let mut found = self.limits();
        found.retain(|limit| {
            let told = [
                Operation::Warned(limit.rule),
                Operation::Breached(limit.rule),
            ];
            let way = &limit.figures.baseline - &limit.figures.floor;
            self.is_tested(limit, locked)
                && !limit.is_violated(&equity)
                && !told.iter().any(|told| self.today().contains(told))
                && way.is_positive()
                && &(&limit.figures.baseline - &equity) / &way >= share.into()
        });
        found.into_iter().map(|limit| limit.rule).collect()
    }

    /// What happened since the last roll.
    fn today(&self) -> &[Operation] {
        let first = self.last_roll().map_or(0, |(index, ..)| index + 1);
        &self.history[first..]
    }

    fn is_tested(&self, limit: &KnownLimit, locked: bool) -> bool {
        match limit.effect {
            Effect::Fail => true,
            Effect::LockForDay => !locked,
            Effect::Warn => !locked && !self.today().contains(&Operation::Breached(limit.rule)),
        }
    }

    fn limits(&self) -> Vec<KnownLimit> {
        let mut found = Vec::new();
        if let (Some(rule), Some(figures)) = (self.plan.daily_loss, self.daily()) {
            found.push(KnownLimit {
                rule: RuleKind::DailyLoss,
                effect: rule.effect,
                touch: rule.touch_is_breach,
                figures,
            });
        }
        if let (Some(rule), Some(figures)) = (self.plan.max_loss, self.max()) {
            found.push(KnownLimit {
                rule: RuleKind::MaxLoss,
                effect: rule.effect,
                touch: rule.touch_is_breach,
                figures,
            });
        }
        found
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

    /// The days of the operations from the first place up to the second, the open one last.
    fn days(&self, from: usize, to: usize) -> Vec<Day> {
        let mut days = Self::closed_days(&self.history[from..to]);
        if self.plan.day_profit == DayProfit::Equity {
            for (day, pnl) in days.iter_mut().zip(self.equity_changes(from, to)) {
                day.pnl = pnl;
            }
        }
        days
    }

    /// Equity as it was stated last before a place.
    fn equity_before(&self, place: usize) -> Rational {
        let mut stated = self.history[..place].iter().rev();
        stated
            .find_map(|operation| match *operation {
                Operation::Valued(equity) => Some(Rational::from(equity)),
                _ => None,
            })
            .unwrap_or_else(|| self.plan.initial_balance.into())
    }

    /// What each day changed equity by, from one place up to another: without payouts, growth and what
    /// is excluded.
    fn equity_changes(&self, from: usize, to: usize) -> Vec<Rational> {
        let mut start = match from
            .checked_sub(1)
            .map(|place| (place, self.history[place]))
        {
            None => self.plan.initial_balance.into(),
            Some((place, Operation::Payout(amount))) => &self.equity_before(place) - &amount.into(),
            Some((place, _)) => &self.equity_before(place) + &self.step_at(&self.size_after(place)),
        };
        let mut changes = Vec::new();
        for place in from..to {
            match self.history[place] {
                Operation::Payout(amount) => start = &start - &amount.into(),
                Operation::Scale => start = &start + &self.step_at(&self.size_after(place)),
                Operation::Excluded(amount) => start = &start + &amount.into(),
                Operation::Roll { equity, .. } => {
                    let end = Rational::from(equity).floor_to_money();
                    changes.push(&end - &start);
                    start = end;
                }
                _ => {}
            }
        }
        changes.push(&self.equity_before(to) - &start);
        changes
    }

    /// The days of these operations by what was realised.
    fn closed_days(operations: &[Operation]) -> Vec<Day> {
        let fresh = |held| Day {
            pnl: Rational::zero(),
            opened: false,
            held,
        };
        let mut closed = Vec::new();
        let mut today = fresh(false);
        for operation in operations {
            match *operation {
                Operation::OpeningFill => today.opened = true,
                Operation::Held => today.held = true,
                Operation::Realised(amount) => today.pnl = &today.pnl + &amount.into(),
                Operation::Excluded(amount) => today.pnl = &today.pnl - &amount.into(),
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

    /// The place after the last payout.
    fn since_payout(&self) -> usize {
        let is_payout = |operation: &Operation| matches!(operation, Operation::Payout(_));
        let last = self.history.iter().rposition(is_payout);
        last.map_or(0, |index| index + 1)
    }

    /// The place after the last scaling step that was one.
    fn since_step(&self) -> usize {
        let mut steps = (0..self.history.len()).rev();
        let grew = |&index: &usize| self.size_after(index + 1) > self.size_after(index);
        steps.find(grew).map_or(0, |index| index + 1)
    }

    /// The days from a place on, the open one last.
    fn days_since(&self, from: usize) -> Vec<Day> {
        self.days(from, self.history.len())
    }

    fn counted(&self, from: usize, rule: Option<MinDays>) -> usize {
        let days = self.days_since(from);
        days.iter().filter(|day| day.counts(rule)).count()
    }

    /// Trading days counted, with today.
    pub fn days_counted(&self) -> usize {
        self.counted(0, self.plan.min_days)
    }

    /// Trading days counted since the last payout, with today.
    pub fn payout_days(&self) -> usize {
        let rule = self.plan.payout.and_then(|rule| rule.days_min);
        self.counted(self.since_payout(), rule)
    }

    /// Payouts since the account opened.
    pub fn payouts_made(&self) -> usize {
        let is_payout = |operation: &&Operation| matches!(operation, Operation::Payout(_));
        self.history.iter().filter(is_payout).count()
    }

    /// Profit of today, what is excluded included.
    pub fn day_pnl(&self) -> Rational {
        if self.plan.day_profit == DayProfit::Equity {
            let excluded = self.today().iter().filter_map(|operation| match operation {
                Operation::Excluded(amount) => Some(Rational::from(*amount)),
                _ => None,
            });
            let mut changes = self.equity_changes(0, self.history.len());
            let counted = changes.pop().unwrap_or_else(Rational::zero);
            return excluded.fold(counted, |sum, amount| &sum + &amount);
        }
        let realised = self.today().iter().filter_map(|operation| match operation {
            Operation::Realised(amount) => Some(Rational::from(*amount)),
            _ => None,
        });
        realised.fold(Rational::zero(), |sum, amount| &sum + &amount)
    }

    /// Profit that does not count.
    pub fn excluded(&self) -> Rational {
        let excluded = self.history.iter().filter_map(|operation| match operation {
            Operation::Excluded(amount) => Some(Rational::from(*amount)),
            _ => None,
        });
        excluded.fold(Rational::zero(), |sum, amount| &sum + &amount)
    }

    /// Accepted orders of today.
    pub fn orders_today(&self) -> usize {
        let is_order = |operation: &&Operation| **operation == Operation::Order;
        self.today().iter().filter(is_order).count()
    }

    /// Trades of today.
    pub fn trades_today(&self) -> usize {
        let is_trade = |operation: &&Operation| **operation == Operation::Trade;
        self.today().iter().filter(is_trade).count()
    }

    /// The day's size limit.
    pub fn size_max(&self) -> Option<Rational> {
        let limit = self.plan.conduct.size.as_ref()?;
        let profit = match self.last_roll() {
            None => Rational::zero(),
            Some((index, balance, _)) => &Rational::from(balance) - &self.size_after(index),
        };
        let mut max = limit.tiers.first()?.max;
        for tier in &limit.tiers {
            if profit >= tier.profit_from.into() {
                max = tier.max;
            }
        }
        Some(Rational::new(max.0.into(), 100_000_000))
    }

    /// The whole calendar days without an opening fill, where they are as many as the last roll ends
    /// the account for.
    pub fn idle_days(&self) -> Option<i32> {
        let rule = self.plan.conduct.inactivity?;
        let mut rolls = self.history.iter().filter_map(|operation| match operation {
            Operation::Roll { day, .. } => Some(*day),
            _ => None,
        });
        // What came before the first roll is part of the day that it opens.
        let mut today = rolls.next()?;
        let mut active = vec![today];
        for operation in &self.history {
            match *operation {
                Operation::Roll { day, .. } => today = day,
                Operation::OpeningFill | Operation::Resumed => active.push(today),
                _ => {}
            }
        }
        let opens = today.0;
        // A day without a roll is part of the day before it.
        let mut last = active.iter().max()?.0;
        while !self.plan.days.has(TradingDay(last + 1)) {
            last += 1;
        }
        let between = last + 1..opens;
        let idle = between.count() as i32;
        (idle >= rule.days.into()).then_some(idle)
    }

    /// Whether the last roll ended the time to pass, for an account that opened on this day, or with its first roll:
    /// as many days as the rule gives went by whole before the day that it opened.
    pub fn is_lapsed(&self, opened: Option<TradingDay>) -> bool {
        let days = self.history.iter().filter_map(|operation| match operation {
            Operation::Roll { day, .. } => Some(*day),
            _ => None,
        });
        let days: Vec<TradingDay> = days.collect();
        let (Some(rule), Some(opens)) = (self.plan.life.time_limit, days.last()) else {
            return false;
        };
        let opened = opened.unwrap_or(days[0]);
        let gone = (opened.0 + 1..opens.0).filter(|date| match rule.counts {
            DaysOf::Calendar => true,
            DaysOf::Trading => self.plan.days.has(TradingDay(*date)),
        });
        self.plan.stage != Stage::Funded && gone.count() >= rule.days.into()
    }

    fn target(&self) -> Option<Rational> {
        self.plan.profit_target.map(|target| self.amount_of(target))
    }

    fn amount_of(&self, target: Target) -> Rational {
        match target {
            Target::Fixed(amount) => amount.into(),
            Target::OfInitial(share) => (&self.size() * &share.into()).ceil_to_money(),
        }
    }

    /// The balance that meets the profit target.
    pub fn target_balance(&self) -> Option<Rational> {
        self.target().map(|target| &self.size() + &target)
    }

    /// The standing against the consistency rule.
    pub fn consistency(&self) -> Option<ConsistencyFigures> {
        let (best_day, total) = self.consistency_with(&[])?;
        let denominator = self.denominator(&total);
        let met = self.is_consistent(&best_day, &denominator);
        Some(ConsistencyFigures {
            best_day,
            total,
            denominator,
            met,
        })
    }

    /// Whether a next day with this profit would itself stay within the cap, whatever the days before.
    pub fn next_day_is_within(&self, profit: &Rational) -> bool {
        self.consistency_with(std::slice::from_ref(profit))
            .is_some_and(|(_, total)| self.is_consistent(profit, &self.denominator(&total)))
    }

    /// Whether the rule would be met after further days with these profits.
    pub fn is_met_after(&self, profits: &[Rational]) -> bool {
        self.consistency_with(profits)
            .is_some_and(|(best, total)| self.is_consistent(&best, &self.denominator(&total)))
    }

    /// What the best day is compared with when this is the profit.
    fn denominator(&self, total: &Rational) -> Rational {
        match (self.plan.consistency, self.target()) {
            (Some(rule), Some(target)) if rule.denominator == Denominator::Target => {
                if *total > target {
                    total.clone()
                } else {
                    target
                }
            }
            _ => total.clone(),
        }
    }

    /// Best day and profit over the window and these further days.
    fn consistency_with(&self, more: &[Rational]) -> Option<(Rational, Rational)> {
        let rule = self.plan.consistency?;
        let window = match rule.window {
            ConsistencyWindow::Phase => 0,
            ConsistencyWindow::SincePayout => self.since_payout(),
        };
        let mut days: Vec<Rational> = self
            .days_since(window)
            .into_iter()
            .map(|day| day.pnl)
            .collect();
        days.extend(more.iter().cloned());
        let sum = |days: &mut dyn Iterator<Item = &Rational>| {
            days.fold(Rational::zero(), |sum, day| &sum + day)
        };
        let total = match rule.denominator {
            Denominator::Net | Denominator::Target => sum(&mut days.iter()),
            Denominator::PositiveDays => sum(&mut days.iter().filter(|day| day.is_positive())),
        };
        let best = days.into_iter().max()?.max(Rational::zero());
        Some((best, total))
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
        let met = |needed| &Rational::from(balance) - &self.excluded() >= needed;
        self.target_balance().is_some_and(met)
            && self
                .plan
                .min_days
                .is_none_or(|rule| self.days_counted() >= rule.days.into())
            && self.consistency().is_none_or(|standing| standing.met)
    }

    /// What the best day from one place up to another made beyond its share, up to the whole profit.
    fn beyond_best_day(&self, from: usize, to: usize) -> Rational {
        let Some(cap) = self.plan.payout.and_then(|rule| rule.best_day_cap) else {
            return Rational::zero();
        };
        let profits = || self.days(from, to).into_iter().map(|day| day.pnl);
        let total = profits().fold(Rational::zero(), |sum, day| &sum + &day);
        let best = profits().fold(Rational::zero(), Rational::max);
        let beyond = (&best - &(&total * &cap.into())).ceil_to_money();
        beyond.min(total).max(Rational::zero())
    }

    /// The profit that payouts are taken from.
    pub fn payable_profit(&self, balance: Money) -> Rational {
        let profit = &(&Rational::from(balance) - &self.size()) - &self.excluded();
        let mut from = 0;
        let mut left = profit;
        for (place, operation) in self.history.iter().enumerate() {
            if matches!(operation, Operation::Payout(_)) {
                left = &left - &self.beyond_best_day(from, place);
                from = place + 1;
            }
        }
        &left - &self.beyond_best_day(from, self.history.len())
    }

    /// Calendar days since the last payout, or since the account opened, before its first roll.
    pub fn days_since_payout(&self) -> i64 {
        // Whatever comes before the first roll happens on the day that it opens.
        let (mut today, mut from, mut is_from_due) = (None::<TradingDay>, None, true);
        for operation in &self.history {
            match *operation {
                Operation::Roll { day, .. } => {
                    today = Some(day);
                    if is_from_due {
                        from = today;
                        is_from_due = false;
                    }
                }
                Operation::Payout(_) => {
                    from = today;
                    is_from_due = today.is_none();
                }
                _ => {}
            }
        }
        match (from, today) {
            (Some(from), Some(today)) => i64::from(today.0) - i64::from(from.0),
            _ => 0,
        }
    }

    /// What the trader gets of a payout.
    pub fn trader_share(&self, amount: Money) -> Rational {
        let Some(rule) = self.plan.payout else {
            return Rational::zero();
        };
        let number = self.payouts_made() + 1;
        let paid = self.history.iter().filter_map(|operation| match operation {
            Operation::Payout(amount) => Some(Rational::from(*amount)),
            _ => None,
        });
        let paid = paid.fold(Rational::zero(), |sum, amount| &sum + &amount);
        let end = &paid + &amount.into();
        // Beyond each edge the share is another one: what the tier adds to all that is beyond.
        let mut split = Rational::from(rule.split);
        let mut share = &Rational::from(amount) * &split;
        for tier in rule.series.splits.into_iter().flatten() {
            let beyond = match tier.from {
                SplitFrom::Payout(first) if usize::from(first) <= number => amount.into(),
                SplitFrom::Payout(_) => Rational::zero(),
                SplitFrom::PaidTotal(total) => {
                    let edge = Rational::from(total).max(paid.clone());
                    (&end - &edge).max(Rational::zero())
                }
            };
            let tier_split = Rational::from(tier.split);
            share = &share + &(&beyond * &(&tier_split - &split));
            split = tier_split;
        }
        share.floor_to_money()
    }

    /// Whether the plan pays nothing more.
    pub fn is_paid_out(&self) -> bool {
        let most = self.plan.payout.and_then(|rule| rule.series.payouts_max);
        most.is_some_and(|most| self.payouts_made() >= usize::from(most))
    }

    /// Why a payout of this amount is refused, as the place among the reasons: plan, amount, trading days,
    /// days since the last payout, consistency, the least, eligible, what is left.
    pub fn payout_refusal(&self, balance: Money, requested: Money) -> Option<usize> {
        let amount = Rational::from(requested);
        let days_needed = self.plan.payout.and_then(|rule| rule.days_min);
        let series = self.plan.payout.map(|rule| rule.series).unwrap_or_default();
        let interval = series.interval_days;
        let left = &Rational::from(balance) - &amount;
        let mut paid = self.clone();
        paid.push(Operation::Payout(requested));
        [
            self.plan.payout.is_none(),
            !amount.is_positive(),
            days_needed.is_some_and(|rule| self.payout_days() < rule.days.into()),
            interval.is_some_and(|days| self.days_since_payout() < days.into()),
            self.consistency().is_some_and(|standing| !standing.met),
            series.min.is_some_and(|min| amount < min.into()),
            amount > self.payout_eligible(balance),
            paid.limits().iter().any(|limit| limit.is_violated(&left)),
        ]
        .into_iter()
        .position(|applies| applies)
    }

    /// The standing against the condition of the next scaling step.
    pub fn scale_standing(&self) -> Option<ScaleFigures> {
        let when = self.plan.scaling?.requires?;
        let since = self.since_step();
        let profits = self.days_since(since).into_iter().map(|day| day.pnl);
        let is_payout = |operation: &&Operation| matches!(operation, Operation::Payout(_));
        Some(ScaleFigures {
            profit: profits.fold(Rational::zero(), |sum, day| &sum + &day),
            profit_needed: self.amount_of(when.profit),
            days: self.counted(since, self.plan.min_days),
            payouts: self.history[since..].iter().filter(is_payout).count(),
        })
    }

    /// What could be paid out.
    pub fn payout_eligible(&self, balance: Money) -> Rational {
        let Some(rule) = self.plan.payout else {
            return Rational::zero();
        };
        let profit = self.payable_profit(balance);
        let balance = Rational::from(balance);
        let size = self.size();
        let max = self.max();
        let mut bounds = vec![(&profit * &rule.fraction.into()).floor_to_money()];
        let listed: Vec<Money> = rule.series.caps.into_iter().flatten().collect();
        let cap = listed.get(self.payouts_made()).copied().or(rule.cap);
        bounds.extend(cap.map(Rational::from));
        match (rule.keep, &max) {
            (PayoutKeep::AboveInitial(net), _) => {
                let counted = &balance - &self.excluded();
                bounds.push(&counted - &(&size + &net.into()));
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
