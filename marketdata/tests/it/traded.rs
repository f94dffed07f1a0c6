//! Accounts trade on feeds that everything happens to: between a loss and what is stated anew every order is denied
//! with the reason and nothing fills; otherwise nothing fills but at the touch that the feed shows, and that is one
//! that the venue had. `FEED_SEEDS=N` plays N storms of each kind, `FEED_FROM=N` from that seed on.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use engine::{EventBuf, Limits, Shard};
use marketdata::Xorshift64Star;
use marketdata::feed::{Book, BookChannel, Channels};
use marketdata::local::{Change, Counterpart, Market, Network, Weather, Wrong};
use rules::{Conduct, Life, Plan, Stage};
use types::{
    AccountId, Codec as _, Command, DenyReason, EventKind, FeeSchedule, FillRule, Input, InputKind,
    Instrument, InstrumentId, InstrumentKind, Label, Latency, Liquidity, Margin, MarketData,
    MarketEvent, NewOrder, OpenAccount, OrderKind, PaperModel, PlanId, Price, Qty, Ratio,
    RollSchedule, ShardId, Side, Sizes, Slippage, Terms, TimeInForce, Timer, TimestampNs,
    TradingDay,
};

use crate::perturbed::{VENUES, again, first_seed, listings, number, storm};

/// Conversations of each kind in a run of the tests.
const SEEDS: u64 = 20;
/// The id of the first listing.
const FIRST: u32 = 7;

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
struct Traded {
    orders: u64,
    /// Denied while nothing was known.
    denied: u64,
    /// Against the touch, on arrival.
    taken: u64,
    /// Of orders that rested.
    rested: u64,
    /// Losses while orders rested.
    held: u64,
}

/// What a feed has said of an instrument, worked out the slow way.
#[derive(Debug, Clone, Default)]
struct Known {
    book: Option<Book>,
    quote: Option<(Price, Price)>,
    has_been: bool,
}

impl Known {
    fn hear(&mut self, data: &MarketData) {
        Book::follow(&mut self.book, data);
        match data {
            MarketData::Gap => self.quote = None,
            MarketData::Quote(quote) => self.quote = Some((quote.bid, quote.ask)),
            _ => {}
        }
        self.has_been |= self.touch().is_some();
    }

    fn touch(&self) -> Option<(Price, Price)> {
        let (bid, ask) = self.book.as_ref().map_or((None, None), Book::touch);
        self.quote
            .or_else(|| bid.zip(ask).map(|(bid, ask)| (bid.price, ask.price)))
    }
}

/// An account on a shard.
struct Trader {
    shard: Shard,
    events: EventBuf,
    random: Xorshift64Star,
    known: Vec<Known>,
    working: u64,
    traded: Traded,
}

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

pub(crate) fn plan() -> Plan {
    Plan {
        name: label("plain"),
        version: 1,
        currency: label("USD"),
        initial_balance: "1000000".parse().unwrap(),
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: schedule(),
        stage: Stage::Evaluation { phase: 1 },
        daily_loss: None,
        max_loss: None,
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        terms: Terms::default(),
        conduct: Conduct::default(),
        life: Life::default(),
    }
}

pub(crate) fn schedule() -> RollSchedule {
    RollSchedule {
        zone: label("UTC"),
        minute: 0,
    }
}

pub(crate) fn instrument(place: usize) -> Instrument {
    Instrument {
        symbol: label(["FIRST", "SECOND"][place]),
        kind: InstrumentKind::Future,
        currency: label("USD"),
        // As the listings have them.
        tick_size: Price(10_000_000),
        lot_size: Qty(1_000),
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000_000),
        fees: FeeSchedule::default(),
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel {
            fill: FillRule::Touch,
            sizes: Sizes::Unlimited,
            slippage: Slippage::None,
            latency: Latency::None,
            bars: types::BarPath::Ignored,
        }),
    }
}

impl Trader {
    fn new(seed: u64) -> Self {
        let mut trader = Self {
            shard: Shard::new(ShardId(1), Limits::default()),
            events: EventBuf::default(),
            random: Xorshift64Star::new(seed ^ 0x007A_DE12),
            known: vec![Known::default(); 2],
            working: 0,
            traded: Traded::default(),
        };
        for place in 0..2 {
            trader.command(Command::RegisterInstrument(Box::new(instrument(place))));
        }
        let spec = plan().to_bytes().into();
        trader.command(Command::DefinePlan { spec });
        trader.apply(InputKind::Timer(Timer::DayRoll {
            schedule: schedule(),
            day: TradingDay(1),
        }));
        trader.command(Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: label("trader"),
        }));
        trader
    }

    fn command(&mut self, command: Command) -> Vec<EventKind> {
        self.apply(InputKind::Command(command))
    }

    /// A second later. Whatever fills, fills at the touch that is known.
    fn apply(&mut self, kind: InputKind) -> Vec<EventKind> {
        let input = Input {
            seq: self.shard.seq().next(),
            ts: TimestampNs(self.shard.ts().0 + 1_000_000_000),
            kind,
        };
        self.events.clear();
        self.shard.apply(&input, &mut self.events);
        let events = self.events.as_slice().iter();
        let events: Vec<_> = events.map(|event| event.kind).collect();
        for event in &events {
            assert!(
                !matches!(event, EventKind::InputRejected { .. }),
                "{event:?} of {input:?}"
            );
            let EventKind::Fill(fill) = event else {
                continue;
            };
            let known = &self.known[fill.instrument.0 as usize];
            let Some((bid, ask)) = known.touch() else {
                panic!("filled while nothing is known: {fill:?} by {input:?}");
            };
            if fill.maker {
                self.traded.rested += 1;
                self.working -= 1;
                // The other side has come to its price, or beyond.
                match fill.side {
                    Side::Buy => assert!(ask <= fill.price, "{ask} {fill:?}"),
                    Side::Sell => assert!(bid >= fill.price, "{bid} {fill:?}"),
                }
            } else {
                self.traded.taken += 1;
                let touch = match fill.side {
                    Side::Buy => ask,
                    Side::Sell => bid,
                };
                assert_eq!(fill.price, touch, "{fill:?}");
            }
        }
        events
    }

    /// The feed says something, or nothing has happened; then the account trades.
    fn hear(&mut self, event: Option<&MarketEvent>) {
        if let Some(event) = event {
            let place = event.instrument.0 - FIRST;
            // The shard fills on hearing it: what is known is known first.
            self.known[place as usize].hear(&event.data);
            self.traded.held += u64::from(event.data == MarketData::Gap && self.working > 0);
            self.apply(InputKind::Market(MarketEvent {
                instrument: InstrumentId(place),
                ..event.clone()
            }));
        }
        for place in 0..2 {
            self.order(place);
        }
    }

    fn order(&mut self, place: u32) {
        let known = self.known[place as usize].clone();
        let side = match self.random.below(2) {
            0 => Side::Buy,
            _ => Side::Sell,
        };
        // Around the touch, on both sides of it; of what is not known around the prices of before.
        let (bid, ask) = known
            .touch()
            .unwrap_or((Price::ONE, Price(200 * Price::ONE.0)));
        let around = if self.random.below(2) == 0 { bid } else { ask };
        let away = self.random.below(9) as i64 - 4;
        let kind = match self.random.below(3) {
            0 => OrderKind::Market,
            _ => OrderKind::Limit {
                price: Price((around.0 + away * 10_000_000).max(10_000_000)),
            },
        };
        let mut order = NewOrder::new(
            AccountId(0),
            InstrumentId(place),
            side,
            kind,
            Qty(1_000 * (1 + self.random.below(5) as i64)),
        );
        if self.working >= 20 {
            order.tif = TimeInForce::ImmediateOrCancel;
        }
        self.traded.orders += 1;
        let events = self.command(Command::SubmitOrder(order));
        let reason = events.iter().find_map(|event| match event {
            EventKind::OrderDenied { reason, .. } => Some(*reason),
            _ => None,
        });
        match (known.touch(), reason) {
            (Some(_), None) => {
                let is_over = events.iter().any(|event| {
                    matches!(event, EventKind::Fill(_) | EventKind::OrderCancelled { .. })
                });
                self.working += u64::from(!is_over);
            }
            (Some(_), Some(reason)) => panic!("{order:?} is denied: {reason:?}"),
            (None, None) => panic!("{order:?} is taken while nothing is known: {events:?}"),
            (None, Some(reason)) => {
                self.traded.denied += 1;
                match reason {
                    DenyReason::BadQuote { lost: true, .. } => {}
                    DenyReason::NoQuote if !known.has_been => {}
                    other => panic!("{order:?} is denied for {other:?}"),
                }
            }
        }
    }
}

#[test]
fn nothing_fills_but_at_a_touch_that_the_venue_has() {
    let from = first_seed();
    let seeds = number("FEED_SEEDS", SEEDS);
    for (name, symbols, pair, books) in VENUES {
        for &book in books {
            let is_depth = book == BookChannel::Depth;
            let mut sum = Traded::default();
            for seed in from..from + seeds {
                let mut listings = listings(&symbols);
                for listing in &mut listings {
                    listing.spec.outlier_band = Ratio(Ratio::ONE.0 / 10);
                }
                let channels = Channels { book, trades: true };
                let (adapter, counterpart) = pair(listings.clone(), channels);
                let weather = Weather {
                    odd: 300,
                    ..storm(name, book)
                };
                let trader = Rc::new(RefCell::new(Trader::new(seed)));
                let hears = Rc::clone(&trader);
                println!("{name}, {book:?}; {}", again(seed, "traded"));
                let network = Network::new(seed, adapter, counterpart, listings, is_depth, weather)
                    .heard_by(Box::new(move |event| hears.borrow_mut().hear(event)));
                // Half of the accounts know nothing of a market whose topic has stopped.
                let network = if seed % 2 == 0 {
                    network.watched(Duration::from_secs(5))
                } else {
                    network
                };
                if let Err(wrong) = network.play() {
                    panic!("{name}, {book:?}: {wrong}\n{}", again(seed, "traded"));
                }
                let traded = trader.borrow().traded;
                sum.orders += traded.orders;
                sum.denied += traded.denied;
                sum.taken += traded.taken;
                sum.rested += traded.rested;
                sum.held += traded.held;
            }
            println!("{name}, {book:?}: {seeds} streams, {sum:?}");
            if seeds >= SEEDS {
                let Traded {
                    denied,
                    taken,
                    rested,
                    held,
                    ..
                } = sum;
                assert!(
                    denied > 0 && taken > 0 && rested > 0 && held > 0,
                    "{name}: {sum:?}"
                );
            }
        }
    }
}

/// A venue that says nothing of one of its instruments, as if the subscription to it had been lost, though it has
/// documents of all.
struct Silent {
    venue: Box<dyn Counterpart>,
    symbol: &'static str,
    /// Subscriptions are answered all the same.
    is_acknowledged: bool,
}

impl Silent {
    fn drop_from(&self, said: &mut Vec<Vec<u8>>) {
        let has = |message: &[u8], word: &str| {
            let word = word.as_bytes();
            message.windows(word.len()).any(|part| part == word)
        };
        said.retain(|message| {
            let is_answer = has(message, "subscri");
            !has(message, self.symbol) || (is_answer && self.is_acknowledged)
        });
    }
}

impl Counterpart for Silent {
    fn name(&self) -> &'static str {
        self.venue.name()
    }

    fn depth(&self) -> usize {
        self.venue.depth()
    }

    fn is_binary(&self) -> bool {
        self.venue.is_binary()
    }

    fn path(&self) -> Option<&'static str> {
        self.venue.path()
    }

    fn documents(&self) -> &'static [&'static str] {
        self.venue.documents()
    }

    fn admit(&self, header: &dyn Fn(&str) -> Option<String>) -> Result<(), u16> {
        self.venue.admit(header)
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        self.venue.opened(now, out);
    }

    fn streamed(
        &mut self,
        path: &str,
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) -> bool {
        let is_stream = self.venue.streamed(path, markets, now, out);
        self.drop_from(out);
        is_stream
    }

    fn request(
        &mut self,
        message: &[u8],
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        self.venue.request(message, markets, now, out);
        self.drop_from(out);
    }

    fn restates(&self) -> bool {
        self.venue.restates()
    }

    fn renumber(&mut self, message: &mut Vec<u8>) {
        self.venue.renumber(message);
    }

    fn changed(
        &mut self,
        market: &Market,
        change: &Change,
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        self.venue.changed(market, change, now, out);
        self.drop_from(out);
    }

    fn fetch(&mut self, path: &str, markets: &[Market], now: TimestampNs) -> Option<Vec<u8>> {
        self.venue.fetch(path, markets, now)
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        self.venue.tick(now, out);
        self.drop_from(out);
    }

    fn has_checksum(&self) -> bool {
        self.venue.has_checksum()
    }

    fn falsify(&self, message: &mut Vec<u8>) -> bool {
        self.venue.falsify(message)
    }
}

/// Plays a conversation in good weather that must not settle, as one listing of two is never told of: of the second
/// nothing is ever known, and all orders on it are denied. Says what was traded on the first.
fn traded_without_the_second(name: &str, seed: u64, network: Network) -> Traded {
    let trader = Rc::new(RefCell::new(Trader::new(seed)));
    let hears = Rc::clone(&trader);
    let network = network.heard_by(Box::new(move |event| hears.borrow_mut().hear(event)));
    let Wrong { what, .. } = network.play().expect_err(name);
    assert_eq!(what, "is not live, long after the last fault", "{name}");
    let trader = trader.borrow();
    assert!(!trader.known[1].has_been, "{name}");
    assert!(trader.traded.denied > 0, "{name}");
    trader.traded
}

/// A subscription that a venue does not take, or takes and says nothing: the instrument is not known, for five minutes and
/// more. A document of its book alone would stand still for ever. The other one is not held up by it, where
/// venues say each in a message of its own.
#[test]
fn what_a_venue_never_tells_of_is_never_traded() {
    for (name, symbols, pair, books) in VENUES {
        for (&book, is_acknowledged) in books.iter().flat_map(|book| [(book, false), (book, true)])
        {
            let name = format!("{name}, {book:?}, acknowledged: {is_acknowledged}");
            let (is_depth, listings) = (book == BookChannel::Depth, listings(&symbols));
            let channels = Channels { book, trades: true };
            let (adapter, venue) = pair(listings.clone(), channels);
            let silent = Silent {
                venue,
                symbol: symbols[1],
                is_acknowledged,
            };
            let network = Network::new(
                1,
                adapter,
                Box::new(silent),
                listings,
                is_depth,
                Weather::CALM,
            );
            let traded = traded_without_the_second(&name, 1, network);
            println!("{name}: {traded:?}");
            if name.starts_with("binance") || name.starts_with("okx") {
                assert!(traded.taken > 0 && traded.rested > 0, "{name}");
            }
        }
    }
}

/// Two listings with one symbol of the venue: what it says is of the first, and the second is never known.
#[test]
fn the_second_of_two_with_one_symbol_is_never_traded() {
    for (name, [symbol, _], pair, books) in VENUES {
        for &book in books {
            let name = format!("{name}, {book:?}");
            let listings = listings(&[symbol, symbol]);
            let channels = Channels { book, trades: true };
            let (adapter, venue) = pair(listings.clone(), channels);
            let is_depth = book == BookChannel::Depth;
            let market = listings[..1].to_vec();
            let network = Network::new(1, adapter, venue, market, is_depth, Weather::CALM);
            let traded = traded_without_the_second(&name, 1, network);
            println!("{name}: {traded:?}");
        }
    }
}
