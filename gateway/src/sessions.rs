//! Sessions of accounts: an account's session lasts as long as a socket is bound to it. Where the last one ends, however
//! it does, the engine is told, and cancels the orders and algos that asked for that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use runtime::{Handle, Status};
use tokio::time;
use types::{AccountId, Command};

/// How long to wait before an end that the engine had no room for is told again.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// How many sockets are bound to each account.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    handle: Handle,
    sockets: Arc<Mutex<BTreeMap<AccountId, u32>>>,
}

impl Sessions {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            handle,
            sockets: Arc::default(),
        }
    }

    /// Binds a socket to an account until the answer is dropped.
    pub(crate) fn bind(&self, account: AccountId) -> Bound {
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        *sockets.entry(account).or_default() += 1;
        Bound {
            sessions: self.clone(),
            account,
        }
    }

    /// Tells the engine. What it has no room for now is told again, until it stops: nobody else would.
    fn end(&self, account: AccountId) {
        let command = Command::Disconnect { account };
        if self.handle.submit(command.clone()).is_ok() {
            return;
        }
        let handle = self.handle.clone();
        let Ok(executor) = tokio::runtime::Handle::try_current() else {
            return;
        };
        executor.spawn(async move {
            while !matches!(handle.status(), Status::Stopped | Status::Failed(_)) {
                time::sleep(AGAIN_AFTER).await;
                if handle.submit(command.clone()).is_ok() {
                    return;
                }
            }
        });
    }
}

/// A socket that is bound to an account.
#[derive(Debug)]
pub(crate) struct Bound {
    sessions: Sessions,
    account: AccountId,
}

impl Drop for Bound {
    fn drop(&mut self) {
        let sockets = &self.sessions.sockets;
        let mut sockets = sockets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = sockets.get_mut(&self.account) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            sockets.remove(&self.account);
            // Under the lock: whoever binds next comes after.
            self.sessions.end(self.account);
        }
    }
}
