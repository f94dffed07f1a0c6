//! What the engine does at its edges, worked out by hand from its rules: the notes of each scenario have
//! the arithmetic, the tables here what it comes to.

mod book;
mod conduct;
mod digest;
mod funds;
mod lists;
mod paper;

use std::fmt::Write as _;

use super::output::Output;

/// A scenario and what it must come to.
struct Edge {
    scenario: &'static str,
    /// Everything that happened to orders, algos, markets and money, in order; see [`digest`].
    events: &'static [&'static str],
    /// Accounts at the end: balance, equity, other currencies, positions. Those that are not listed are
    /// not looked at.
    accounts: &'static [&'static str],
}

fn check(edges: &[Edge]) {
    let mut wrong = String::new();
    for edge in edges {
        let out = Output::of(edge.scenario);
        let (events, accounts) = (digest::events(&out), digest::accounts(&out));
        if events != edge.events {
            let _ = writeln!(
                wrong,
                "{}: {}",
                edge.scenario,
                first_difference(edge.events, &events)
            );
        }
        for account in edge.accounts {
            if !accounts.iter().any(|found| found == account) {
                let _ = writeln!(
                    wrong,
                    "{}: {account} is none of {accounts:?}",
                    edge.scenario
                );
            }
        }
    }
    assert!(wrong.is_empty(), "worked out -> got\n{wrong}");
}

fn first_difference(expected: &[&str], got: &[String]) -> String {
    let longest = expected.len().max(got.len());
    let place = (0..longest)
        .find(|&at| expected.get(at).copied() != got.get(at).map(String::as_str))
        .unwrap_or_default();
    let expected = expected.get(place).copied().unwrap_or("nothing");
    let got = got.get(place).map_or("nothing", String::as_str);
    format!("event {}: {expected} -> {got}", place + 1)
}

#[test]
fn books_and_auctions() {
    check(book::EDGES);
}

#[test]
fn lists_and_algos() {
    check(lists::EDGES);
}

#[test]
fn orders_against_the_outside_market() {
    check(paper::EDGES);
}

#[test]
fn margin_cash_and_bookings() {
    check(funds::EDGES);
}

#[test]
fn a_difference_names_the_event() {
    let got = ["a".to_owned(), "c".to_owned()];
    assert_eq!(first_difference(&["a", "b"], &got), "event 2: b -> c");
    assert_eq!(first_difference(&["a"], &got), "event 2: nothing -> c");
}

#[test]
fn conduct_and_the_life_of_accounts() {
    check(conduct::EDGES);
}
