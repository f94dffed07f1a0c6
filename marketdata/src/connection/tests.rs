use futures_util::FutureExt as _;
use types::{MarketData, Price, Qty};

use super::*;
use crate::feed::{BookChannel, Channels, Credentials, Listing, Spec};
use crate::venue::Feed;

fn book(time: u64, bid: u64) -> Vec<u8> {
    format!(
        r#"{{"channel":"l2Book","data":{{"coin":"BTC","time":{time},"levels":[[{{"px":"{bid}","sz":"1","n":1}},{{"px":"19800","sz":"2","n":2}}],[{{"px":"20100","sz":"1","n":1}}]]}}}}"#
    )
    .into_bytes()
}

/// From the socket's bytes to the ring and back, a connection takes no memory that it does not have.
#[test]
fn a_message_costs_no_allocation_where_depth_is_given_back() {
    let listing = Listing {
        instrument: types::InstrumentId(0),
        symbol: "BTC".to_owned(),
        spec: Spec {
            tick_size: Price::whole(1),
            lot_size: Qty::whole(1),
            may_be_negative: false,
            outlier_band: types::Ratio::ZERO,
        },
    };
    let channels = Channels {
        book: BookChannel::Depth,
        trades: false,
    };
    let known = Feed::of("hyperliquid").unwrap();
    for gives_back in [true, false] {
        let (events, mut arrived) = rtrb::RingBuffer::new(16);
        let (mut spent, back) = rtrb::RingBuffer::new(16);
        let listings = vec![listing.clone()];
        let outlets = Outlets {
            events,
            wake: Arc::new(|| {}),
            status: Arc::new(ArcSwap::from_pointee(Status::new("hyperliquid", &listings))),
            spent: Some(back),
            tap: None,
        };
        let adapter = known.adapter(Credentials::default(), listings, channels);
        let settings = Settings::new(String::new(), String::new());
        let mut connection = Connection::new(adapter, settings, outlets).unwrap();
        connection
            .adapter
            .opened(TimestampNs(1), &mut connection.output);
        connection.output.actions.clear();
        let mut allocations = Vec::new();
        for round in 0..200 {
            let mut bytes = book(1_681_222_254_710 + round, 19_900 + round % 100);
            let taken = allocation_counter::measure(|| {
                let read = connection.on_message(&mut bytes);
                read.now_or_never().unwrap();
            });
            allocations.push(taken.count_total);
            while let Ok(Arrived { event, .. }) = arrived.pop() {
                if let MarketData::DepthSnapshot(update) = event.data
                    && gives_back
                {
                    spent.push(update).unwrap();
                }
            }
        }
        let later: u64 = allocations[100..].iter().sum();
        // A box and its two sides.
        assert_eq!(later, if gives_back { 0 } else { 300 });
        assert_eq!(connection.link.malformed, 0);
    }
}
