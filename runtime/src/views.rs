//! Read-only pictures of the replica, for whoever shows them.

use std::sync::atomic::{AtomicBool, Ordering, fence};

use crossbeam::queue::ArrayQueue;
use engine::Shard;
use engine::view::{AccountRow, AccountView, Board, BookView, InstrumentView, WindowsView};
use tokio::sync::oneshot;
use types::{AccountId, CompetitionId, InstrumentId, Seq, TimestampNs};

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
    /// Competitions, by id.
    pub boards: Vec<Board>,
    /// Known intervals of calendars, and the windows that are open.
    pub windows: WindowsView,
}

impl Views {
    pub(crate) fn of(shard: &Shard) -> Self {
        Self {
            seq: shard.seq(),
            ts: shard.ts(),
            instruments: shard.instrument_views(),
            accounts: (0..shard.account_count())
                .filter_map(|account| shard.account_row(AccountId(account)))
                .collect(),
            boards: (0..shard.competition_count())
                .filter_map(|competition| shard.board(CompetitionId(competition), true))
                .collect(),
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
}

impl ViewRequest {
    pub(crate) fn answer(self, shard: &Shard) {
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
        }
    }
}

/// The bounded lane by which views are asked for.
#[derive(Debug)]
pub(crate) struct ViewRequests {
    queue: ArrayQueue<ViewRequest>,
    shut: AtomicBool,
}

impl Default for ViewRequests {
    fn default() -> Self {
        Self {
            queue: ArrayQueue::new(REQUESTS_MAX),
            shut: AtomicBool::new(false),
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

    fn ask(&self, request: ViewRequest) -> Result<(), Overloaded> {
        self.queue.push(request).map_err(|_| Overloaded {
            lane: Lane::Views,
            waiting_max: REQUESTS_MAX,
        })?;
        // Either the shutter's last look comes after this push, or this look comes after it was shut.
        fence(Ordering::SeqCst);
        if self.shut.load(Ordering::SeqCst) {
            self.discard();
        }
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<ViewRequest> {
        self.queue.pop()
    }

    /// Answers nothing more.
    pub(crate) fn shut(&self) {
        self.shut.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.discard();
    }

    fn discard(&self) {
        while self.queue.pop().is_some() {}
    }
}
