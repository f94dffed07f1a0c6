//! Answers kept for repeats: a request that is sent again with its `Idempotency-Key` is not executed
//! again, and gets the answer that the first one got.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderName, StatusCode};
use runtime::AckMode;
use types::AccountId;

use super::submission::Submission;
use crate::problem::Problem;

/// The request header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The response header of a repeated answer.
pub(crate) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A determined answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// What it means that it is told; `None` where the outcome is not known.
    pub(crate) ack: Option<AckMode>,
    pub(crate) status: StatusCode,
    pub(crate) body: Arc<str>,
}

/// What is known of a key.
#[derive(Debug)]
pub(crate) enum Known {
    /// Nothing: the request is to be executed, and its answer to be left with the ticket.
    Nothing(Ticket),
    /// The request was executed, with this answer.
    Answer(Answer),
    /// It is being executed.
    InProgress,
    /// The key was used for something else.
    Other,
}

/// The answers of one server, bounded; the oldest key goes first.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    keys_max: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: BTreeMap<Key, Entry>,
    oldest_first: VecDeque<Key>,
}

/// Keys belong to their account; those of the firm to nobody's.
type Key = (Option<AccountId>, String);

#[derive(Debug)]
struct Entry {
    submission: Submission,
    answer: Option<Answer>,
}

impl Answers {
    pub(crate) fn new(keys_max: usize) -> Self {
        Self {
            keys_max,
            kept: Arc::default(),
        }
    }

    /// What is known of a key; a new key is noted.
    pub(crate) fn begin(&self, key: String, submission: Submission) -> Known {
        let key = (submission.account(), key);
        let mut kept = lock(&self.kept);
        if let Some(entry) = kept.answers.get(&key) {
            return match &entry.answer {
                _ if entry.submission != submission => Known::Other,
                Some(answer) => Known::Answer(answer.clone()),
                None => Known::InProgress,
            };
        }
        if kept.oldest_first.len() == self.keys_max
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.answers.remove(&oldest);
        }
        kept.oldest_first.push_back(key.clone());
        kept.answers.insert(
            key.clone(),
            Entry {
                submission,
                answer: None,
            },
        );
        Known::Nothing(Ticket {
            kept: Arc::clone(&self.kept),
            key: Some(key),
        })
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The right and the duty to answer for a key. Dropped without an answer, the key is free again: the
/// request was not executed.
#[derive(Debug)]
pub(crate) struct Ticket {
    kept: Arc<Mutex<Kept>>,
    key: Option<Key>,
}

impl Ticket {
    /// Keeps the answer.
    pub(crate) fn answer(mut self, answer: Answer) {
        if let Some(key) = self.key.take()
            && let Some(entry) = lock(&self.kept).answers.get_mut(&key)
        {
            entry.answer = Some(answer);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            let mut kept = lock(&self.kept);
            kept.answers.remove(&key);
            kept.oldest_first.retain(|known| *known != key);
        }
    }
}

/// The key of a request, if it has one.
pub(crate) fn key(headers: &HeaderMap, chars_max: usize) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().ok();
    match text {
        Some(text) if (1..=chars_max).contains(&text.len()) && values.next().is_none() => {
            Ok(Some(text.to_owned()))
        }
        _ => Err(
            Problem::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", "bad header").with(
                "Idempotency-Key",
                text,
                format!("1 to {chars_max} printable ASCII characters, once"),
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use types::{ClientOrderId, InstrumentId, ListKind, NewOrder, OrderKind, OrderList, Qty, Side};

    use super::*;

    fn order(qty: i64) -> NewOrder {
        NewOrder {
            client_order: ClientOrderId(1),
            ..NewOrder::new(
                AccountId(1),
                InstrumentId(0),
                Side::Buy,
                OrderKind::Market,
                Qty::whole(qty),
            )
        }
    }

    fn begin(answers: &Answers, key: &str, order: NewOrder) -> Known {
        answers.begin(key.to_owned(), Submission::Order(order))
    }

    fn answer() -> Answer {
        Answer {
            ack: Some(AckMode::Durable),
            status: StatusCode::CREATED,
            body: "{}".into(),
        }
    }

    #[test]
    fn a_repeat_gets_the_first_answer_and_another_order_none() {
        let answers = Answers::new(10);
        let Known::Nothing(ticket) = begin(&answers, "k", order(1)) else {
            panic!()
        };
        assert!(matches!(begin(&answers, "k", order(1)), Known::InProgress));
        assert!(matches!(begin(&answers, "k", order(2)), Known::Other));
        ticket.answer(answer());
        let Known::Answer(repeated) = begin(&answers, "k", order(1)) else {
            panic!()
        };
        assert_eq!(repeated, answer());
        assert!(matches!(begin(&answers, "k", order(2)), Known::Other));
        // Keys belong to their account.
        let elsewhere = NewOrder {
            account: AccountId(2),
            ..order(1)
        };
        assert!(matches!(begin(&answers, "k", elsewhere), Known::Nothing(_)));
        // A list of the same order is something else.
        let list = Submission::List(OrderList {
            kind: ListKind::Oco,
            orders: vec![order(1)],
        });
        assert!(matches!(answers.begin("k".to_owned(), list), Known::Other));
    }

    #[test]
    fn a_request_that_was_not_executed_frees_its_key() {
        let answers = Answers::new(10);
        drop(begin(&answers, "k", order(1)));
        assert!(matches!(begin(&answers, "k", order(2)), Known::Nothing(_)));
    }

    #[test]
    fn the_oldest_key_goes_first() {
        let answers = Answers::new(2);
        for key in ["a", "b", "c"] {
            let Known::Nothing(ticket) = begin(&answers, key, order(1)) else {
                panic!()
            };
            ticket.answer(answer());
        }
        assert!(matches!(begin(&answers, "b", order(1)), Known::Answer(_)));
        assert!(matches!(begin(&answers, "a", order(1)), Known::Nothing(_)));
    }

    #[test]
    fn keys_are_short_and_single() {
        let headers = |values: &[&str]| {
            let pairs = values
                .iter()
                .map(|value| (IDEMPOTENCY_KEY, value.parse().unwrap()));
            pairs.collect::<HeaderMap>()
        };
        assert_eq!(key(&headers(&[]), 4).unwrap(), None);
        assert_eq!(
            key(&headers(&["abcd"]), 4).unwrap().as_deref(),
            Some("abcd")
        );
        assert!(key(&headers(&["abcde"]), 4).is_err());
        assert!(key(&headers(&[""]), 4).is_err());
        assert!(key(&headers(&["ä"]), 4).is_err());
        let mut twice = headers(&["a"]);
        twice.append(IDEMPOTENCY_KEY, "b".parse().unwrap());
        assert!(key(&twice, 4).is_err());
    }
}
