//! Facts about trading days, and what is asked of them: days counted, consistency.

use types::{AccountId, Consistency, Money, Ratio, codec_struct};

use crate::plan::{ConsistencyRule, ConsistencyWindow, DayCounts, Denominator, MinDays};

/// The trading days of a window, today last, and the sums over those before it. Profit is without what
/// is excluded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DayWindow {
    opened: bool,
    held: bool,
    /// Today's profit: what was realised, or the change of equity when it was last looked at.
    today: Money,
    /// Equity at which today would have no profit.
    base: Money,
    days_counted: u16,
    /// Over the closed days: the best (0 without a profit), the sum, and the sum over days with a
    /// profit. The sums are exact.
    best: Money,
    net: i128,
    positive: i128,
}

codec_struct!(DayWindow {
    opened,
    held,
    today,
    base,
    days_counted,
    best,
    net,
    positive
});

impl DayWindow {
    /// A window that begins at this equity.
    pub(crate) fn begin(equity: Money) -> Self {
        Self {
            base: equity,
            ..Self::default()
        }
    }

    const fn record_profit(&mut self, profit: Money) {
        self.today = self.today.saturating_add(profit);
    }

    fn today_counts(&self, rule: Option<MinDays>) -> bool {
        let (counts, profit_min) = rule.map_or((DayCounts::OpeningFill, None), |rule| {
            (rule.counts, rule.day_profit_min)
        });
        let traded = match counts {
            DayCounts::OpeningFill => self.opened,
            DayCounts::AnyDayHeld => self.opened || self.held,
        };
        traded && profit_min.is_none_or(|least| self.today >= least)
    }

    pub(crate) fn days_counted(&self, rule: Option<MinDays>) -> u16 {
        self.days_counted
            .saturating_add(self.today_counts(rule).into())
    }

    /// The sum over all days.
    pub(crate) fn net(&self) -> Money {
        clamped(self.net.saturating_add(self.today.0.into()))
    }

    /// Closes today and opens the next day; positions held over the roll are held on both. Says
    /// whether it counted.
    fn close(&mut self, rule: Option<MinDays>, equity: Money, held: bool) -> bool {
        self.held |= held;
        let counted = self.today_counts(rule);
        let today = i128::from(self.today.0);
        *self = Self {
            opened: false,
            held,
            today: Money::ZERO,
            base: equity,
            days_counted: self.days_counted(rule),
            best: self.best.max(self.today),
            net: self.net.saturating_add(today),
            positive: self.positive.saturating_add(today.max(0)),
        };
        counted
    }

    /// The part of the profit that the best day made beyond its share, rounded up; at most the profit.
    pub(crate) fn beyond_best_day(&self, cap: Ratio) -> Money {
        let net = self.net();
        self.best
            .max(self.today)
            .saturating_sub(net.mul_ratio_floor(cap))
            .min(net)
            .max(Money::ZERO)
    }

    /// The standing with today so far as one of the days. `target` is the profit target.
    pub(crate) fn consistency(
        &self,
        rule: &ConsistencyRule,
        target: Money,
        account: AccountId,
    ) -> Consistency {
        let today = self.today;
        let best = self.best.max(today);
        let total = match rule.denominator {
            Denominator::Net | Denominator::Target => self.net(),
            Denominator::PositiveDays => {
                clamped(self.positive.saturating_add(today.0.max(0).into()))
            }
        };
        standing(rule, account, best, total, target)
    }
}

/// How this best day stands against a rule, with this total so far.
pub(crate) fn standing(
    rule: &ConsistencyRule,
    account: AccountId,
    best: Money,
    total: Money,
    target: Money,
) -> Consistency {
    // A valid plan's cap is in this range; nothing divides by zero without one.
    let cap = i128::from(rule.cap.0.clamp(1, Ratio::ONE.0 - 1));
    let one = i128::from(Ratio::ONE.0);
    let denominator = match rule.denominator {
        Denominator::Net | Denominator::PositiveDays => total,
        Denominator::Target => total.max(target),
    };
    let is_defined = denominator > Money::ZERO;
    let (best_scaled, allowed) = (i128::from(best.0) * one, i128::from(denominator.0) * cap);
    let within = if rule.inclusive {
        best_scaled <= allowed
    } else {
        best_scaled < allowed
    };
    let least = if rule.inclusive {
        -(-best_scaled).div_euclid(cap)
    } else {
        best_scaled.div_euclid(cap) + 1
    };
    // The most that is within its share of a whole that it does not change, or is a part of itself.
    let most = |whole: Money, rest: i128| {
        let allowed = i128::from(whole.0) * cap - i128::from(!rule.inclusive);
        allowed.div_euclid(rest)
    };
    let next_day_max = match rule.denominator {
        Denominator::Net | Denominator::PositiveDays => most(total, one - cap),
        Denominator::Target => most(target, one).max(most(total, one - cap)),
    };
    Consistency {
        account,
        best_day: best,
        total,
        denominator,
        cap: rule.cap,
        inclusive: rule.inclusive,
        met: is_defined && within,
        total_needed: (best > Money::ZERO)
            .then(|| i64::try_from(least).ok().map(Money))
            .flatten(),
        next_day_max: is_defined.then(|| clamped(next_day_max)),
    }
}

/// Today's profit, and the windows over which days are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DayFacts {
    /// Of the whole day, what is excluded included.
    pnl: Money,
    /// Equity at which it would be none.
    base: Money,
    /// Since the account opened.
    pub(crate) phase: DayWindow,
    /// Since the last payout.
    pub(crate) payout: DayWindow,
    /// Since the last scaling step.
    pub(crate) step: DayWindow,
}

codec_struct!(DayFacts {
    pnl,
    base,
    phase,
    payout,
    step
});

impl DayFacts {
    /// The first day, from this equity on.
    pub(crate) fn open(equity: Money) -> Self {
        let window = DayWindow::begin(equity);
        Self {
            pnl: Money::ZERO,
            base: equity,
            phase: window.clone(),
            payout: window.clone(),
            step: window,
        }
    }

    /// Today's profit is what equity changed by.
    pub(crate) fn value(&mut self, equity: Money) {
        self.pnl = equity.saturating_sub(self.base);
        for window in self.windows() {
            window.today = equity.saturating_sub(window.base);
        }
    }

    /// Money came in, or left where it is below zero: no profit of the day.
    pub(crate) fn fund(&mut self, amount: Money) {
        self.base = self.base.saturating_add(amount);
        for window in self.windows() {
            window.base = window.base.saturating_add(amount);
        }
    }

    const fn windows(&mut self) -> [&mut DayWindow; 3] {
        [&mut self.phase, &mut self.payout, &mut self.step]
    }

    pub(crate) fn record_opening_fill(&mut self) {
        for window in self.windows() {
            window.opened = true;
        }
    }

    pub(crate) fn record_held(&mut self) {
        for window in self.windows() {
            window.held = true;
        }
    }

    pub(crate) fn record_realised(&mut self, pnl: Money) {
        self.pnl = self.pnl.saturating_add(pnl);
        for window in self.windows() {
            window.record_profit(pnl);
        }
    }

    pub(crate) fn record_excluded(&mut self, profit: Money) {
        let back = Money(profit.0.saturating_neg());
        for window in self.windows() {
            window.record_profit(back);
            window.base = window.base.saturating_add(profit);
        }
    }

    pub(crate) const fn pnl(&self) -> Money {
        self.pnl
    }

    pub(crate) const fn today(&self) -> [&Money; 3] {
        [&self.phase.today, &self.payout.today, &self.step.today]
    }

    /// Whether a position was opened or enlarged today.
    pub(crate) const fn opened_today(&self) -> bool {
        self.phase.opened
    }

    /// The window that a consistency rule looks at.
    pub(crate) const fn consistency_window(&self, window: ConsistencyWindow) -> &DayWindow {
        match window {
            ConsistencyWindow::Phase => &self.phase,
            ConsistencyWindow::SincePayout => &self.payout,
        }
    }

    /// Closes the day at this equity. Returns its profit and whether it counted.
    pub(crate) fn close(
        &mut self,
        rule: Option<MinDays>,
        payout_rule: Option<MinDays>,
        equity: Money,
        held: bool,
    ) -> (Money, bool) {
        let counted = self.phase.close(rule, equity, held);
        self.step.close(rule, equity, held);
        self.payout.close(payout_rule, equity, held);
        self.base = equity;
        (std::mem::take(&mut self.pnl), counted)
    }
}

/// The amount, held at the ends of the range of [`Money`].
fn clamped(raw: i128) -> Money {
    Money(raw.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}
