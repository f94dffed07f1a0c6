//! The whole state of a shard, as a report.

use std::fmt;

use runtime::Shard;
use serde::Serialize;
use types::{AccountId, CompetitionId};

use super::account::AccountDto;
use super::board::BoardDto;
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
    /// Every account.
    pub accounts: Vec<AccountDto>,
    /// Every competition's board.
    pub boards: Vec<BoardDto>,
}

impl StateDto {
    /// The state of a shard. Its competitions are taken to be live; how anybody trades is not known.
    pub fn new(shard: &Shard, names: &Names) -> Self {
        let account = |id| {
            let view = shard.account_view(AccountId(id))?;
            let plan = shard.plan(view.row.plan)?;
            Some(AccountDto::new(&view, plan, names))
        };
        let board = |id| {
            let board = shard.board(CompetitionId(id))?;
            Some(BoardDto::new(&board, "live", names))
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
            accounts: (0..shard.account_count()).filter_map(account).collect(),
            boards: (0..shard.competition_count()).filter_map(board).collect(),
        }
    }
}

impl fmt::Display for StateDto {
    /// One line of JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
