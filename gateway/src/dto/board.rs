//! Leaderboards.

use rules::{Competition, Disqualified, Ineligible, PrizePool, Score, ScoreInputs, TeamStanding};
use runtime::{BoardPage, BoardRow, CompetitionView};
use serde::Serialize;
use types::{Money, TimestampNs, decimal};

use super::competition::CompetitionDto;
use super::names::Names;
use super::percent;
use super::word::Word;

/// A competition and rows of its board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BoardDto {
    /// The competition.
    pub competition: ContestDto,
    /// Ranked entrants, best first; then the unranked.
    pub rows: Vec<BoardRowDto>,
}

/// A competition in short: how it stands, and what its scores are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContestDto {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// `demo`, `paper` or `live`.
    pub kind: &'static str,
    /// `upcoming`, `live`, `in_review` or `final`.
    pub state: String,
    /// Whether the public board stands still.
    pub frozen: bool,
    /// When scores count; null from its definition until it is ended.
    pub window: Option<SpanDto>,
    /// From when on the public board stands still; null for never.
    pub freeze_at: Option<String>,
    /// How many have entered.
    pub entrants: u32,
    /// How many of them are ranked.
    pub ranked: u32,
    /// How many of them were disqualified.
    pub disqualified: u32,
    /// How the score is weighted.
    pub weights: WeightsDto,
    /// The drawdown at which its component is nothing, percent.
    pub loss_limit_pct: String,
    /// What it takes to be ranked.
    pub gates: GatesDto,
}

/// A span of time; the end is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpanDto {
    /// Its first moment.
    pub start: String,
    /// The first moment after it.
    pub end: String,
}

/// Weights in percent; their sum is 100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WeightsDto {
    /// Of profit.
    pub profit: String,
    /// Of profit adjusted for risk.
    pub risk: String,
    /// Of consistency.
    pub consistency: String,
    /// Of drawdown.
    pub drawdown: String,
}

/// What it takes to be ranked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatesDto {
    /// Days with an opening fill.
    pub active_days: u16,
    /// Returns to flat, and flips.
    pub round_turns: u32,
}

/// A competition whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WholeContestDto {
    /// In short.
    #[serde(flatten)]
    pub contest: ContestDto,
    /// Its definition.
    pub definition: CompetitionDto,
    /// What it pays, with the entrants of now; null where it pays nothing.
    pub prizes: Option<PrizeTableDto>,
}

/// The prize of every place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrizeTableDto {
    /// The whole pool, with the share of the fees.
    pub pool: String,
    /// The smallest payable amount.
    pub unit: String,
    /// From the first place on; neighbours with the same prize together.
    pub places: Vec<PlacesDto>,
    /// Prizes that nobody took; null until it is final.
    pub unclaimed: Option<String>,
}

/// The prize of each place of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlacesDto {
    /// The best of them.
    pub first: u32,
    /// The worst of them.
    pub last: u32,
    /// What each gets.
    pub amount: String,
}

/// An entrant's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BoardRowDto {
    /// 1 is best; null while not eligible.
    pub rank: Option<u32>,
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its team.
    pub team: Option<String>,
    /// The score, 0 to 100: exactly the sum of the four components.
    pub score: String,
    /// Weighted profit, points.
    pub profit: String,
    /// Weighted risk-adjusted profit, points.
    pub risk: String,
    /// Weighted consistency, points.
    pub consistency: String,
    /// Weighted drawdown, points.
    pub drawdown: String,
    /// What the four components are computed from.
    pub inputs: ScoreInputsDto,
    /// Return since entry, percent, rounded.
    pub return_pct: String,
    /// Deepest fall from a peak, percent of that peak, rounded.
    pub mdd_pct: String,
    /// Return since entry, of one, as ties are decided by it.
    pub total_return: String,
    /// Deepest fall from a peak, of one, as ties are decided by it.
    pub max_drawdown: String,
    /// When the highest return was attained, the next to decide ties; null while it was never above
    /// the start.
    pub attained_at: Option<String>,
    /// Days that count in the means, today included.
    pub days: u32,
    /// Days with an opening fill.
    pub active_days: u16,
    /// Returns to flat, and flips.
    pub round_turns: u32,
    /// Whether it is ranked.
    pub eligible: bool,
    /// Why it is not.
    pub reason: Option<String>,
    /// Why and when it was taken off the board.
    pub disqualified: Option<DisqualifiedDto>,
    /// What it gets; null until the competition is final, and for no prize.
    pub prize: Option<String>,
}

/// What the components of a score are computed from, exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScoreInputsDto {
    /// Equity at entry, or when the window started.
    pub initial: String,
    /// Equity at which today began.
    pub day_start: String,
    /// Equity of now.
    pub equity: String,
    /// Sum of `u(d)` over the closed days, of one.
    pub sum_risk: String,
    /// Sum of `g(d, 0.5%)` over the closed days, of one.
    pub sum_consistency: String,
    /// Deepest fall from a peak, of that peak.
    pub max_drawdown: String,
}

/// Why and when an entrant was taken off the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisqualifiedDto {
    /// Why.
    pub reason: &'static str,
    /// When.
    pub at: String,
}

/// A team's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TeamRowDto {
    /// 1 is best; null while it has too few eligible members.
    pub rank: Option<u32>,
    /// The team.
    pub team: String,
    /// The mean of the scores that count.
    pub score: String,
    /// Eligible members.
    pub eligible: u32,
    /// How many of them count.
    pub counted: u32,
    /// The best member.
    pub best: Option<String>,
}

impl BoardDto {
    /// Rows of a board.
    pub fn new(page: &BoardPage, names: &Names) -> Self {
        Self {
            competition: ContestDto::new(&page.competition, names),
            rows: page
                .rows
                .iter()
                .map(|row| BoardRowDto::new(row, names))
                .collect(),
        }
    }
}

impl ContestDto {
    /// The short form of a competition.
    pub fn new(view: &CompetitionView, names: &Names) -> Self {
        let Competition {
            name,
            kind,
            weights,
            loss_limit,
            gates,
            contest,
            ..
        } = &view.competition;
        Self {
            id: names.competition(view.id),
            name: name.to_string(),
            kind: kind.word(),
            state: view.state.to_string(),
            frozen: view.is_frozen,
            window: contest.window.map(|window| SpanDto {
                start: window.start.to_string(),
                end: window.end.to_string(),
            }),
            freeze_at: contest.freeze_at().map(|at| at.to_string()),
            entrants: view.entrants,
            ranked: view.ranked,
            disqualified: view.disqualified,
            weights: WeightsDto {
                profit: percent::exact(weights.profit),
                risk: percent::exact(weights.risk),
                consistency: percent::exact(weights.consistency),
                drawdown: percent::exact(weights.drawdown),
            },
            loss_limit_pct: percent::exact(*loss_limit),
            gates: GatesDto {
                active_days: gates.active_days,
                round_turns: gates.round_turns,
            },
        }
    }
}

impl WholeContestDto {
    /// The whole form of a competition.
    pub fn new(view: &CompetitionView, names: &Names) -> Self {
        let rules = &view.competition.contest;
        let table = |prizes: &PrizePool| {
            let pool = prizes.total(&rules.entry.fee, view.entrants);
            PrizeTableDto {
                pool: pool.to_string(),
                unit: prizes.unit.to_string(),
                places: places(&prizes.table(pool)),
                unclaimed: view.unclaimed.map(|unclaimed| unclaimed.to_string()),
            }
        };
        Self {
            contest: ContestDto::new(view, names),
            definition: CompetitionDto::new(&view.competition),
            prizes: rules.prizes.as_ref().map(table),
        }
    }
}

/// The prizes by place, neighbours with the same prize together.
fn places(table: &[Money]) -> Vec<PlacesDto> {
    let mut next = 1;
    let ranges = table.chunk_by(|one, other| one == other).map(|range| {
        let first = next;
        next += range.len() as u32;
        PlacesDto {
            first,
            last: next - 1,
            amount: range[0].to_string(),
        }
    });
    ranges.collect()
}

impl BoardRowDto {
    /// An entrant's row.
    pub fn new(row: &BoardRow, names: &Names) -> Self {
        let Score {
            profit,
            risk,
            consistency,
            drawdown,
            total,
            total_return,
            max_drawdown,
            days,
            active_days,
            round_turns,
            ineligible,
        } = row.score;
        Self {
            rank: row.rank,
            account: names.account(row.account),
            name: row.name.to_string(),
            team: row.team.map(|team| team.to_string()),
            score: billionths(total),
            profit: billionths(profit),
            risk: billionths(risk),
            consistency: billionths(consistency),
            drawdown: billionths(drawdown),
            inputs: ScoreInputsDto::new(row.inputs),
            return_pct: percent::rounded(total_return),
            mdd_pct: percent::rounded(max_drawdown),
            total_return: billionths(total_return.0),
            max_drawdown: billionths(max_drawdown.0),
            attained_at: (row.attained_at != TimestampNs(0)).then(|| row.attained_at.to_string()),
            days,
            active_days,
            round_turns,
            eligible: ineligible.is_none(),
            reason: ineligible.map(reason),
            disqualified: row
                .disqualified
                .map(|Disqualified { reason, at, .. }| DisqualifiedDto {
                    reason: reason.word(),
                    at: at.to_string(),
                }),
            prize: row.prize.map(|prize| prize.to_string()),
        }
    }
}

impl ScoreInputsDto {
    fn new(inputs: ScoreInputs) -> Self {
        let ScoreInputs {
            initial,
            day_start,
            equity,
            sum_risk,
            sum_consistency,
            drawdown_share,
        } = inputs;
        Self {
            initial: initial.to_string(),
            day_start: day_start.to_string(),
            equity: equity.to_string(),
            sum_risk: scaled(sum_risk, 18),
            sum_consistency: scaled(sum_consistency, 18),
            max_drawdown: scaled(drawdown_share, 18),
        }
    }
}

impl TeamRowDto {
    /// A team's row.
    pub fn new(row: &TeamStanding, names: &Names) -> Self {
        let TeamStanding {
            team,
            rank,
            score,
            eligible,
            counted,
            best,
        } = *row;
        Self {
            rank,
            team: team.to_string(),
            score: billionths(score),
            eligible,
            counted,
            best: best.map(|best| names.account(best.account)),
        }
    }
}

/// Scores are integers of 1e-9 of a point, ratios of 1e-9.
fn billionths(value: i64) -> String {
    scaled(value.into(), 9)
}

fn scaled(value: i128, decimals: u32) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = decimal::write(&mut text, value, decimals);
    text
}

fn reason(ineligible: Ineligible) -> String {
    match ineligible {
        Ineligible::ActiveDays { has, needs } => {
            let days = if needs == 1 { "day" } else { "days" };
            format!("needs {needs} active {days}, has {has}")
        }
        Ineligible::RoundTurns { has, needs } => {
            let turns = if needs == 1 { "turn" } else { "turns" };
            format!("needs {needs} round {turns}, has {has}")
        }
        Ineligible::Breached => "violated a hard rule".to_owned(),
        Ineligible::Disqualified(reason) => format!("disqualified: {}", reason.word()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prizes_of_neighbours_are_told_together() {
        let table = [500, 100, 100, 50].map(Money::whole);
        let shown: Vec<_> = places(&table)
            .into_iter()
            .map(|range| (range.first, range.last, range.amount))
            .collect();
        let expected = [(1, 1, "500"), (2, 3, "100"), (4, 4, "50")];
        assert_eq!(
            shown,
            expected.map(|(a, b, amount)| (a, b, amount.to_owned()))
        );
    }
}
