//! The whole state of a shard, as a report.

use std::fmt;

use runtime::{BoardPlace, BoardRows, BoardView, Boards, Shard};
use serde::Serialize;
use types::{AccountId, CompetitionId, InstrumentId, decimal};

use super::account::AccountDto;
use super::board::{BoardRowDto, TeamRowDto, WholeContestDto};
use super::book::BookDto;
use super::instrument::InstrumentDto;
use super::names::Names;

/// The state of a shard after its last input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "state")]
pub struct StateDto {
    /// The last input.
    pub seq: String,
    /// Its time.
    pub ts: String,
    /// BLAKE3 of the whole state.
    pub state_hash: String,
    /// Every instrument.
    pub instruments: Vec<InstrumentDto>,
    /// The book of every crossed instrument, as far as [`BOOK_LEVELS_MAX`].
    pub books: Vec<BookDto>,
    /// Every account.
    pub accounts: Vec<AccountDto>,
    /// Every competition's board.
    pub boards: Vec<StateBoardDto>,
    /// The firm's side of the ledger, for each currency.
    pub house: Vec<HouseDto>,
}

/// Decimals of [`types::Money`].
const MONEY_DECIMALS: u32 = 6;

/// Levels of each side of a book that a report shows.
pub const BOOK_LEVELS_MAX: usize = 100;

/// A competition with all its boards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateBoardDto {
    /// The competition.
    pub competition: WholeContestDto,
    /// The board of its reviewers.
    pub rows: Vec<BoardRowDto>,
    /// What the public sees, while that stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<Vec<BoardRowDto>>,
    /// The board of its teams, where it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teams: Option<Vec<TeamRowDto>>,
}

impl StateBoardDto {
    fn new(shard: &Shard, boards: &Boards, id: CompetitionId, names: &Names) -> Option<Self> {
        let all = BoardRows::From(BoardPlace::Rank(1), u32::MAX);
        let rows = |view| {
            let page = boards.page(shard, id, view, all)?;
            let rows = page.rows.iter().map(|row| BoardRowDto::new(row, names));
            Some((page.competition, rows.collect()))
        };
        let (view, reviewed) = rows(BoardView::Review)?;
        let teams = boards.teams(shard, id, BoardView::Review);
        Some(Self {
            competition: WholeContestDto::new(&view, names),
            rows: reviewed,
            public: if view.is_frozen {
                rows(BoardView::Public).map(|(_, rows)| rows)
            } else {
                None
            },
            teams: teams.map(|teams| {
                let rows = teams.iter().map(|team| TeamRowDto::new(team, names));
                rows.collect()
            }),
        })
    }
}

/// What the firm has in one currency: the balances of all accounts are `funded - trading - fees`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HouseDto {
    /// The currency.
    pub currency: String,
    /// Opening balances, and changes from outside the market.
    pub funded: String,
    /// Profit of trading and bookings, the accounts' with the sign turned.
    pub trading: String,
    /// Fees received.
    pub fees: String,
}

impl StateDto {
    /// The state of a shard.
    pub fn new(shard: &Shard, names: &Names) -> Self {
        let account = |id| {
            let view = shard.account_view(AccountId(id))?;
            let plan = shard.plan(view.row.plan)?;
            Some(AccountDto::new(&view, plan, names))
        };
        let mut boards = Boards::default();
        boards.refresh(shard);
        let board = |id| StateBoardDto::new(shard, &boards, CompetitionId(id), names);
        let book = |id| {
            let book = shard.book_view(InstrumentId(id), BOOK_LEVELS_MAX)?;
            Some(BookDto::new(InstrumentId(id), &book, names))
        };
        Self {
            seq: shard.seq().to_string(),
            ts: shard.ts().to_string(),
            state_hash: shard.state_hash().to_string(),
            instruments: shard
                .instrument_views()
                .iter()
                .map(|view| InstrumentDto::new(view, names))
                .collect(),
            books: (0..shard.instrument_count()).filter_map(book).collect(),
            accounts: (0..shard.account_count()).filter_map(account).collect(),
            boards: (0..shard.competition_count()).filter_map(board).collect(),
            house: shard
                .house()
                .iter()
                .map(|(currency, house)| HouseDto {
                    currency: currency.to_string(),
                    funded: amount(house.funded),
                    trading: amount(house.trading),
                    fees: amount(house.fees),
                })
                .collect(),
        }
    }
}

/// Units of [`types::Money`] that may be more than one holds.
fn amount(units: i128) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = decimal::write(&mut text, units, MONEY_DECIMALS);
    text
}

impl fmt::Display for StateDto {
    /// One line of JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
