//! Books with more levels than an engine holds: what it shows is the venue's touch, or nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine::{EventBuf, Limits, Shard};
use marketdata::Xorshift64Star;
use marketdata::feed::{
    Action, Adapter, Book, BookChannel, Channels, Credentials, FetchId, LEVELS_MAX, Output,
};
use marketdata::venue::Feed;
use types::{
    AccountId, Codec as _, Command, EventKind, Input, InputKind, InstrumentId, Level, Liquidity,
    MarketData, MarketEvent, NewOrder, OpenAccount, OrderKind, PlanId, Price, Qty, ShardId, Side,
    Sizes, Timer, TimestampNs, TradingDay,
};

use crate::perturbed::listings;
use crate::traded::{instrument, label, plan, schedule};

/// Those that tell all of a book, or all that changes in it.
const VENUES: [(&str, &str); 4] = [
    ("coinbase", "BTC-USD"),
    ("alpaca-crypto-json", "BTC/USD"),
    ("binance-spot", "BTCUSDT"),
    ("binance-futures", "BTCUSDT"),
];

/// Levels of a side that a document of Binance has at most; beyond the last of them nothing is known.
const STATED: usize = 1_000;

/// Levels of a side that are known of a venue with 5,000.
fn kept((name, _): (&str, &str)) -> i64 {
    if name.starts_with("binance") {
        999
    } else {
        4_000
    }
}

/// Prices in cents and whole quantities.
type Levels = Vec<(i64, i64)>;

/// A venue with its book, what an adapter makes of what it says, and an engine that hears it.
struct Large {
    feed: &'static Feed,
    symbol: &'static str,
    adapter: Box<dyn Adapter>,
    out: Output,
    shard: Shard,
    /// What somebody has who follows the adapter.
    book: Option<Book>,
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    /// Of the newest message.
    number: u64,
    is_lost: bool,
}

impl Large {
    /// Its book has these levels.
    fn new((name, symbol): (&str, &'static str), bids: Levels, asks: Levels) -> Self {
        let feed = Feed::of(name).unwrap();
        let credentials = Credentials {
            key: String::from("key"),
            secret: String::from("secret"),
        };
        let channels = Channels {
            book: BookChannel::Depth,
            trades: false,
        };
        let mut listings = listings(&[symbol]);
        listings[0].instrument = InstrumentId(0);
        let mut large = Self {
            feed,
            symbol,
            adapter: feed.adapter(credentials, listings, channels),
            out: Output::default(),
            shard: Shard::new(ShardId(1), Limits::default()),
            book: None,
            bids: bids.into_iter().collect(),
            asks: asks.into_iter().collect(),
            number: 0,
            is_lost: true,
        };
        let mut traded = instrument(0);
        if let Liquidity::Paper(model) = &mut traded.liquidity {
            // An order takes what is displayed.
            model.sizes = Sizes::Displayed;
        }
        let command = Command::RegisterInstrument(Box::new(traded));
        large.apply(InputKind::Command(command));
        large.open();
        large
    }

    fn now(&self) -> TimestampNs {
        TimestampNs(self.shard.ts().0 + 1_000_000)
    }

    fn apply(&mut self, kind: InputKind) -> EventBuf {
        let input = Input {
            seq: self.shard.seq().next(),
            ts: self.now(),
            kind,
        };
        let mut events = EventBuf::default();
        self.shard.apply(&input, &mut events);
        for event in events.as_slice() {
            let is_rejected = matches!(event.kind, EventKind::InputRejected { .. });
            assert!(!is_rejected, "{}: {event:?}", self.feed.name);
        }
        events
    }

    /// What was said goes on to the engine.
    fn pass(&mut self) -> Vec<Action> {
        for event in std::mem::take(&mut self.out.events) {
            let MarketEvent { data, .. } = &event;
            if let MarketData::DepthSnapshot(update) = data {
                assert!(update.bids.len().max(update.asks.len()) <= LEVELS_MAX);
            }
            self.is_lost = match data {
                MarketData::Gap => true,
                MarketData::DepthSnapshot(_) => false,
                _ => self.is_lost,
            };
            Book::follow(&mut self.book, data);
            self.apply(InputKind::Market(event));
        }
        std::mem::take(&mut self.out.actions)
    }

    /// A connection opens, on which the whole book is told.
    fn open(&mut self) {
        let now = self.now();
        self.number = 0;
        self.adapter.closed(now, &mut self.out);
        self.adapter.opened(now, &mut self.out);
        self.pass();
        let bids: Levels = self.bids.iter().rev().map(|(&p, &q)| (p, q)).collect();
        let asks: Levels = self.asks.iter().map(|(&p, &q)| (p, q)).collect();
        match self.feed.name {
            "coinbase" => {
                let whole = self.levels("snapshot", &bids, &asks);
                self.hear(&whole);
            }
            "alpaca-crypto-json" => {
                self.hear(r#"[{"T":"success","msg":"authenticated"}]"#);
                let whole = self.levels(r#","r":true"#, &bids, &asks);
                self.hear(&whole);
            }
            _ => {
                // A document, which is asked for once the stream has begun.
                self.number += 1;
                let first = self.levels("", &[], &[]);
                let asked = self.hear(&first);
                assert!(matches!(&asked[..], [Action::Fetch { .. }]), "{asked:?}");
                let [Action::Fetch { id, .. }] = asked[..] else {
                    return;
                };
                self.answer(id, &bids, &asks);
            }
        }
        assert!(!self.is_lost);
        self.holds();
    }

    fn answer(&mut self, id: FetchId, bids: &[(i64, i64)], asks: &[(i64, i64)]) {
        let pairs = |levels| pairs(levels, r#"["{p}","{q}"]"#);
        let mut body = format!(
            r#"{{"lastUpdateId":{},"E":1,"T":1,"bids":[{}],"asks":[{}]}}"#,
            self.number,
            pairs(&bids[..bids.len().min(STATED)]),
            pairs(&asks[..asks.len().min(STATED)])
        )
        .into_bytes();
        let now = self.now();
        let read = self.adapter.answer(id, Some(&mut body), now, &mut self.out);
        assert_eq!(read, Ok(()));
        self.pass();
    }

    /// What the venue says of these levels.
    fn levels(&self, kind: &str, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> String {
        let (symbol, number) = (self.symbol, self.number);
        match self.feed.name {
            "coinbase" => {
                let kind = if kind.is_empty() { "update" } else { kind };
                let of = |side: &str, levels| {
                    let form = r#"{"side":"SIDE","event_time":"2023-02-09T20:32:50.7Z","price_level":"{p}","new_quantity":"{q}"}"#;
                    pairs(levels, &form.replace("SIDE", side))
                };
                let sides = [of("bid", bids), of("offer", asks)];
                let sides: Vec<_> = sides.iter().filter(|side| !side.is_empty()).collect();
                let updates = sides.iter().map(|side| side.as_str()).collect::<Vec<_>>();
                format!(
                    r#"{{"channel":"l2_data","client_id":"","timestamp":"2023-02-09T20:32:50.7Z","sequence_num":{number},"events":[{{"type":"{kind}","product_id":"{symbol}","updates":[{}]}}]}}"#,
                    updates.join(",")
                )
            }
            "alpaca-crypto-json" => {
                let of = |levels| pairs(levels, r#"{"p":{p},"s":{q}}"#);
                format!(
                    r#"[{{"T":"o","S":"{symbol}","t":"2024-03-12T10:38:50.79613221Z","b":[{}],"a":[{}]{kind}}}]"#,
                    of(bids),
                    of(asks)
                )
            }
            name => {
                let of = |levels| pairs(levels, r#"["{p}","{q}"]"#);
                let previous = match name {
                    "binance-futures" => format!(r#""pu":{},"#, number - 1),
                    _ => String::new(),
                };
                format!(
                    r#"{{"stream":"btcusdt@depth","data":{{"e":"depthUpdate","E":1672515782136,"T":1672515782136,"s":"{symbol}","U":{number},"u":{number},{previous}"b":[{}],"a":[{}]}}}}"#,
                    of(bids),
                    of(asks)
                )
            }
        }
    }

    fn hear(&mut self, text: &str) -> Vec<Action> {
        let now = self.now();
        let mut bytes = text.as_bytes().to_vec();
        let read = self.adapter.message(&mut bytes, now, &mut self.out);
        assert_eq!(read, Ok(()), "{}", self.feed.name);
        self.pass()
    }

    /// Levels change, zero for one that is gone.
    fn change(&mut self, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Vec<Action> {
        for (side, levels) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            for &(price, qty) in levels {
                if qty == 0 {
                    side.remove(&price);
                } else {
                    side.insert(price, qty);
                }
            }
        }
        self.number += 1;
        let text = self.levels("", bids, asks);
        self.hear(&text)
    }

    /// The best bid and the best ask in cents, with their quantities.
    fn touch(&self) -> Option<[(i64, i64); 2]> {
        let bid = self.bids.last_key_value()?;
        let ask = self.asks.first_key_value()?;
        Some([(*bid.0, *bid.1), (*ask.0, *ask.1)])
    }

    /// The engine shows the venue's touch, and nothing while nothing is known. All levels that are known are the venue's best,
    /// without a hole between them.
    fn holds(&self) {
        let view = self.shard.instrument_view(InstrumentId(0)).unwrap();
        assert_eq!(view.is_stale, self.is_lost, "{}", self.feed.name);
        if self.is_lost {
            return;
        }
        let quote = view.quote.unwrap();
        let shown = [(quote.bid, quote.bid_qty), (quote.ask, quote.ask_qty)];
        let shown = shown.map(|(price, qty)| (price.0 / CENT, qty.0 / types::Qty::ONE.0));
        assert_eq!(Some(shown), self.touch(), "{}", self.feed.name);
        let book = self.book.as_ref().unwrap();
        let known = |levels: &[Level]| -> Levels {
            let levels = levels.iter();
            levels
                .map(|level| (level.price.0 / CENT, level.qty.0 / Qty::ONE.0))
                .collect()
        };
        let (bids, asks) = (known(book.bids()), known(book.asks()));
        let best = self.bids.iter().rev().take(bids.len());
        assert!(
            best.eq(bids.iter().map(|(p, q)| (p, q))),
            "{}",
            self.feed.name
        );
        let best = self.asks.iter().take(asks.len());
        assert!(
            best.eq(asks.iter().map(|(p, q)| (p, q))),
            "{}",
            self.feed.name
        );
    }

    /// The fills of an order that sells at the market, prices in cents.
    fn sold(&mut self, qty: i64) -> Levels {
        let command = Command::DefinePlan {
            spec: plan().to_bytes().into(),
        };
        self.apply(InputKind::Command(command));
        self.apply(InputKind::Timer(Timer::DayRoll {
            schedule: schedule(),
            day: TradingDay(1),
        }));
        self.apply(InputKind::Command(Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: label("seller"),
        })));
        let order = NewOrder::new(
            AccountId(0),
            InstrumentId(0),
            Side::Sell,
            OrderKind::Market,
            Qty::whole(qty),
        );
        let events = self.apply(InputKind::Command(Command::SubmitOrder(order)));
        let fills = events
            .as_slice()
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Fill(fill) => Some((fill.price.0 / CENT, fill.qty.0 / Qty::ONE.0)),
                _ => None,
            });
        fills.collect()
    }
}

const CENT: i64 = Price::ONE.0 / 100;

/// Levels in a venue's form, with commas between.
fn pairs(levels: &[(i64, i64)], form: &str) -> String {
    let mut text = String::new();
    for (place, (price, qty)) in levels.iter().enumerate() {
        let price = format!("{}.{:02}", price / 100, price % 100);
        let level = form.replace("{p}", &price).replace("{q}", &qty.to_string());
        let comma = if place == 0 { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}{level}");
    }
    text
}

/// Ascending from a price, one of each cent.
fn from(price: i64, count: i64, qty: i64) -> Levels {
    (price..price + count).map(|price| (price, qty)).collect()
}

/// 5,000 bids from 90.00 down. Then there are 100 better ones at once, up to 91.00, and of the asks that at 105 only.
#[test]
fn many_levels_at_once_leave_the_touch_that_the_venue_has() {
    for venue in VENUES {
        let asks = [from(10_100, 10, 1), vec![(10_500, 1)]].concat();
        let mut large = Large::new(venue, from(4_001, 5_000, 1), asks);
        assert_eq!(large.touch(), Some([(9_000, 1), (10_100, 1)]));
        let asked = large.change(&from(9_001, 100, 1), &from(10_100, 10, 0));
        assert_eq!(asked, [], "{venue:?}");
        assert_eq!(large.touch(), Some([(9_100, 1), (10_500, 1)]));
        assert!(!large.is_lost);
        large.holds();
        // All that is told of at once, where no other level stays.
        large.change(&[], &from(9_200, 5_000, 1));
        assert_eq!(large.touch(), Some([(9_100, 1), (9_200, 1)]));
        assert!(!large.is_lost);
        large.holds();
    }
}

/// Of 5,000 bids the best 4,000 are kept, or 999. Once they are gone the venue's best is one of those that were not.
#[test]
fn levels_that_were_dropped_are_not_forgotten_when_the_others_go() {
    for venue in VENUES {
        for side in [Side::Buy, Side::Sell] {
            let (bids, asks) = match side {
                Side::Buy => (from(5_001, 5_000, 1), from(10_100, 1, 1)),
                Side::Sell => (from(9_900, 1, 1), from(10_001, 5_000, 1)),
            };
            let mut large = Large::new(venue, bids, asks);
            let step = if kept(venue) == 999 { 333 } else { 500 };
            for taken in (0..kept(venue)).step_by(step as usize) {
                assert!(!large.is_lost);
                large.holds();
                match side {
                    Side::Buy => large.change(&from(10_001 - taken - step, step, 0), &[]),
                    Side::Sell => large.change(&[], &from(10_001 + taken, step, 0)),
                };
            }
            assert!(large.is_lost, "{venue:?} {side:?}");
            large.holds();
            // What is stated anew is the rest.
            large.open();
            let best = match side {
                Side::Buy => [(10_000 - kept(venue), 1), (10_100, 1)],
                Side::Sell => [(9_900, 1), (10_001 + kept(venue), 1)],
            };
            assert_eq!(large.touch(), Some(best));
            large.holds();
        }
    }
}

/// Of 5,000 bids of 1 from 100.00 down to 50.01 those down to 60.01 (90.02) are kept. The market falls to 60.02, and then
/// somebody makes the bid at 55.00 one of 500: between the two are 501 that are not known, and nothing sells at 55.00.
#[test]
fn a_change_beyond_what_was_dropped_leaves_no_hole_to_trade_through() {
    for venue in VENUES {
        let mut large = Large::new(venue, from(5_001, 5_000, 1), from(10_100, 1, 1));
        let last = 10_001 - kept(venue);
        large.change(&from(last + 2, kept(venue) - 2, 0), &[]);
        large.change(&[(5_500, 500)], &[]);
        // At the best price that was dropped.
        large.change(&[(last - 1, 7)], &[]);
        assert!(!large.is_lost);
        large.holds();
        assert_eq!(large.book.as_ref().unwrap().bids().len(), 2);
        assert_eq!(large.sold(10), [(last + 1, 1), (last, 1)], "{venue:?}");
        // Stated anew it is known down to 50.01, or as far as it is stated.
        large.open();
        let known = (last + 2 - 5_001).min(kept(venue));
        assert_eq!(large.book.as_ref().unwrap().bids().len(), known as usize);
        large.change(&[(5_500, 300)], &[]);
        large.holds();
    }
}

/// 1,200 bids of 1 from 100.00 down to 88.01, of which a document has those down to 90.01. Those down to 89.00 go, but for
/// the one at 90.00, which never changed: the book is lost, where it would have shown 88.99.
#[test]
fn a_level_that_a_document_does_not_state_is_not_missing_from_a_touch() {
    for venue in VENUES.into_iter().filter(|venue| kept(*venue) == 999) {
        let mut large = Large::new(venue, from(8_801, 1_200, 1), from(10_100, 1, 1));
        large.change(&from(8_900, 100, 0), &[]);
        large.change(&[(8_899, 5)], &[]);
        assert!(!large.is_lost);
        large.holds();
        large.change(&from(9_001, 1_000, 0), &[]);
        assert_eq!(large.touch(), Some([(9_000, 1), (10_100, 1)]));
        assert!(large.is_lost, "{venue:?}");
        large.holds();
        large.open();
        assert_eq!(large.touch(), Some([(9_000, 1), (10_100, 1)]));
        large.holds();
    }
}

#[test]
fn the_touch_of_a_large_book_is_the_venues_whatever_comes_and_goes() {
    for (venue, seed) in VENUES.into_iter().zip(1..) {
        let mut large = Large::new(venue, from(30_000, 4_500, 3), from(35_000, 4_500, 3));
        let mut random = Xorshift64Star::new(seed);
        let mut losses = 0;
        for _ in 0..400 {
            let Some([(bid, _), (ask, _)]) = large.touch() else {
                panic!("the venue has no touch");
            };
            let count = 1 + random.below(150) as i64;
            let qty = 1 + random.below(5) as i64;
            let room = (ask - bid - 1).min(count);
            let deep = random.below(4_500) as i64;
            match random.below(5) {
                0 => large.change(&from(bid - count + 1, count, 0), &[]),
                1 => large.change(&[], &from(ask, count, 0)),
                2 => large.change(&from(bid + 1, room, qty), &[]),
                3 => large.change(&[], &from(ask - room, room, qty)),
                _ => large.change(&[(bid - deep, qty - 1)], &[(ask + deep, qty - 1)]),
            };
            large.holds();
            if large.is_lost {
                losses += 1;
                large.open();
            }
        }
        assert!(losses <= 4, "{venue:?}: {losses}");
    }
}
