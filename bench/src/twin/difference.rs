//! Where two states or two streams of facts first differ, in words.

use std::fmt::{self, Debug, Write as _};

use engine::portrait::Portrait;
use types::{DenyReason, Event, EventKind, OrderId, Seq};

use super::words::plain;

/// The first thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The input after which it was seen.
    pub seq: Seq,
    /// What sort of difference: the same for the same cause, whatever the figures.
    pub class: String,
    /// What each side says.
    pub text: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after input {}: {}\n{}", self.seq, self.class, self.text)
    }
}

/// Class and text, before the place is known.
pub(super) type Found = (String, String);

/// A fact's kind, with its reason where it has one.
pub(super) fn name(kind: &EventKind) -> String {
    let reason = match kind {
        EventKind::InputRejected { reason } => bare(reason),
        EventKind::OrderDenied { reason, .. }
        | EventKind::AlgoDenied { reason, .. }
        | EventKind::ChangeDenied { reason, .. }
        | EventKind::AdjustDenied { reason, .. } => match reason {
            DenyReason::Conduct(denial) => format!("Conduct:{}", bare(denial)),
            reason => bare(reason),
        },
        EventKind::AccountDenied { reason, .. } => bare(reason),
        EventKind::AccountChangeDenied { change, .. } => bare(change),
        EventKind::OrderCancelled { reason, .. } => bare(reason),
        EventKind::AlgoEnded { reason, .. } => bare(reason),
        EventKind::PayoutDenied { reason, .. } => bare(reason),
        EventKind::OrderAccepted { role, .. } => bare(role),
        EventKind::FloorMoved(moved) => bare(&moved.cause),
        EventKind::Breach(breach) => format!("{:?}:{:?}", breach.rule, breach.effect),
        EventKind::Fill(fill) => format!("{:?}:{:?}", fill.model, fill.cause),
        EventKind::StateChanged { to, .. } => bare(to),
        EventKind::Adjusted { kind, .. } => bare(kind),
        EventKind::Booked { cause, .. } => bare(cause),
        EventKind::StatusChanged { cause, .. } => bare(cause),
        EventKind::CompetitionChanged { state, .. } => bare(state),
        EventKind::CompetitionDenied { reason, .. } => bare(reason),
        _ => return bare(kind),
    };
    format!("{}:{reason}", bare(kind))
}

/// The name of a variant, without what it holds.
pub(super) fn bare(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let end = text.find([' ', '(', '{']).unwrap_or(text.len());
    text[..end].to_owned()
}

/// The first fact that differs.
pub(super) fn of_events(shard: &[Event], other: &[Event], who: &str) -> Option<Found> {
    if shard == other {
        return None;
    }
    let same = shard.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (left, right) = (shard.get(same), other.get(same));
    let said = |event: Option<&Event>| {
        event.map_or_else(|| "nothing".to_owned(), |event| name(&event.kind))
    };
    let mut class = format!("facts: shard {}, {who} {}", said(left), said(right));
    let mut text = format!("  fact {same}");
    if let (Some(left), Some(right)) = (left, right)
        && said(Some(left)) == said(Some(right))
        && let Some((path, lines)) = of_debug(left, right, who)
    {
        class = format!("facts: {} {path}", said(Some(left)));
        text = format!("{text}: {lines}");
    }
    for (side, events) in [("shard", shard), (who, other)] {
        let _ = write!(text, "\n  {side} says:");
        for event in events {
            let _ = write!(text, "\n    {}", plain(&event.kind));
        }
    }
    Some((class, text))
}

/// The first part of the state that differs.
pub(super) fn of_portraits(shard: &Portrait, other: &Portrait, who: &str) -> Option<Found> {
    if shard == other {
        return None;
    }
    let named = |what: &str, class: &str, found: Option<Found>| {
        found.map(|(path, lines)| {
            (
                format!("state: {class} {path}"),
                format!("  {what}: {lines}"),
            )
        })
    };
    let orders = {
        let ids = |of: &Portrait| of.orders.iter().map(|order| order.id).collect::<Vec<_>>();
        let (left, right) = (ids(shard), ids(other));
        let only = |ids: &[OrderId], others: &[OrderId]| {
            ids.iter()
                .find(|id| !others.contains(id))
                .map(ToString::to_string)
        };
        let only_left = only(&left, &right).map(|id| ("only in the shard", id));
        let only_right = only(&right, &left).map(|id| ("only in the other", id));
        only_left.or(only_right).map(|(side, id)| {
            (
                format!("state: an order {side}"),
                format!("  order {id} works {side} ({who})"),
            )
        })
    };
    orders
        .or_else(|| {
            shard
                .orders
                .iter()
                .zip(&other.orders)
                .find_map(|(a, b)| named(&format!("order {}", a.id), "order", of_debug(a, b, who)))
        })
        .or_else(|| {
            let mut pairs = shard.markets.iter().zip(&other.markets).enumerate();
            pairs.find_map(|(id, (a, b))| {
                named(&format!("instrument {id}"), "market", of_debug(a, b, who))
            })
        })
        .or_else(|| {
            let mut pairs = shard.accounts.iter().zip(&other.accounts).enumerate();
            pairs.find_map(|(id, (a, b))| {
                named(&format!("account {id}"), "account", of_debug(a, b, who))
            })
        })
        .or_else(|| {
            let mut pairs = shard.contests.iter().zip(&other.contests).enumerate();
            pairs.find_map(|(id, (a, b))| {
                named(
                    &format!("competition {id}"),
                    "competition",
                    of_debug(a, b, who),
                )
            })
        })
        .or_else(|| named("algos", "algos", of_debug(&shard.algos, &other.algos, who)))
        .or_else(|| named("house", "house", of_debug(&shard.house, &other.house, who)))
        .or_else(|| named("all", "portrait", of_debug(shard, other, who)))
}

/// The path of the first line that differs in the long debug form, and what each side has there.
fn of_debug<T: Debug>(shard: &T, other: &T, who: &str) -> Option<Found> {
    let (left, right) = (format!("{shard:#?}"), format!("{other:#?}"));
    let mut path: Vec<(usize, &str)> = Vec::new();
    let mut pairs = left.lines().zip(right.lines());
    let (ours, theirs) = pairs.find(|(ours, theirs)| {
        let indent = ours.len() - ours.trim_start().len();
        path.retain(|(at, _)| *at < indent);
        let head = ours.trim_start();
        if let Some((field, _)) = head.split_once(": ") {
            path.push((indent, field));
        }
        ours != theirs
    })?;
    let path: Vec<&str> = path.into_iter().map(|(_, field)| field).collect();
    let path = path.join(".");
    let context = format!("\n  shard {}\n  {who} {}", plain(shard), plain(other));
    let lines = format!(
        "{path} is {} in the shard, {} in {who}{context}",
        ours.trim().trim_end_matches(','),
        theirs.trim().trim_end_matches(',')
    );
    Some((path, lines))
}
