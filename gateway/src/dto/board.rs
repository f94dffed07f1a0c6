//! Leaderboards.

use rules::{Competition, Ineligible, Score};
use runtime::view::{Board, BoardRow};
use serde::Serialize;
use types::decimal;

use super::names::Names;
use super::percent;
use super::word::Word;

/// A competition and its ranked entrants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BoardDto {
    /// The competition.
    pub competition: CompetitionDto,
    /// Ranked entrants, best first; then the unranked.
    pub rows: Vec<BoardRowDto>,
}

/// A competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompetitionDto {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// `upcoming`, `live`, `in_review` or `final`.
    pub state: String,
    /// How the score is weighted.
    pub weights: WeightsDto,
    /// The drawdown at which its component is nothing, percent.
    pub loss_limit_pct: String,
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

/// An entrant's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BoardRowDto {
    /// 1 is best; null while not eligible.
    pub rank: Option<u32>,
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
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
    /// Return since entry, percent.
    pub return_pct: String,
    /// Deepest fall from a peak, percent of that peak.
    pub mdd_pct: String,
    /// Days that count in the means, today included.
    pub days: u32,
    /// Whether it is ranked.
    pub eligible: bool,
    /// Why it is not.
    pub reason: Option<String>,
}

impl BoardDto {
    /// A board. `state` is the competition's state.
    pub fn new(board: &Board, state: &str, names: &Names) -> Self {
        let Competition {
            name,
            weights,
            loss_limit,
            ..
        } = board.competition;
        Self {
            competition: CompetitionDto {
                id: names.competition(board.id),
                name: name.to_string(),
                state: state.to_owned(),
                weights: WeightsDto {
                    profit: percent::exact(weights.profit),
                    risk: percent::exact(weights.risk),
                    consistency: percent::exact(weights.consistency),
                    drawdown: percent::exact(weights.drawdown),
                },
                loss_limit_pct: percent::exact(loss_limit),
            },
            rows: board
                .rows
                .iter()
                .map(|row| BoardRowDto::new(row, names))
                .collect(),
        }
    }
}

impl BoardRowDto {
    fn new(row: &BoardRow, names: &Names) -> Self {
        let Score {
            profit,
            risk,
            consistency,
            drawdown,
            total,
            total_return,
            max_drawdown,
            days,
            ineligible,
            ..
        } = row.score;
        Self {
            rank: row.rank,
            account: names.account(row.account),
            name: row.name.to_string(),
            score: points(total),
            profit: points(profit),
            risk: points(risk),
            consistency: points(consistency),
            drawdown: points(drawdown),
            return_pct: percent::rounded(total_return),
            mdd_pct: percent::rounded(max_drawdown),
            days,
            eligible: ineligible.is_none(),
            reason: ineligible.map(reason),
        }
    }
}

fn points(points: i64) -> String {
    /// Scores are integers of 1e-9 of a point.
    const DECIMALS: u32 = 9;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = decimal::write(&mut text, points.into(), DECIMALS);
    text
}

fn reason(ineligible: Ineligible) -> String {
    match ineligible {
        Ineligible::ActiveDays { has, needs } => format!("needs {needs} active days, has {has}"),
        Ineligible::RoundTurns { has, needs } => format!("needs {needs} round turns, has {has}"),
        Ineligible::Breached => "violated a hard rule".to_owned(),
        Ineligible::Disqualified(reason) => format!("disqualified: {}", reason.word()),
    }
}
