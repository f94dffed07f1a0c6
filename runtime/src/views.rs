//! Read-only pictures of the replica, for whoever shows them.

use std::sync::atomic::{AtomicBool, Ordering, fence};

use crossbeam::queue::ArrayQueue;
use engine::Shard;
use engine::view::{AccountRow, AccountView, Board, InstrumentView};
use tokio::sync::oneshot;
use types::{AccountId, CompetitionId, Seq, TimestampNs};

use crate::ingress::{Lane, Overloaded};

/// Requests for account views that wait for the replica; more are refused.
const ACCOUNT_REQUESTS_MAX: usize = 4_096;

/// All lists, at one place in the sequence. The full view of one account is asked for by itself
/// ([`crate::Handle::account`]): building all of them all the time would cost more than anybody looks at.
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
                .filter_map(|competition| shard.board(CompetitionId(competition)))
                .collect(),
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

/// Somebody wants to see an account.
#[derive(Debug)]
pub(crate) struct AccountRequest {
    account: AccountId,
    reply: oneshot::Sender<AccountAt>,
}

impl AccountRequest {
    pub(crate) fn answer(self, shard: &Shard) {
        // Whoever does not wait any more is no error.
        let _ = self.reply.send(AccountAt {
            seq: shard.seq(),
            ts: shard.ts(),
            account: shard.account_view(self.account),
        });
    }
}

/// The bounded lane by which account views are asked for.
#[derive(Debug)]
pub(crate) struct AccountRequests {
    queue: ArrayQueue<AccountRequest>,
    shut: AtomicBool,
}

impl Default for AccountRequests {
    fn default() -> Self {
        Self {
            queue: ArrayQueue::new(ACCOUNT_REQUESTS_MAX),
            shut: AtomicBool::new(false),
        }
    }
}

impl AccountRequests {
    /// Asks for an account. When nobody answers any more, the receiver says so by being closed.
    pub(crate) fn ask(
        &self,
        account: AccountId,
    ) -> Result<oneshot::Receiver<AccountAt>, Overloaded> {
        let (reply, receiver) = oneshot::channel();
        self.queue
            .push(AccountRequest { account, reply })
            .map_err(|_| Overloaded {
                lane: Lane::AccountViews,
                waiting_max: ACCOUNT_REQUESTS_MAX,
            })?;
        // Either the shutter's last look comes after this push, or this look comes after it was shut.
        fence(Ordering::SeqCst);
        if self.shut.load(Ordering::SeqCst) {
            self.discard();
        }
        Ok(receiver)
    }

    pub(crate) fn pop(&self) -> Option<AccountRequest> {
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
