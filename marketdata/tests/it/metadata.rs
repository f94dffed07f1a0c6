//! Venues' documents about instruments, broken by seed: none panics, none takes memory without end, and what is
//! accepted is an instrument. `FUZZ_RUNS=N` breaks N documents of each kind.

use std::fs;

use marketdata::Xorshift64Star;
use marketdata::metadata::DOCUMENTS;

use crate::history::fixture;
use crate::mutated::mutated;
use crate::perturbed::{first_seed, number};

/// Broken documents of each kind.
const RUNS: u64 = 4_000;
/// More than any document of a few instruments leads to at a time, bytes.
const ALLOCATED_MAX: u64 = 1 << 20;

/// The instruments of the documents in `fixtures/metadata`.
fn symbols(name: &str) -> &'static [&'static str] {
    match name {
        "alpaca" => &["AAPL", "BTC/USD"],
        "bybit-inverse" => &["BTCUSD"],
        "binance-futures" | "binance-spot" | "bybit-linear" | "bybit-spot" => &["BTCUSDT"],
        "coinbase" => &["BTC-USD"],
        "hyperliquid" => &["BTC", "HPOS"],
        "kraken" => &["XBT/USD"],
        "oanda" => &["EUR_USD"],
        "okx-spot" => &["BTC-USDT"],
        "okx-futures" | "okx-swap" => &["BTC-USDT-SWAP"],
        "polygon" => &["AAPL"],
        other => panic!("{other} has no document in fixtures/metadata"),
    }
}

#[test]
fn broken_documents_of_every_venue_are_told_of() {
    let count = number("FUZZ_RUNS", RUNS);
    for document in DOCUMENTS {
        let name = document.name;
        // Futures are listed as swaps are, and one inverse contract with the linear ones.
        let file = name.replace("okx-futures", "okx-swap");
        let file = file.replace("bybit-inverse", "bybit-linear");
        let whole = fs::read(fixture("metadata").join(format!("{file}.json"))).unwrap();
        let mut random = Xorshift64Star::new(0xD0C5 + first_seed());
        let (mut accepted, mut refused) = (0_u64, 0_u64);
        for _ in 0..count {
            let bytes = mutated(&mut random, &[&whole]);
            let used = allocation_counter::measure(|| {
                for symbol in symbols(name) {
                    match document.read(&bytes, &[(*symbol).to_owned()]) {
                        Ok(listed) => {
                            accepted += 1;
                            let [listed] = &listed[..] else {
                                panic!("{name}: {} for one symbol", listed.len());
                            };
                            let value = listed.instrument.tick_value();
                            assert!(value.is_ok(), "{name}: {listed:?}");
                        }
                        Err(error) => {
                            refused += 1;
                            assert!(!error.to_string().is_empty());
                        }
                    }
                }
            });
            let shown = String::from_utf8_lossy(&bytes);
            assert!(
                used.bytes_max < ALLOCATED_MAX,
                "{name}: {} bytes of {shown}",
                used.bytes_max
            );
        }
        println!("{name}: {accepted} accepted, {refused} refused");
        // No definition says what an inverse contract is.
        assert_eq!(accepted > 0, name != "bybit-inverse", "{name}");
        assert!(refused > 0, "{name}");
    }
}
