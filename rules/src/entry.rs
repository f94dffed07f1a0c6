//! One competition entry and its score, from 0 to 100 points.
//!
//! With `g(x, k) = x / (|x| + k)`, `d` the daily equity return (today's is live, and today is one of
//! the days), `R` the total return, `MDD` the maximum drawdown as a share of the running peak, and
//! `L` the competition's loss limit:
//!
//! - profit `P = 50 (1 + g(R, 10%))`
//! - risk-adjusted `A = 50 (1 + g(sum u(d), 4%))`, `u(d) = d / (1 + d / 2%)` for gains, `d` for losses
//! - consistency `C = 50 (1 + mean g(d, 0.5%))`
//! - drawdown `D = 100 max(0, 1 - MDD / L)`
//! - score `= w_P P + w_A A + w_C C + w_D D`
//!
//! The score is absolute: nobody's moves because of somebody else's trades. A return on a base that
//! is not above zero is -100%.
//!
//! Arithmetic: each quotient is an integer of 1e-18, rounded down; each weighted component is one of
//! 1e-9 of a point, rounded down. [`ScoreInputs`] is all that a score is computed from, and
//! `docs/competitions.md` says how, step by step. For equities from a thousandth to a thousand times the initial one,
//! up to 10,000 days and a loss limit of at least 1%, a component is at most 1.1e-9 points below the
//! exact rational value and at most 1e-10 above it. The total is exactly the sum of the four.
//!
//! A better day never lowers a component where the other days keep their returns, no day ends below
//! zero and the maximum drawdown does not rise: then `R`, both sums and `D` rise or stay. (In fixed point
//! a component may be one unit of 1e-9 lower.) Where the other days keep their *money* instead, their
//! returns shrink, and the score may fall.

use std::cmp::Ordering;

use types::{DisqualificationReason, Notional, Ratio, TimestampNs, codec_struct};

use crate::competition::Competition;

/// Units in one: quotients are integers of 1e-18.
const SCALE: i128 = 1_000_000_000_000_000_000;

/// One entrant: the closed days as sums, and the day that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    initial: Notional,
    day_start: Notional,
    equity: Notional,
    peak: Notional,
    /// Lowest equity since the peak.
    trough: Notional,
    /// Deepest drawdown before the current peak, as an amount and as a share of its peak (1e-18).
    drawdown: Notional,
    drawdown_share: i128,
    attained_at: TimestampNs,
    /// Over the closed days, 1e-18.
    sum_risk: i128,
    sum_consistency: i128,
    days: u32,
    active_days: u16,
    active_today: bool,
    round_turns: u32,
}

codec_struct!(Entry {
    initial,
    day_start,
    equity,
    peak,
    trough,
    drawdown,
    drawdown_share,
    attained_at,
    sum_risk,
    sum_consistency,
    days,
    active_days,
    active_today,
    round_turns,
});

/// A score and what it is made of. The four components are weighted, in 1e-9 of a point, and `total`
/// is exactly their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Weighted profit, 1e-9 points.
    pub profit: i64,
    /// Weighted risk-adjusted profit, 1e-9 points.
    pub risk: i64,
    /// Weighted consistency, 1e-9 points.
    pub consistency: i64,
    /// Weighted drawdown, 1e-9 points.
    pub drawdown: i64,
    /// The sum of the four, 1e-9 points.
    pub total: i64,
    /// Return since entry, rounded down.
    pub total_return: Ratio,
    /// Deepest fall from a peak as a share of that peak, rounded down.
    pub max_drawdown: Ratio,
    /// Days that count in the means: those closed, and today.
    pub days: u32,
    /// Days with an opening fill, with today if it has one.
    pub active_days: u16,
    /// Returns to flat, and flips.
    pub round_turns: u32,
    /// Why the entry is not ranked.
    pub ineligible: Option<Ineligible>,
}

/// A total return, exact: `equity / initial - 1`. Ordered by that fraction, whatever it is a fraction of.
#[derive(Debug, Clone, Copy)]
pub struct TotalReturn {
    /// Equity at entry, above zero.
    pub initial: Notional,
    /// Equity of now.
    pub equity: Notional,
}

codec_struct!(TotalReturn { initial, equity });

impl TotalReturn {
    /// Neither a gain nor a loss.
    pub const ZERO: Self = Self {
        initial: Notional(1),
        equity: Notional(1),
    };
}

impl Ord for TotalReturn {
    fn cmp(&self, other: &Self) -> Ordering {
        // Products of equities are past what an integer holds, so the fractions are compared as Euclid
        // does: by their whole parts, and where those are equal by the inverses of what is left.
        let (mut left, mut over) = (self.equity.0, self.initial.0.max(1));
        let (mut right, mut under) = (other.equity.0, other.initial.0.max(1));
        loop {
            let whole = left.div_euclid(over).cmp(&right.div_euclid(under));
            let (left_rest, right_rest) = (left.rem_euclid(over), right.rem_euclid(under));
            if whole != Ordering::Equal {
                return whole;
            }
            if left_rest == 0 || right_rest == 0 {
                return left_rest.min(1).cmp(&right_rest.min(1));
            }
            (left, over, right, under) = (under, right_rest, over, left_rest);
        }
    }
}

impl PartialOrd for TotalReturn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for TotalReturn {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for TotalReturn {}

/// What the four components are computed from, beside the competition and the number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreInputs {
    /// Equity at entry, or when the window started.
    pub initial: Notional,
    /// Equity at which today began.
    pub day_start: Notional,
    /// Equity of now.
    pub equity: Notional,
    /// Sum of `u(d)` over the closed days, 1e-18.
    pub sum_risk: i128,
    /// Sum of `g(d, 0.5%)` over the closed days, 1e-18.
    pub sum_consistency: i128,
    /// Deepest fall from a peak as a share of that peak, 1e-18.
    pub drawdown_share: i128,
}

/// Why an entry is not ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ineligible {
    /// Too few days with an opening fill.
    ActiveDays {
        /// Days that it has.
        has: u16,
        /// Days that it needs.
        needs: u16,
    },
    /// Too few round turns.
    RoundTurns {
        /// Round turns that it has.
        has: u32,
        /// Round turns that it needs.
        needs: u32,
    },
    /// Its account violated a hard rule.
    Breached,
    /// It was taken off the board.
    Disqualified(DisqualificationReason),
}

impl Entry {
    /// An entry with this equity, which must be above zero.
    pub const fn enter(equity: Notional) -> Self {
        Self {
            initial: equity,
            day_start: equity,
            equity,
            peak: equity,
            trough: equity,
            drawdown: Notional::ZERO,
            drawdown_share: 0,
            attained_at: TimestampNs(0),
            sum_risk: 0,
            sum_consistency: 0,
            days: 0,
            active_days: 0,
            active_today: false,
            round_turns: 0,
        }
    }

    /// The entry's equity is this now.
    #[inline]
    pub fn observe(&mut self, equity: Notional, ts: TimestampNs) {
        self.equity = equity;
        if equity > self.peak {
            self.close_drawdown();
            self.peak = equity;
            self.trough = equity;
            self.attained_at = ts;
        } else if equity < self.trough {
            self.trough = equity;
        }
    }

    /// A fill opened or enlarged a position.
    pub const fn record_opening_fill(&mut self) {
        self.active_today = true;
    }

    /// A position came back to flat, or flipped.
    pub const fn record_round_turn(&mut self) {
        self.round_turns = self.round_turns.saturating_add(1);
    }

    /// The range of equity, lowest and highest since the peak, in which observing moves nothing that
    /// the score remembers: an equity inside it needs no [`Self::observe`] until the next roll or score.
    #[inline]
    pub const fn quiet(&self) -> (Notional, Notional) {
        (self.trough, self.peak)
    }

    /// Whether its figures can be those of an entry that was observed: for one from bytes.
    pub fn is_sound(&self) -> bool {
        // A day's share lies between -1 and 1, but for the rounding of very large figures.
        let consistency_max = i128::from(self.days) * 2 * SCALE;
        self.sum_consistency.unsigned_abs() <= consistency_max.unsigned_abs()
            && self.initial > Notional::ZERO
            && self.initial <= self.peak
            && (self.trough..=self.peak).contains(&self.equity)
            && self.drawdown >= Notional::ZERO
            && self.drawdown_share >= 0
    }

    /// Whether anything has happened since entering: an opening fill, or another equity.
    pub fn is_used(&self) -> bool {
        self.active_today || self.peak != self.initial || self.peak != self.trough
    }

    /// Closes the day at the last observed equity.
    pub fn roll(&mut self) {
        let today = Return::of(self.day_start, self.equity);
        self.sum_risk = self.sum_risk.saturating_add(today.risk());
        self.sum_consistency = self.sum_consistency.saturating_add(today.consistency());
        self.days = self.days.saturating_add(1);
        self.active_days = self.active_days_now();
        self.active_today = false;
        self.day_start = self.equity;
    }

    /// When the highest total return was attained; zero while it has never been above the start.
    pub const fn attained_at(&self) -> TimestampNs {
        self.attained_at
    }

    /// The return since entry, exact.
    pub const fn total_return(&self) -> TotalReturn {
        TotalReturn {
            initial: self.initial,
            equity: self.equity,
        }
    }

    /// What the score is computed from, as it stands.
    pub fn inputs(&self) -> ScoreInputs {
        ScoreInputs {
            initial: self.initial,
            day_start: self.day_start,
            equity: self.equity,
            sum_risk: self.sum_risk,
            sum_consistency: self.sum_consistency,
            drawdown_share: self.drawdown_share.max(self.open_drawdown_share()),
        }
    }

    /// The score as it stands. `breached`: the account violated a hard rule.
    pub fn score(&self, competition: &Competition, breached: bool) -> Score {
        let ScoreInputs {
            initial,
            day_start,
            equity,
            sum_risk,
            sum_consistency,
            drawdown_share,
        } = self.inputs();
        let total = Return::of(initial, equity);
        let today = Return::of(day_start, equity);
        let days = self.days.saturating_add(1);

        let sum_risk = sum_risk.saturating_add(today.risk());
        let sum_consistency = sum_consistency.saturating_add(today.consistency());
        let risk = quotient(
            sum_risk,
            sum_risk.saturating_abs().saturating_add(SCALE / 25),
        );
        let mean_consistency = sum_consistency.div_euclid(days.into());
        let loss_limit = i128::from(competition.loss_limit.0.max(1));
        let used = drawdown_share
            .saturating_mul(Ratio::ONE.0.into())
            .div_euclid(loss_limit);

        let weights = competition.weights;
        let profit = points(SCALE + total.share_against(10), 50, weights.profit);
        let risk = points(SCALE + risk, 50, weights.risk);
        let consistency = points(SCALE + mean_consistency, 50, weights.consistency);
        let drawdown = points((SCALE - used.min(SCALE)).max(0), 100, weights.drawdown);
        Score {
            profit,
            risk,
            consistency,
            drawdown,
            total: profit
                .saturating_add(risk)
                .saturating_add(consistency)
                .saturating_add(drawdown),
            total_return: to_ratio(quotient(total.change, total.base)),
            max_drawdown: to_ratio(drawdown_share),
            days,
            active_days: self.active_days_now(),
            round_turns: self.round_turns,
            ineligible: self.ineligible(competition, breached),
        }
    }

    fn ineligible(&self, competition: &Competition, breached: bool) -> Option<Ineligible> {
        let (has_days, needs_days) = (self.active_days_now(), competition.gates.active_days);
        let (has_turns, needs_turns) = (self.round_turns, competition.gates.round_turns);
        if breached {
            Some(Ineligible::Breached)
        } else if has_days < needs_days {
            Some(Ineligible::ActiveDays {
                has: has_days,
                needs: needs_days,
            })
        } else if has_turns < needs_turns {
            Some(Ineligible::RoundTurns {
                has: has_turns,
                needs: needs_turns,
            })
        } else {
            None
        }
    }

    fn active_days_now(&self) -> u16 {
        self.active_days.saturating_add(self.active_today.into())
    }

    /// Peaks only rise, so a drawdown can be the deepest share only if it is the largest amount: all
    /// others need no division.
    fn close_drawdown(&mut self) {
        let amount = Notional(self.peak.0.saturating_sub(self.trough.0));
        if amount > self.drawdown {
            self.drawdown = amount;
            self.drawdown_share = self.drawdown_share.max(self.open_drawdown_share());
        }
    }

    fn open_drawdown_share(&self) -> i128 {
        quotient(
            self.peak.0.saturating_sub(self.trough.0),
            self.peak.0.max(1),
        )
    }
}

/// A return as a fraction; the base is above zero.
#[derive(Clone, Copy)]
struct Return {
    change: i128,
    base: i128,
}

impl Return {
    fn of(base: Notional, equity: Notional) -> Self {
        if base > Notional::ZERO {
            Self {
                change: equity.0.saturating_sub(base.0),
                base: base.0,
            }
        } else {
            Self {
                change: -1,
                base: 1,
            }
        }
    }

    /// `g(self, 1 / per)`, 1e-18.
    fn share_against(self, per: i128) -> i128 {
        let change = self.change.saturating_mul(per);
        quotient(change, change.saturating_abs().saturating_add(self.base))
    }

    /// `u(self)`, 1e-18: a gain counts less the larger it is, a loss counts in full.
    fn risk(self) -> i128 {
        let gain = self.change.max(0).saturating_mul(50);
        quotient(self.change, self.base.saturating_add(gain))
    }

    /// `g(self, 0.5%)`, 1e-18.
    fn consistency(self) -> i128 {
        self.share_against(200)
    }
}

/// `numerator / denominator` in 1e-18, rounded down; the denominator is above zero. A numerator past
/// 67 bits drops its lowest bits, and the denominator as many: a relative error below 2^-59 while the
/// quotient is below 64.
fn quotient(numerator: i128, denominator: i128) -> i128 {
    const HEADROOM: u32 = 61;
    let shift = HEADROOM.saturating_sub(numerator.unsigned_abs().leading_zeros());
    ((numerator >> shift) * SCALE).div_euclid((denominator >> shift).max(1))
}

/// `factor x weight x share` in 1e-9 of a point, rounded down.
fn points(share: i128, factor: i128, weight: Ratio) -> i64 {
    let raw = share
        .saturating_mul(factor)
        .saturating_mul(weight.0.into())
        .div_euclid(SCALE);
    raw.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

fn to_ratio(scaled: i128) -> Ratio {
    let raw = scaled.div_euclid(SCALE / i128::from(Ratio::ONE.0));
    Ratio(raw.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}
