//! What the reviewers of a competition should look at.

use rules::{Missed, Signal, SignalRules};
use serde::Serialize;
use types::CompetitionId;

use super::names::Names;
use super::percent;
use super::word::Word;
use crate::review::Report;

/// The signals of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignalsDto {
    competition: String,
    /// The time from which facts are known.
    since: String,
    /// Whether these are all facts of the competition: it was not live before.
    complete: bool,
    /// The time that open positions are counted to.
    until: String,
    rules: RulesDto,
    /// The strongest first.
    signals: Vec<SignalDto>,
    /// How many more there are.
    left_out: usize,
    missed: MissedDto,
}

/// When something is worth a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RulesDto {
    opposite_s: u32,
    copied_s: u32,
    stale_ms: u32,
    count_min: u32,
    share_min_pct: String,
}

/// Something for a person to look into: never a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct SignalDto {
    kind: &'static str,
    account: String,
    /// The other account, where there is one.
    other: Option<String>,
    /// How often.
    count: u32,
    /// Out of how many.
    of: u32,
    /// `count / of` in percent, at most 100.
    share_pct: String,
    /// How long opposite positions were held at once, in nanoseconds.
    overlap_ns: String,
    first: String,
    last: String,
}

/// How often a limit kept something from being looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MissedDto {
    pairs: u64,
    positions: u64,
    recent: u64,
    opposite: u64,
    instruments: u64,
}

impl SignalsDto {
    /// The form of a report.
    pub fn new(id: CompetitionId, report: &Report, names: &Names) -> Self {
        let SignalRules {
            opposite_s,
            copied_s,
            stale_ms,
            count_min,
            share_min,
        } = report.rules;
        let Missed {
            pairs,
            positions,
            recent,
            opposite,
            instruments,
        } = report.missed;
        let signals = report.signals.iter().map(|(signal, account, other)| {
            let Signal {
                kind,
                count,
                of,
                share,
                overlap_ns,
                first,
                last,
                ..
            } = *signal;
            SignalDto {
                kind: kind.word(),
                account: names.account(*account),
                other: other.map(|other| names.account(other)),
                count,
                of,
                share_pct: percent::rounded(share),
                overlap_ns: overlap_ns.to_string(),
                first: first.to_string(),
                last: last.to_string(),
            }
        });
        Self {
            competition: names.competition(id),
            since: report.since.to_string(),
            complete: report.is_complete,
            until: report.until.to_string(),
            rules: RulesDto {
                opposite_s,
                copied_s,
                stale_ms,
                count_min,
                share_min_pct: percent::exact(share_min),
            },
            signals: signals.collect(),
            left_out: report.left_out,
            missed: MissedDto {
                pairs,
                positions,
                recent,
                opposite,
                instruments,
            },
        }
    }
}
