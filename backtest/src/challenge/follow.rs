//! Days as they came, traded by an account under a plan.

use rules::Plan;
use types::{AccountState, Money, Ratio, RuleKind, TradingDay};

use super::attempt::{Size, Trader};
use super::{ChallengeError, Day};
use crate::search::Verdict;

/// Days of one run that follow each other, each with its date.
pub type Stretch = Vec<(TradingDay, Day)>;

/// What became of an account that had the profit of some days, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// How it fared; its days begin with the first one followed.
    pub verdict: Verdict,
    /// The trading day on which that was decided, or the last.
    pub on: TradingDay,
    /// Equity at the end.
    pub equity: Money,
    /// The limit that it fell through.
    pub breached: Option<RuleKind>,
    /// Whether its time to pass was over.
    pub has_lapsed: bool,
}

impl Followed {
    /// Why it ended, in words; nothing of one that trades on.
    pub const fn reason(&self) -> Option<&'static str> {
        match (self.verdict.state, self.breached) {
            (AccountState::Passed, _) => Some("objectives met"),
            _ if self.has_lapsed => Some("time limit"),
            (AccountState::Failed, Some(RuleKind::DailyLoss)) => Some("daily loss limit"),
            (AccountState::Failed, Some(RuleKind::MaxLoss)) => Some("max loss limit"),
            _ => None,
        }
    }
}

/// Opens an account on the first of these days and trades each at its date, as an attempt does; the plan's days between
/// two of them begin and end with nothing done. What is held where a stretch begins is opened there; where another run's
/// follows, what is held is closed first. `compounds`: as of [`super::Question`]. `None` where there is no day. Nothing is
/// paid out.
///
/// # Errors
/// When the engine refuses the plan.
pub fn follow(
    plan: &Plan,
    stretches: &[Stretch],
    compounds: bool,
) -> Result<Option<Followed>, ChallengeError> {
    let mut trader = Trader::open(plan)?;
    let size = if compounds {
        Size::OfEquity(Ratio::ONE)
    } else {
        Size::OfRun(Ratio::ONE)
    };
    let mut newest: Option<TradingDay> = None;
    let mut days = 0;
    'days: for stretch in stretches {
        for (place, (date, drawn)) in stretch.iter().enumerate() {
            // The last day of one stretch may be the first of the next, in part.
            while newest.is_none_or(|newest| newest < *date) {
                let next = newest.and_then(|newest| plan.days.after(newest));
                let day = next.map_or(*date, |next| next.min(*date));
                newest = Some(day);
                trader.roll(day);
                days += 1;
                if !trader.is_trading() {
                    break 'days;
                }
            }
            trader.pass((*drawn, place == 0), size);
            if !trader.is_trading() {
                break 'days;
            }
        }
    }
    let Some(on) = newest else {
        return Ok(None);
    };
    let equity = trader.equity();
    let state = trader.state().unwrap_or(AccountState::Closed);
    Ok(Some(Followed {
        verdict: Verdict::new(state, days, equity, plan),
        on,
        equity,
        breached: trader.breached(),
        has_lapsed: trader.has_lapsed(),
    }))
}
