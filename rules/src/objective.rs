//! Facts about trading days, and what is asked of them: days counted, consistency.

use types::{AccountId, Consistency, Money, Ratio, codec_struct};

use crate::plan::{ConsistencyRule, ConsistencyWindow, DayCounts, Denominator, MinDays};

/// What happened on the day that is open, and the sums over the days before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DayFacts {
    opened: bool,
    held: bool,
    /// Realised by the whole day.
    pnl: Money,
    /// Realised by the part of the day that lies in the consistency window.
    window_pnl: Money,
    days_counted: u16,
    /// Over the closed days of the consistency window: the best day (0 without a profit), the sum,
    /// and the sum over days with a profit. The sums are exact.
    best: Money,
    net: i128,
    positive: i128,
}

codec_struct!(DayFacts {
    opened,
    held,
    pnl,
    window_pnl,
    days_counted,
    best,
    net,
    positive
});

impl DayFacts {
    pub(crate) const fn record_opening_fill(&mut self) {
        self.opened = true;
    }

    pub(crate) const fn record_held(&mut self) {
        self.held = true;
    }

    pub(crate) const fn record_realised(&mut self, pnl: Money) {
        self.pnl = self.pnl.saturating_add(pnl);
        self.window_pnl = self.window_pnl.saturating_add(pnl);
    }

    pub(crate) const fn pnl(&self) -> Money {
        self.pnl
    }

    fn today_counts(&self, rule: Option<MinDays>) -> bool {
        let (counts, profit_min) = rule.map_or((DayCounts::OpeningFill, None), |rule| {
            (rule.counts, rule.day_profit_min)
        });
        let traded = match counts {
            DayCounts::OpeningFill => self.opened,
            DayCounts::AnyDayHeld => self.opened || self.held,
        };
        traded && profit_min.is_none_or(|least| self.pnl >= least)
    }

    pub(crate) fn days_counted(&self, rule: Option<MinDays>) -> u16 {
        self.days_counted
            .saturating_add(self.today_counts(rule).into())
    }

    /// Closes the day and opens the next; positions held over the roll are held on both. Returns the
    /// day's profit and whether it counted.
    pub(crate) fn close(&mut self, rule: Option<MinDays>, held: bool) -> (Money, bool) {
        self.held |= held;
        let (pnl, counted) = (self.pnl, self.today_counts(rule));
        *self = Self {
            opened: false,
            held,
            pnl: Money::ZERO,
            window_pnl: Money::ZERO,
            days_counted: self.days_counted(rule),
            best: self.best.max(self.window_pnl),
            net: self.net.saturating_add(self.window_pnl.0.into()),
            positive: self
                .positive
                .saturating_add(self.window_pnl.0.max(0).into()),
        };
        (pnl, counted)
    }

    pub(crate) fn pay_out(&mut self, window: ConsistencyWindow) {
        if window == ConsistencyWindow::SincePayout {
            self.window_pnl = Money::ZERO;
            self.best = Money::ZERO;
            self.net = 0;
            self.positive = 0;
        }
    }

    /// The standing with today so far as one of the days. `target` is the profit target.
    pub(crate) fn consistency(
        &self,
        rule: &ConsistencyRule,
        target: Money,
        account: AccountId,
    ) -> Consistency {
        let today = self.window_pnl;
        let best = self.best.max(today);
        let denominator = match rule.denominator {
            Denominator::Net => held(self.net.saturating_add(today.0.into())),
            Denominator::PositiveDays => held(self.positive.saturating_add(today.0.max(0).into())),
            Denominator::Target => target,
        };
        // A valid plan's cap is in this range; nothing divides by zero without one.
        let cap = i128::from(rule.cap.0.clamp(1, Ratio::ONE.0 - 1));
        let one = i128::from(Ratio::ONE.0);
        let (best_scaled, allowed) = (i128::from(best.0) * one, i128::from(denominator.0) * cap);
        let within = if rule.inclusive {
            best_scaled <= allowed
        } else {
            best_scaled < allowed
        };
        let total_needed = match (best.0, rule.inclusive) {
            (0, _) => 0,
            (_, true) => -(-best_scaled).div_euclid(cap),
            (_, false) => best_scaled.div_euclid(cap) + 1,
        };
        let rest = match rule.denominator {
            Denominator::Net | Denominator::PositiveDays => one - cap,
            Denominator::Target => one,
        };
        let next_day_max = match (denominator > Money::ZERO, rule.inclusive) {
            (false, _) => 0,
            (true, true) => allowed.div_euclid(rest),
            (true, false) => (allowed - 1).div_euclid(rest),
        };
        Consistency {
            account,
            best_day: best,
            denominator,
            cap: rule.cap,
            inclusive: rule.inclusive,
            met: denominator > Money::ZERO && within,
            total_needed: held(total_needed),
            next_day_max: held(next_day_max),
        }
    }
}

/// The amount, held at the ends of the range of [`Money`].
fn held(raw: i128) -> Money {
    Money(raw.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}
