//! Which engines are built in, and which are known and left out.

use super::array::Array;
use super::book::BookEngine;
use super::latency::{self, Latency};
use super::memory;
use super::naive::Naive;
use super::replay::{self, Replay};
use super::workload::Workload;
use super::{About, Engine};

/// An engine behind plain functions, so that engines of all types stand in one list.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What the report says about it.
    pub about: About,
    /// Throughput of the measured steps.
    pub replay: fn(&Workload) -> Replay,
    /// Latency of the measured steps.
    pub sample: fn(&Workload) -> Latency,
    /// Resident bytes for each resting order; meant for a process of its own.
    pub bytes_per_order: fn() -> Option<f64>,
    /// The engine's own names of the workload's orders, where it gives its own.
    pub names: fn(&Workload) -> Option<Vec<u64>>,
}

impl Entry {
    /// The functions of one engine.
    pub fn of<E: Engine>() -> Self {
        Self {
            about: E::ABOUT,
            replay: replay::replay::<E>,
            sample: latency::sample::<E>,
            bytes_per_order: memory::bytes_per_order::<E>,
            names: E::names,
        }
    }
}

/// Every engine that is built in, this project's own first.
pub fn engines() -> Vec<Entry> {
    let own = [
        Entry::of::<BookEngine>(),
        Entry::of::<Array>(),
        Entry::of::<Naive>(),
    ];
    own.into_iter().chain(peers()).collect()
}

#[cfg(feature = "peers")]
fn peers() -> Vec<Entry> {
    use super::peers::{lobster, matchcore, obcore, orderbook_rs, rust_ob};
    vec![
        Entry::of::<obcore::Obcore>(),
        Entry::of::<matchcore::Matchcore>(),
        Entry::of::<lobster::Lobster>(),
        Entry::of::<rust_ob::RustOb>(),
        Entry::of::<orderbook_rs::OrderbookRs>(),
    ]
}

#[cfg(not(feature = "peers"))]
fn peers() -> Vec<Entry> {
    Vec::new()
}

/// An engine that is not measured, and why.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct LeftOut {
    /// Package and version.
    pub name: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The peers that this build lacks: none with the feature `peers`, all without it.
pub fn absent_peers() -> &'static [&'static str] {
    const PEERS: [&str; 5] = [
        "obcore 0.1.6",
        "matchcore 0.4.0",
        "lobster 0.7.0",
        "rust_ob 2.5.3",
        "orderbook-rs 0.15.3",
    ];
    if cfg!(feature = "peers") { &[] } else { &PEERS }
}

/// Known and left out.
pub fn left_out() -> Vec<LeftOut> {
    let absent = absent_peers().iter().map(|&name| LeftOut {
        name,
        reason: "NOT COMPILED IN: build with --features peers",
    });
    absent.chain(LEFT_OUT).collect()
}

const LEFT_OUT: [LeftOut; 8] = [
    LeftOut {
        name: "melin-exchange-core 0.13-0.15",
        reason: "Business Source License 1.1: not an open licence, so no dependency of this repository",
    },
    LeftOut {
        name: "rust-order-book 0.0.2",
        reason: "its reports never carry the fills, so its trades cannot be compared",
    },
    LeftOut {
        name: "lob 0.1.0",
        reason: "executions are private, so its trades cannot be compared; floating-point prices",
    },
    LeftOut {
        name: "exchange_core 0.1.0",
        reason: "a family of 21 packages; clones its escrow for a dry run before each command",
    },
    LeftOut {
        name: "matchina 0.1.4",
        reason: "brings command line, logging and thread-affinity packages into the build",
    },
    LeftOut {
        name: "order-book 0.1.0, orderbook 0.1.9",
        reason: "they mirror a book and match nothing",
    },
    LeftOut {
        name: "liquibook, CppTrader, geseq orderbook (C++), QuantCup winner (C)",
        reason: "not Rust packages; `array` shows the layout of the last",
    },
    LeftOut {
        name: "exchange-core (Java)",
        reason: "not a Rust package",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::workload::Spec;

    /// Limit orders of this peer trade through their limit: it matches what crosses without a bound.
    const TRADES_THROUGH_LIMITS: &str = "matchcore";

    fn assert_trades_agree(spec: Spec, differs: &str) {
        let workload = Workload::generate(spec);
        for entry in engines() {
            let replay = (entry.replay)(&workload);
            let names = (entry.names)(&workload);
            let expected = workload.expected(replay.steps, |id| match &names {
                Some(names) => names[id as usize],
                None => id.into(),
            });
            let agrees = replay.trades == expected;
            assert_eq!(agrees, entry.about.name != differs, "{}", entry.about.name);
        }
    }

    #[test]
    fn every_engine_trades_as_the_reference_on_w1() {
        let spec = Spec {
            steps: 20_000,
            ..Spec::w1(1_000)
        };
        assert_trades_agree(spec, TRADES_THROUGH_LIMITS);
    }

    #[test]
    fn every_engine_trades_as_the_reference_on_w2() {
        let spec = Spec {
            steps: 20_000,
            ..Spec::w2(2_000)
        };
        assert_trades_agree(spec, "");
    }
}
