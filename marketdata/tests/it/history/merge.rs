//! A merge is a stable sort by time of its sources one after the other.

use marketdata::history::{Merge, Options, Row, RowError, open};
use proptest::prelude::*;
use types::MarketData;

use super::{at, fixture, label};

fn row(source: usize, place: usize, ts: u64) -> Row {
    Row {
        ts: at(ts),
        // Tells rows of one time apart.
        ts_event: at((source * 1_000 + place) as u64),
        symbol: label("A"),
        data: MarketData::Gap,
    }
}

proptest! {
    #[test]
    fn ties_go_by_source_and_then_by_their_own_order(
        times in prop::collection::vec(prop::collection::vec(0_u64..12, 0..30), 0..6)
    ) {
        let mut all: Vec<Row> = Vec::new();
        let mut sources = Vec::new();
        for (source, mut times) in times.into_iter().enumerate() {
            times.sort_unstable();
            let rows: Vec<Row> = times
                .iter()
                .enumerate()
                .map(|(place, &ts)| row(source, place, ts))
                .collect();
            all.extend(rows.iter().cloned());
            sources.push(rows.into_iter().map(Ok::<Row, RowError>));
        }
        all.sort_by_key(|row| row.ts);
        let merged: Vec<Row> = Merge::new(sources).map(|(_, row)| row.unwrap()).collect();
        prop_assert_eq!(merged, all);
    }
}

#[test]
fn real_files_merge_in_order_of_time() {
    let files = ["btcusdt", "ethusdt", "solusdt"];
    let sources: Vec<_> = files
        .iter()
        .map(|name| {
            let path = fixture("market").join(format!("{name}_ticks.csv.gz"));
            open(&path, None, &Options::default()).unwrap()
        })
        .collect();
    let mut counts = [0; 3];
    let mut before = at(0);
    for (place, row) in Merge::new(sources) {
        let row = row.unwrap();
        assert!(row.ts >= before);
        before = row.ts;
        counts[place] += 1;
    }
    assert_eq!(counts, [24_404, 13_838, 11_758]);
}
