//! `--competition`: the account of a run as an entry, told as its row of the leaderboard.

use ::backtest::report::{Entry, Fact, Table};
use ::backtest::run::RunError;
use gateway::dto::board::{BoardDto, BoardRowDto, ContestDto};
use gateway::dto::{Names, Word as _};
use rules::{Competition, Ineligible};
use runtime::{BoardPage, BoardPlace, BoardRows, BoardView, Boards, Shard};
use serde_json::{Value, json};
use types::CompetitionId;

use super::{Args, Usage};

/// Units of 1e-18, as shares of a drawdown are, in one of a ratio.
const SHARE_PER_RATIO: i128 = 1_000_000_000;

/// The competition that the command line names.
///
/// # Errors
/// When the file cannot be read or is none.
pub(super) fn competition(args: &Args) -> Result<Option<Competition>, Usage> {
    let path = args.competition.as_deref();
    let read = path.map(|path| crate::competition::read(path).map_err(|(_, error)| Usage(error)));
    read.transpose()
}

/// What a run says of an account that cannot enter is about the file.
pub(super) fn refused(args: &Args, error: RunError) -> anyhow::Error {
    match (&args.competition, &error) {
        (Some(path), RunError::Entry(_) | RunError::Contest(_) | RunError::Window { .. }) => {
            Usage(format!("--competition {}: {error}", path.display())).into()
        }
        _ => error.into(),
    }
}

/// The entry at the end of a run.
pub(super) struct Entered {
    contest: ContestDto,
    row: BoardRowDto,
    kind: &'static str,
    /// The deepest fall was the competition's loss limit, or more.
    is_limit_reached: bool,
    is_breached: bool,
}

impl Entered {
    /// The row of the only entrant, as the boards have it; none without a competition.
    pub(super) fn new(shard: &Shard) -> Option<Self> {
        let mut boards = Boards::default();
        boards.refresh(shard);
        let rows = BoardRows::From(BoardPlace::Rank(1), 1);
        let page = boards.page(shard, CompetitionId(0), BoardView::Review, rows)?;
        let mut names = Names::numbers();
        names.learn(shard);
        Self::of(&page, &names)
    }

    fn of(page: &BoardPage, names: &Names) -> Option<Self> {
        let row = page.rows.first()?;
        let competition = &page.competition.competition;
        let limit = i128::from(competition.loss_limit.0) * SHARE_PER_RATIO;
        let BoardDto {
            competition: contest,
            rows,
        } = BoardDto::new(page, names);
        Some(Self {
            contest,
            row: rows.into_iter().next()?,
            kind: competition.kind.word(),
            is_limit_reached: row.inputs.drawdown_share >= limit,
            is_breached: row.score.ineligible == Some(Ineligible::Breached),
        })
    }

    /// When it was live, and how it stands.
    fn about(&self) -> String {
        let state = self.contest.state.replace('_', " ");
        match &self.contest.window {
            Some(window) => format!(
                "of {} accounts, {} to {}: {state}",
                self.kind, window.start, window.end
            ),
            None => format!("of {} accounts, without a window: {state}", self.kind),
        }
    }

    const fn limit(&self) -> &'static str {
        if self.is_limit_reached {
            "reached"
        } else {
            "not reached"
        }
    }

    const fn breach(&self) -> &'static str {
        if self.is_breached {
            "breached"
        } else {
            "no breach"
        }
    }

    fn active_days(&self) -> String {
        let needed = self.contest.gates.active_days;
        format!("{} of {needed}", self.row.active_days)
    }

    fn round_turns(&self) -> String {
        let needed = self.contest.gates.round_turns;
        format!("{} of {needed}", self.row.round_turns)
    }

    /// Lines of a summary.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        let Self { contest, row, .. } = self;
        vec![
            ("competition", format!("{}, {}", contest.name, self.about())),
            (
                "score",
                format!(
                    "{} of 100: profit {}, risk {}, consistency {}, drawdown {}",
                    row.score, row.profit, row.risk, row.consistency, row.drawdown
                ),
            ),
            (
                "entry",
                format!(
                    "{} {}, return {}%, max drawdown {}%, loss limit {}% {}",
                    row.days,
                    if row.days == 1 { "day" } else { "days" },
                    row.return_pct,
                    row.mdd_pct,
                    contest.loss_limit_pct,
                    self.limit()
                ),
            ),
            (
                "gates",
                format!(
                    "active days {}, round turns {}, {}",
                    self.active_days(),
                    self.round_turns(),
                    self.breach()
                ),
            ),
            (
                "ranked",
                match &row.reason {
                    None => "yes".to_owned(),
                    Some(reason) => format!("no: {reason}"),
                },
            ),
        ]
    }

    /// The competition in short, as boards have it, with the entry's row.
    pub(super) fn object(&self) -> Value {
        let mut object = json!(self.contest);
        object["loss_limit_reached"] = json!(self.is_limit_reached);
        object["breached"] = json!(self.is_breached);
        object["row"] = json!(self.row);
        object
    }

    /// A section of a page.
    pub(super) fn section(&self) -> Entry {
        let Self { contest, row, .. } = self;
        let weights = &contest.weights;
        let component = |name: &str, points: &str, most: &str| {
            vec![name.to_owned(), points.to_owned(), most.to_owned()]
        };
        Entry {
            name: contest.name.clone(),
            about: self.about(),
            unranked: row.reason.clone(),
            table: Table {
                caption: "Score".to_owned(),
                columns: ["Component", "Points", "At most"]
                    .map(str::to_owned)
                    .to_vec(),
                // A weight in percent is the most points that it can give.
                rows: vec![
                    component("Profit", &row.profit, &weights.profit),
                    component("Risk", &row.risk, &weights.risk),
                    component("Consistency", &row.consistency, &weights.consistency),
                    component("Drawdown", &row.drawdown, &weights.drawdown),
                    component("Score", &row.score, "100"),
                ],
                marked: Some(4),
            },
            facts: vec![
                Fact::new("Return", format!("{}%", row.return_pct)),
                Fact::new("Max drawdown", format!("{}%", row.mdd_pct)),
                Fact::new(
                    "Loss limit",
                    format!("{}%, {}", contest.loss_limit_pct, self.limit()),
                ),
                Fact::new("Days", row.days.to_string()),
                Fact::new("Active days", self.active_days()),
                Fact::new("Round turns", self.round_turns()),
                Fact::new("Hard rules", self.breach()),
            ],
        }
    }
}
