//! The newest events, so that an event channel starts with something to show.

use std::collections::VecDeque;

use types::AccountId;

use crate::channel::Json;

/// An event as it is shown, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// `None` for what concerns everybody.
    pub(crate) account: Option<AccountId>,
    pub(crate) json: Json,
}

/// The newest events of all accounts, oldest first.
#[derive(Debug)]
pub(crate) struct History {
    events: VecDeque<Told>,
    events_max: usize,
}

impl History {
    pub(crate) fn new(events_max: usize) -> Self {
        Self {
            events: VecDeque::new(),
            events_max,
        }
    }

    pub(crate) fn push(&mut self, event: Told) {
        if self.events.len() == self.events_max {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// The newest events, oldest first: everybody's, or those of one account.
    pub(crate) fn recent(&self, account: Option<AccountId>, events_max: usize) -> Vec<Json> {
        let mut recent: Vec<Json> = self
            .events
            .iter()
            .rev()
            .filter(|event| account.is_none() || event.account == account)
            .take(events_max)
            .map(|event| Json::clone(&event.json))
            .collect();
        recent.reverse();
        recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_found_by_account() {
        let mut history = History::new(4);
        for number in 0..6_u32 {
            let account = (number != 3).then_some(AccountId(number % 2));
            history.push(Told {
                account,
                json: number.to_string().into(),
            });
        }
        let recent = |account: Option<u32>, events_max| {
            history.recent(account.map(AccountId), events_max).join(" ")
        };
        assert_eq!(recent(None, 10), "2 3 4 5");
        assert_eq!(recent(None, 2), "4 5");
        assert_eq!(recent(Some(0), 10), "2 4");
        assert_eq!(recent(Some(1), 10), "5");
        assert_eq!(recent(Some(9), 10), "");
    }
}
