//! Read-only pictures of the replica, for whoever shows them.

use crossbeam::queue::ArrayQueue;
use engine::Shard;
use engine::view::{AccountRow, AccountView, BookView, InstrumentView, WhatIf, WindowsView};
use rules::TeamStanding;
use tokio::sync::oneshot;
use types::{AccountId, CompetitionId, DenyReason, InstrumentId, NewOrder, Seq, TimestampNs};

use crate::boards::{BOARD_ROWS_MAX, BoardPage, BoardPlace, BoardRows, BoardView, Boards};
use crate::gate::Gate;
use crate::ingress::{Lane, Overloaded};

/// Requests for views that wait for the replica; more are refused.
const REQUESTS_MAX: usize = 4_096;

/// All lists, at one place in the sequence. The full view of one account and of one book is asked for by
/// itself ([`crate::Handle::account`], [`crate::Handle::book`]): building all of them all the time would
/// cost more than anybody looks at.
#[derive(Debug, Clone)]
pub struct Views {
    /// The last input that the picture contains.
    pub seq: Seq,
    /// Time of that input.
    pub ts: TimestampNs,
    /// Instruments, by id.
    pub instruments: Vec<InstrumentView>,
    /// Accounts, by id.
    pub accounts: Vec<AccountRow>,
    /// Competitions, by id, each with the first page of its public board; the others are asked for
    /// ([`crate::Handle::board`]).
    pub boards: Vec<BoardPage>,
    /// Known intervals of calendars, and the windows that are open.
    pub windows: WindowsView,
}

impl Views {
    /// `boards` were refreshed from this shard.
    pub(crate) fn of(shard: &Shard, boards: &Boards) -> Self {
        let first = BoardRows::From(BoardPlace::Rank(1), BOARD_ROWS_MAX);
        let page = |id| boards.page(shard, CompetitionId(id), BoardView::Public, first);
        Self {
            seq: shard.seq(),
            ts: shard.ts(),
            instruments: shard.instrument_views(),
            accounts: (0..shard.account_count())
                .filter_map(|account| shard.account_row(AccountId(account)))
                .collect(),
            boards: (0..shard.competition_count()).filter_map(page).collect(),
            windows: shard.windows_view(),
        }
    }
}

/// The full view of an account, and when it was taken.
#[derive(Debug, Clone)]
pub struct AccountAt {
    /// The last input that the picture contains.
    pub seq: Seq,
    /// Time of that input.
    pub ts: TimestampNs,
    /// The account; `None` when there is no such account.
    pub account: Option<AccountView>,
}

/// The book of a crossed instrument, and when it was taken.
#[derive(Debug, Clone)]
pub struct BookAt {
    /// The last input that the picture contains.
    pub seq: Seq,
    /// Time of that input.
    pub ts: TimestampNs,
    /// The book; `None` when there is no such instrument or it has none.
    pub book: Option<BookView>,
}

/// What an order would do to its account, and at which moment.
#[derive(Debug, Clone)]
pub struct WhatIfAt {
    /// The last input that the answer takes into account.
    pub seq: Seq,
    /// Time of that input.
    pub ts: TimestampNs,
    /// The answer, or why there is none.
    pub answer: Result<WhatIf, DenyReason>,
}

/// Rows of a board, and when it was last brought up to date.
#[derive(Debug, Clone)]
pub struct BoardAt {
    /// The last input that the rows contain.
    pub seq: Seq,
    /// Time of that input.
    pub ts: TimestampNs,
    /// The rows; `None` when there is no such competition, or the account that was asked for is not in
    /// it.
    pub page: Option<BoardPage>,
}

/// A team board, and when it was last brought up to date.
#[derive(Debug, Clone)]
pub struct TeamsAt {
    /// The last input that the rows contain.
    pub seq: Seq,
    /// Time of that input.
    pub ts: TimestampNs,
    /// Every team that has a member, the best first; `None` when there is no such competition or it has
    /// no teams.
    pub teams: Option<Vec<TeamStanding>>,
}

/// Somebody wants to see something. Whoever does not wait any more is no error.
#[derive(Debug)]
pub(crate) enum ViewRequest {
    Account {
        account: AccountId,
        reply: oneshot::Sender<AccountAt>,
    },
    Book {
        instrument: InstrumentId,
        levels: usize,
        reply: oneshot::Sender<BookAt>,
    },
    WhatIf {
        request: Box<NewOrder>,
        reply: oneshot::Sender<WhatIfAt>,
    },
    Board {
        competition: CompetitionId,
        view: BoardView,
        rows: BoardRows,
        reply: oneshot::Sender<BoardAt>,
    },
    Teams {
        competition: CompetitionId,
        view: BoardView,
        reply: oneshot::Sender<TeamsAt>,
    },
}

impl ViewRequest {
    pub(crate) fn answer(self, shard: &Shard, boards: &Boards) {
        let (seq, ts) = (shard.seq(), shard.ts());
        match self {
            Self::Account { account, reply } => {
                let account = shard.account_view(account);
                let _ = reply.send(AccountAt { seq, ts, account });
            }
            Self::Book {
                instrument,
                levels,
                reply,
            } => {
                let book = shard.book_view(instrument, levels);
                let _ = reply.send(BookAt { seq, ts, book });
            }
            Self::WhatIf { request, reply } => {
                let answer = shard.what_if(&request);
                let _ = reply.send(WhatIfAt { seq, ts, answer });
            }
            Self::Board {
                competition,
                view,
                rows,
                reply,
            } => {
                let (seq, ts) = boards.at();
                let page = boards.page(shard, competition, view, rows);
                let _ = reply.send(BoardAt { seq, ts, page });
            }
            Self::Teams {
                competition,
                view,
                reply,
            } => {
                let (seq, ts) = boards.at();
                let teams = boards.teams(shard, competition, view);
                let _ = reply.send(TeamsAt { seq, ts, teams });
            }
        }
    }
}

/// The bounded lane by which views are asked for.
#[derive(Debug)]
pub(crate) struct ViewRequests {
    queue: ArrayQueue<ViewRequest>,
    gate: Gate,
}

impl Default for ViewRequests {
    fn default() -> Self {
        Self {
            queue: ArrayQueue::new(REQUESTS_MAX),
            gate: Gate::default(),
        }
    }
}

impl ViewRequests {
    /// Asks for an account. When nobody answers any more, the receiver says so by being closed.
    pub(crate) fn account(
        &self,
        account: AccountId,
    ) -> Result<oneshot::Receiver<AccountAt>, Overloaded> {
        let (reply, receiver) = oneshot::channel();
        self.ask(ViewRequest::Account { account, reply })?;
        Ok(receiver)
    }

    /// Asks for a book, so many levels of each side.
    pub(crate) fn book(
        &self,
        instrument: InstrumentId,
        levels: usize,
    ) -> Result<oneshot::Receiver<BookAt>, Overloaded> {
        let (reply, receiver) = oneshot::channel();
        self.ask(ViewRequest::Book {
            instrument,
            levels,
            reply,
        })?;
        Ok(receiver)
    }

    /// Asks what an order would do.
    pub(crate) fn what_if(
        &self,
        request: NewOrder,
    ) -> Result<oneshot::Receiver<WhatIfAt>, Overloaded> {
        let (reply, receiver) = oneshot::channel();
        let request = Box::new(request);
        self.ask(ViewRequest::WhatIf { request, reply })?;
        Ok(receiver)
    }

    /// Asks for rows of a board, at most [`BOARD_ROWS_MAX`].
    pub(crate) fn board(
        &self,
        competition: CompetitionId,
        view: BoardView,
        rows: BoardRows,
    ) -> Result<oneshot::Receiver<BoardAt>, Overloaded> {
        let rows = match rows {
            BoardRows::From(from, rows) => BoardRows::From(from, rows.min(BOARD_ROWS_MAX)),
            BoardRows::Around(account, rows) => {
                BoardRows::Around(account, rows.min(BOARD_ROWS_MAX))
            }
        };
        let (reply, receiver) = oneshot::channel();
        self.ask(ViewRequest::Board {
            competition,
            view,
            rows,
            reply,
        })?;
        Ok(receiver)
    }

    /// Asks for a team board.
    pub(crate) fn teams(
        &self,
        competition: CompetitionId,
        view: BoardView,
    ) -> Result<oneshot::Receiver<TeamsAt>, Overloaded> {
        let (reply, receiver) = oneshot::channel();
        self.ask(ViewRequest::Teams {
            competition,
            view,
            reply,
        })?;
        Ok(receiver)
    }

    fn ask(&self, request: ViewRequest) -> Result<(), Overloaded> {
        self.queue.push(request).map_err(|_| Overloaded {
            lane: Lane::Views,
            waiting_max: REQUESTS_MAX,
        })?;
        self.gate.pushed(|| self.discard());
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<ViewRequest> {
        self.queue.pop()
    }

    /// Answers nothing more.
    pub(crate) fn shut(&self) {
        self.gate.shut(|| self.discard());
    }

    fn discard(&self) {
        while self.queue.pop().is_some() {}
    }
}
