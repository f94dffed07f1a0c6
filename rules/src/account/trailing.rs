//! How far equity may move while a peak simply follows it upward: what lets a caller leave an account
//! alone whose peak rises with every mark.

use types::{Money, Notional, RuleKind};

use super::{AccountRules, highest_below_next};
use crate::limit::Limit;
use crate::plan::{DailyAnchor, MaxLoss, Plan, StopTrailing, TrailSource};
use crate::trail::MaxFloor;

/// A peak past this is looked at each time that it moves, so that no figure here is near its end.
const PEAK_MAX: i64 = 1 << 60;

/// Where an account stands whose peak is its equity of now, as long as that peak rises with equity.
///
/// While equity has not been above `high`, is not below `low`, and is not more than `retrace` below the
/// highest peak that it made, neither a limit nor a warning has anything to say, and the peak is the
/// highest equity there was, rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailing {
    /// How far equity may fall below the peak. Never more than it may; where an allowance is a share of the
    /// peak it grows with the peak, and this does not.
    pub retrace: Notional,
    /// The lowest equity at which the limits that do not follow this peak have nothing to say.
    pub low: Notional,
    /// The highest equity at which the same limits follow, and none stops.
    pub high: Notional,
}

impl AccountRules {
    /// How far this equity may move while its peak follows it; `None` where no limit follows it from here,
    /// because its peak is higher, it stopped, or something has to be said at this equity.
    pub fn trailing(&self, plan: &Plan, equity: Notional, locked: bool) -> Option<Trailing> {
        let peak = equity.to_money_floor();
        let mut trailing = Trailing {
            retrace: Notional(i128::MAX),
            low: Notional(i128::MIN),
            high: Money(PEAK_MAX).to_notional(),
        };
        let mut follows = false;
        for (limit, told) in self.limits_and_told() {
            let Some(limit) = limit else { continue };
            let lowest = told.lowest_quiet(plan, &limit, locked);
            if self.is_placed_at(plan, &limit, peak) {
                follows = true;
                trailing.high = trailing.high.min(self.highest_trailing(plan, &limit));
                if let Some(lowest) = lowest {
                    let room = peak.to_notional().saturating_sub(lowest);
                    trailing.retrace = trailing.retrace.min(room);
                }
                continue;
            }
            trailing.low = trailing.low.max(lowest.unwrap_or(trailing.low));
            if self.follows_equity(plan, limit.rule) {
                trailing.high = trailing.high.min(highest_below_next(limit.baseline));
            }
        }
        let is_within = -PEAK_MAX < peak.0
            && trailing.low <= equity
            && equity <= trailing.high
            && trailing.retrace >= Notional::ZERO;
        (follows && is_within).then_some(trailing)
    }

    /// Whether a higher equity raises this limit.
    pub(super) fn follows_equity(&self, plan: &Plan, rule: RuleKind) -> bool {
        match rule {
            RuleKind::DailyLoss => plan
                .daily_loss
                .as_ref()
                .is_some_and(|rule| rule.anchor == DailyAnchor::IntradayPeak),
            RuleKind::MaxLoss => {
                let is_source = |max: MaxLoss| max.trail == TrailSource::TickEquity;
                self.max.as_ref().is_some_and(MaxFloor::is_trailing)
                    && plan.max_loss.is_some_and(is_source)
            }
        }
    }

    /// Whether a limit follows equity and stands where this peak puts it. One that a payout lowered may
    /// stand elsewhere until it is raised.
    fn is_placed_at(&self, plan: &Plan, limit: &Limit, peak: Money) -> bool {
        if limit.baseline != peak || !self.follows_equity(plan, limit.rule) {
            return false;
        }
        let allowance = match limit.rule {
            RuleKind::DailyLoss => plan.daily_loss.as_ref().map(|rule| {
                let allowance = rule.allowance_of(self.daily_tier);
                allowance.amount(self.size, peak)
            }),
            RuleKind::MaxLoss => plan
                .max_loss
                .map(|rule| rule.allowance.amount(self.size, peak)),
        };
        allowance.is_some_and(|allowance| {
            allowance > Money::ZERO && limit.floor == peak.saturating_sub(allowance)
        })
    }

    /// The highest equity at which a limit that follows it does not stop.
    fn highest_trailing(&self, plan: &Plan, limit: &Limit) -> Notional {
        let stop = match (limit.rule, &plan.max_loss) {
            (RuleKind::MaxLoss, Some(rule)) => rule.stop,
            _ => StopTrailing::Never,
        };
        let first = match stop {
            StopTrailing::Never => return Notional(i128::MAX),
            // An allowance that is a share of the peak only grows: the floor comes there later.
            StopTrailing::AtFloorLevel(offset) => self
                .size
                .saturating_add(offset)
                .saturating_add(limit.baseline.saturating_sub(limit.floor)),
            StopTrailing::FreezeWhenSource(offset) => self.size.saturating_add(offset),
        };
        Notional(first.to_notional().0 - 1)
    }
}
