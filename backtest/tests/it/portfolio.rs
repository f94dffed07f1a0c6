//! Several instruments, currencies and lengths of bars on one account.

use backtest::outcome::Outcome;
use backtest::run::{
    Bars, Converter, Fills, Made, Memory, Settings, Timed, Unobserved, plain_plan, run,
};
use backtest::strategy::{Closed, Context, Frame, Size, Strategy, TimerId};
use marketdata::generator::MinuteBars;
use marketdata::history::{Basis, Edges};
use types::{
    Aggressor, Bar, Command, FeeSchedule, Fill, Funding, Instrument, InstrumentId, Liquidity,
    MarketData, MarketEvent, Money, PaperModel, Price, Qty, Ratio, SignedQty, Slippage,
    TimestampNs, Trade,
};

use crate::world::{label, share};

const A: InstrumentId = InstrumentId(0);
const B: InstrumentId = InstrumentId(1);
const HOUR: u64 = 3_600_000_000_000;

/// Without fees.
fn free(symbol: &str) -> Instrument {
    Instrument {
        fees: FeeSchedule::default(),
        ..share(symbol, Qty::ONE)
    }
}

fn bar(start: u64, hours: u64, open: i64, close: i64) -> (TimestampNs, Bar) {
    let bar = Bar {
        start: TimestampNs(start * HOUR),
        open: Price::whole(open),
        high: Price::whole(open.max(close)),
        low: Price::whole(open.min(close)),
        close: Price::whole(close),
        volume: Qty::whole(100),
    };
    (TimestampNs((start + hours) * HOUR), bar)
}

/// Calls a function on each bar.
struct On<F>(F);

impl<F: FnMut(&mut Context<'_>, &Closed)> Strategy for On<F> {
    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        (self.0)(context, closed);
    }
}

fn fills(outcome: &Outcome) -> Vec<(u32, u64, String, String)> {
    let fills = outcome.fills.iter().map(|it| {
        let (price, position) = (it.fill.price.to_string(), it.fill.position.to_string());
        (it.fill.instrument.0, it.ts.0 / HOUR, price, position)
    });
    fills.collect()
}

#[test]
fn a_longer_bar_opens_at_its_start_among_shorter_ones() {
    // A by the hour, B by four hours: what is asked for at 4 fills at 4 in both, not when B's bar is known.
    let a: Vec<_> = (0..8)
        .map(|hour| bar(hour, 1, 100 + hour as i64, 101 + hour as i64))
        .collect();
    let b = [bar(0, 4, 50, 54), bar(4, 4, 55, 60)];
    let settings = Settings::new(
        vec![free("A"), free("B")],
        plain_plan("USD", Money::whole(10_000)).unwrap(),
    );
    let mut strategy = On(|context: &mut Context<'_>, closed: &Closed| {
        if closed.instrument == B {
            context.long(A);
            context.long(B);
        }
    });
    let sources = vec![Bars::new(A, &a), Bars::new(B, &b)];
    let outcome = run(&settings, sources, &mut strategy, &mut Unobserved).unwrap();
    let expected = [
        (0, 4, "104".to_owned(), "1".to_owned()),
        (1, 4, "55".to_owned(), "1".to_owned()),
    ];
    assert_eq!(fills(&outcome), expected);
    // 108 - 104 and 60 - 55.
    assert_eq!(outcome.equity, Money::whole(10_009));
    // Eight hours, and B's ends are among them.
    assert_eq!(outcome.samples.len(), 8);
}

/// A by the hour, B by the day. What A's bars ask for of B waits for the next day's open, what B's ask for of A fills at the
/// open that comes at once; as files of their own, and as one, in which a day of B comes behind 24 hours of A.
#[test]
fn nothing_fills_at_an_open_that_is_past() {
    let a: Vec<_> = (0..72)
        .map(|hour| bar(hour, 1, 100 + hour as i64, 101 + hour as i64))
        .collect();
    let b: Vec<_> = (0..3)
        .map(|day| bar(24 * day, 24, 500 + day as i64, 510 + day as i64))
        .collect();
    let settings = Settings::new(
        vec![free("A"), free("B")],
        plain_plan("USD", Money::whole(10_000)).unwrap(),
    );
    let strategy = || {
        On(|context: &mut Context<'_>, closed: &Closed| {
            match (closed.instrument, context.time().0 / HOUR) {
                (A, 16) => _ = context.long(B),
                (B, 24) => _ = context.long(A),
                (A, 47) => _ = context.flat(B),
                (B, 48) => _ = context.flat(A),
                _ => {}
            }
        })
    };
    let expected = [
        (1, 24, "501".to_owned(), "1".to_owned()),
        (0, 24, "124".to_owned(), "1".to_owned()),
        (1, 48, "502".to_owned(), "0".to_owned()),
        (0, 48, "148".to_owned(), "0".to_owned()),
    ];
    let sources = vec![Bars::new(A, &a), Bars::new(B, &b)];
    let apart = run(&settings, sources, &mut strategy(), &mut Unobserved).unwrap();
    assert_eq!(fills(&apart), expected);
    // 502 - 501 and 148 - 124.
    assert_eq!(apart.equity, Money::whole(10_025));
    let mut events: Vec<_> = a.iter().map(|bar| timed(A, bar)).collect();
    events.extend(b.iter().map(|bar| timed(B, bar)));
    events.sort_by_key(|timed| timed.ts);
    let sources = vec![Memory::new(&events)];
    let together = run(&settings, sources, &mut strategy(), &mut Unobserved).unwrap();
    assert_eq!(together, apart);
}

fn timed(instrument: InstrumentId, &(ts, bar): &(TimestampNs, Bar)) -> Timed {
    let data = MarketData::Bar(bar);
    Timed {
        ts,
        event: MarketEvent {
            instrument,
            ts_event: ts,
            data,
        },
    }
}

/// Asks for B at 1, between two ends of bars: B's bar that begins then opens for it, and not the one that began before.
#[derive(Debug)]
struct Alarm(u64);

impl Strategy for Alarm {
    fn start(&mut self, context: &mut Context<'_>) {
        context.set_timer(TimestampNs(self.0 * HOUR), TimerId(0));
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _: TimerId) {
        context.long(B);
    }
}

#[test]
fn a_timer_s_order_fills_at_the_next_open_that_comes() {
    let a = [bar(0, 4, 10, 10), bar(4, 4, 10, 10)];
    let b = [bar(1, 2, 21, 21), bar(3, 3, 23, 23), bar(6, 2, 26, 26)];
    let settings = Settings::new(
        vec![free("A"), free("B")],
        plain_plan("USD", Money::whole(1_000)).unwrap(),
    );
    for (asked, at, price) in [(1, 1, "21"), (2, 3, "23"), (3, 3, "23"), (4, 6, "26")] {
        let sources = vec![Bars::new(A, &a), Bars::new(B, &b)];
        let outcome = run(&settings, sources, &mut Alarm(asked), &mut Unobserved).unwrap();
        let expected = [(1, at, price.to_owned(), "1".to_owned())];
        assert_eq!(fills(&outcome), expected, "asked for at {asked}");
    }
}

#[test]
fn bars_of_one_instrument_that_overlap_are_refused() {
    let hours: Vec<_> = (0..48).map(|hour| bar(hour, 1, 100, 100)).collect();
    let days = [bar(0, 24, 100, 100), bar(24, 24, 100, 100)];
    let settings = Settings::new(
        vec![free("A")],
        plain_plan("USD", Money::whole(1_000)).unwrap(),
    );
    for sources in [
        vec![Bars::new(A, &hours), Bars::new(A, &days)],
        vec![Bars::new(A, &days), Bars::new(A, &hours)],
    ] {
        let mut strategy = On(|context: &mut Context<'_>, _: &Closed| _ = context.long(A));
        let error = run(&settings, sources, &mut strategy, &mut Unobserved).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("two bars of A overlap: one from 1970-01-01T"),
            "{text}"
        );
        assert!(text.contains("accepted: bars of one length"), "{text}");
    }
}

#[test]
fn one_source_or_two_of_an_instrument_make_no_difference() {
    let bars: Vec<_> = MinuteBars::new(9).take(3_000).collect();
    let (first, second) = bars.split_at(1_234);
    let settings = Settings::new(
        vec![share("SYN", Qty::ONE)],
        plain_plan("USD", Money::whole(1_000_000)).unwrap(),
    );
    let by = |sources: Vec<Bars<'_>>| {
        let mut strategy = On(|context: &mut Context<'_>, closed: &Closed| {
            if closed.bar.close > closed.bar.open {
                context.long(A);
            } else {
                context.expose(A, -3.0);
            }
        });
        run(&settings, sources, &mut strategy, &mut Unobserved).unwrap()
    };
    let one = by(vec![Bars::new(A, &bars)]);
    assert_eq!(by(vec![Bars::new(A, second), Bars::new(A, first)]), one);
    assert!(one.trips.len() > 500);
}

/// A share in euros, bought at 100 with the euro at 1.10 and worth 110 with the euro at 1.20.
#[test]
fn a_currency_follows_its_market() {
    let euro = Instrument {
        currency: label("EUR"),
        ..free("E")
    };
    let pair = Instrument {
        fees: FeeSchedule::default(),
        ..share("EURUSD", Qty::ONE)
    };
    let price = |text: &str| -> Price { text.parse().unwrap() };
    let rate = |start: u64, open: &str, close: &str| {
        let (end, flat) = bar(start, 1, 1, 1);
        let (open, close) = (price(open), price(close));
        let (high, low) = (open.max(close), open.min(close));
        (
            end,
            Bar {
                open,
                high,
                low,
                close,
                ..flat
            },
        )
    };
    let shares = [
        bar(0, 1, 100, 100),
        bar(1, 1, 100, 105),
        bar(2, 1, 105, 110),
    ];
    let rates = [
        rate(0, "1.10", "1.10"),
        rate(1, "1.10", "1.15"),
        rate(2, "1.15", "1.20"),
    ];
    let settings = Settings {
        definitions: vec![Command::SetConversion {
            from: label("EUR"),
            to: label("USD"),
            rate: price("1.10"),
        }],
        converters: vec![Converter {
            from: label("EUR"),
            instrument: B,
        }],
        size: Size::Notional(Money::whole(1_100)),
        ..Settings::new(
            vec![euro, pair],
            plain_plan("USD", Money::whole(10_000)).unwrap(),
        )
    };
    let mut strategy = On(|context: &mut Context<'_>, closed: &Closed| {
        if closed.instrument == A {
            context.long(A);
        }
    });
    let sources = vec![Bars::new(A, &shares), Bars::new(B, &rates)];
    let outcome = run(&settings, sources, &mut strategy, &mut Unobserved).unwrap();
    // 1,100 dollars are 1,000 euros, ten shares: they gain 100 euros, 120 dollars at the end.
    assert_eq!(fills(&outcome), [(0, 1, "100".to_owned(), "10".to_owned())]);
    assert_eq!(outcome.equity, Money::whole(10_120));
}

/// Ten shares in euros and ten in yen, each at a fee of 0.1%, on an account in dollars. Amounts in a currency stay in it, and are
/// worth what its rate is.
///
/// | at the end of hour | euros: cash + open | at | yen: cash + open | at | equity |
/// |---|---|---|---|---|---|
/// | 1: bought at 100 and 10,000 | -1 + 50 | 1.15 | -100 - 10,000 | 0.009 | 100,000 + 56.35 - 90.9 |
/// | 2 | -1 + 100 | 1.20 | -100 - 5,000 | 0.008 | 100,000 + 118.8 - 40.8 |
/// | 3: six sold at 110, all at 9,500 | -1 - 0.66 + 60 + 4 x 20 | 1.25 | -100 - 95 - 5,000 | 0.007 | 100,000 + 172.925 - 36.365 |
#[test]
fn two_currencies_stay_what_they_are_on_one_account() {
    let price = |text: &str| -> Price { text.parse().unwrap() };
    let quoted = |symbol: &str, currency: &str, tick: &str| Instrument {
        currency: label(currency),
        tick_size: price(tick),
        fees: FeeSchedule::default(),
        ..share(symbol, Qty::ONE)
    };
    let fee = FeeSchedule {
        taker: Ratio(1_000_000),
        maker: Ratio(1_000_000),
        ..FeeSchedule::default()
    };
    let instruments = vec![
        Instrument {
            fees: fee,
            ..quoted("E", "EUR", "0.01")
        },
        Instrument {
            fees: fee,
            ..quoted("Y", "JPY", "0.01")
        },
        quoted("EURUSD", "USD", "0.01"),
        quoted("JPYUSD", "USD", "0.001"),
    ];
    let flat = |closes: [&str; 4]| -> Vec<(TimestampNs, Bar)> {
        let rates = (0..).zip(closes).map(|(hour, close)| {
            let (end, flat) = bar(hour, 1, 1, 1);
            let close = price(close);
            let bar = Bar {
                open: close,
                high: close,
                low: close,
                close,
                ..flat
            };
            (end, bar)
        });
        rates.collect()
    };
    let rows = |rows: [(i64, i64); 4]| -> Vec<(TimestampNs, Bar)> {
        let rows = (0..).zip(rows);
        rows.map(|(hour, (open, close))| bar(hour, 1, open, close))
            .collect()
    };
    let data = [
        rows([(100, 100), (100, 105), (105, 110), (110, 120)]),
        rows([
            (10_000, 10_000),
            (10_000, 9_000),
            (9_000, 9_500),
            (9_500, 9_500),
        ]),
        flat(["1.10", "1.15", "1.20", "1.25"]),
        flat(["0.010", "0.009", "0.008", "0.007"]),
    ];
    let pairs = [("EUR", "1.10", 2), ("JPY", "0.01", 3)];
    let definitions = pairs.map(|(from, rate, _)| Command::SetConversion {
        from: label(from),
        to: label("USD"),
        rate: price(rate),
    });
    let converters = pairs.map(|(from, _, pair)| Converter {
        from: label(from),
        instrument: InstrumentId(pair),
    });
    let settings = Settings {
        definitions: definitions.to_vec(),
        converters: converters.to_vec(),
        ..Settings::new(
            instruments,
            plain_plan("USD", Money::whole(100_000)).unwrap(),
        )
    };
    let mut strategy = On(|context: &mut Context<'_>, closed: &Closed| {
        let hour = context.time().0 / HOUR;
        let held = match (closed.instrument, hour) {
            (A | B, 1) => 10,
            (A, 3) => 4,
            (B, 3) => 0,
            _ => return,
        };
        context.hold(closed.instrument, SignedQty(held * Qty::ONE.0));
    });
    let sources = (0..).map(InstrumentId).zip(&data);
    let sources = sources.map(|(instrument, bars)| Bars::new(instrument, bars));
    let outcome = run(&settings, sources.collect(), &mut strategy, &mut Unobserved).unwrap();
    let equity: Vec<String> = outcome
        .samples
        .iter()
        .map(|sample| sample.equity.to_string())
        .collect();
    assert_eq!(equity, ["100000", "99965.45", "100078", "100136.56"]);
    // Fees in dollars at the rates of their fills: 1.10, 0.66 x 1.20; 1.00, 95 x 0.008.
    assert_eq!(outcome.fees.to_string(), "3.652");
    let trips: Vec<_> = outcome
        .trips
        .iter()
        .map(|trip| {
            let own = trip.pnl.to_string();
            (trip.instrument, own, trip.converted(trip.pnl).to_string())
        })
        .collect();
    // 5,195 yen lost, at 0.008; the euros are still held.
    assert_eq!(trips, [(B, "-5195".to_owned(), "-41.56".to_owned())]);
}

#[test]
fn longer_bars_are_made_of_shorter_ones_and_come_with_the_last_of_them() {
    // Of the third four hours the last bar is missing: it ends all the same, when the next bar is known.
    let hours = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13];
    let bars: Vec<_> = hours
        .map(|hour| bar(hour, 1, hour as i64, hour as i64 + 1))
        .to_vec();
    let mut seen = Vec::new();
    let mut strategy = On(|context: &mut Context<'_>, closed: &Closed| {
        if closed.frame == Frame(1) {
            let Bar {
                start,
                open,
                high,
                close,
                volume,
                ..
            } = closed.bar;
            let at = context.time().0 / HOUR;
            seen.push((at, start.0 / HOUR, open, high, close, volume));
        }
    });
    let settings = Settings {
        frames: vec![Edges::Epoch { every: 4 * HOUR }],
        ..Settings::new(
            vec![free("A")],
            plain_plan("USD", Money::whole(1_000)).unwrap(),
        )
    };
    let sources = vec![Bars::new(A, &bars)];
    let outcome = run(&settings, sources, &mut strategy, &mut Unobserved).unwrap();
    let whole = Price::whole;
    let of = |at, start, open, close, bars: i64| {
        (
            at,
            start,
            whole(open),
            whole(close),
            whole(close),
            Qty::whole(100 * bars),
        )
    };
    assert_eq!(
        seen,
        [of(4, 0, 0, 4, 4), of(8, 4, 4, 8, 4), of(12, 8, 8, 11, 3)]
    );
    assert_eq!(outcome.samples.len(), hours.len());
}

/// What is shown of longer bars: when, of which instrument, their start, open and close, and how many bars of 100 they are of.
type Longer = (u64, u32, u64, i64, i64, i64);

/// Longer bars of so many hours of sources, and what the run is worth.
fn longer(hours: u64, made: Option<Made>, sources: Vec<Memory<'_>>) -> Vec<Longer> {
    let settings = Settings {
        bars: made,
        frames: vec![Edges::Epoch {
            every: hours * HOUR,
        }],
        ..Settings::new(
            vec![free("A"), free("B")],
            plain_plan("USD", Money::whole(1_000)).unwrap(),
        )
    };
    let mut seen = Vec::new();
    let mut strategy = On(|context: &mut Context<'_>, closed: &Closed| {
        if closed.frame == Frame(1) {
            let whole = |price: Price| price.0 / Price::ONE.0;
            let bar = closed.bar;
            seen.push((
                context.time().0 / HOUR,
                closed.instrument.0,
                bar.start.0 / HOUR,
                whole(bar.open),
                whole(bar.close),
                bar.volume.0 / Qty::whole(100).0,
            ));
        }
    });
    run(&settings, sources, &mut strategy, &mut Unobserved).unwrap();
    seen
}

fn all_timed(instrument: InstrumentId, bars: &[(TimestampNs, Bar)]) -> Vec<Timed> {
    bars.iter().map(|bar| timed(instrument, bar)).collect()
}

/// Days from 13:00 on: two of them start in each two days of the calendar, which are known when the second ends.
#[test]
fn a_bar_is_of_the_longer_one_in_which_it_starts() {
    let days: Vec<_> = (0..5)
        .map(|day| bar(24 * day + 13, 24, day as i64, day as i64 + 10))
        .collect();
    let days = all_timed(A, &days);
    assert_eq!(
        longer(48, None, vec![Memory::new(&days)]),
        [(61, 0, 0, 0, 11, 2), (109, 0, 48, 2, 13, 2)]
    );
    // Each is one of the data's where they are longer.
    assert_eq!(
        longer(12, None, vec![Memory::new(&days[..2])]),
        [(37, 0, 12, 0, 10, 1), (61, 0, 36, 1, 11, 1)]
    );
}

/// Three hours and four: 3 to 6 is of 0 to 4, 9 to 12 ends with 8 to 12. After 15 there is nothing until 21: 12 to 16 ends at 16.
#[test]
fn a_longer_bar_ends_late_only_where_a_bar_does() {
    let bars = [0, 3, 6, 9, 12, 21, 24].map(|hour| bar(hour, 3, hour as i64, hour as i64 + 1));
    assert_eq!(
        longer(4, None, vec![Memory::new(&all_timed(A, &bars))]),
        [
            (6, 0, 0, 0, 4, 2),
            (9, 0, 4, 6, 7, 1),
            (12, 0, 8, 9, 10, 1),
            (16, 0, 12, 12, 13, 1),
            (24, 0, 20, 21, 22, 1),
        ]
    );
}

/// A's days begin at 13:00, B's at 7:00: whether B's bar hides A's behind it makes no difference.
#[test]
fn longer_bars_of_two_instruments_wait_each_for_its_own() {
    let days = |instrument: InstrumentId, hour: u64| {
        let bars = (0..5).map(|day| bar(24 * day + hour, 24, day as i64, day as i64 + 10));
        all_timed(instrument, &bars.collect::<Vec<_>>())
    };
    let (a, b) = (days(A, 13), days(B, 7));
    let expected = [
        (55, 1, 0, 0, 11, 2),
        (61, 0, 0, 0, 11, 2),
        (103, 1, 48, 2, 13, 2),
        (109, 0, 48, 2, 13, 2),
    ];
    let apart = longer(48, None, vec![Memory::new(&a), Memory::new(&b)]);
    assert_eq!(apart, expected);
    let mut both = [a, b].concat();
    both.sort_by_key(|timed| timed.ts);
    assert_eq!(longer(48, None, vec![Memory::new(&both)]), expected);
}

/// Of prints bars of three hours are made, and of those bars of four; that of 3 to 6 has one, that of 9 to 12 none before 13.
#[test]
fn bars_that_are_made_are_of_the_longer_ones_in_which_they_start() {
    let prints = [1, 5, 7, 13, 25].map(|hour: u64| Timed {
        ts: TimestampNs(hour * HOUR),
        event: MarketEvent {
            instrument: A,
            ts_event: TimestampNs(hour * HOUR),
            data: MarketData::Trade(Trade {
                price: Price::whole(hour as i64),
                qty: Qty::whole(100),
                aggressor: Aggressor::Unknown,
            }),
        },
    });
    let made = Made {
        edges: Edges::Epoch { every: 3 * HOUR },
        basis: Basis::Trades,
    };
    assert_eq!(
        longer(4, Some(made), vec![Memory::new(&prints)]),
        [
            (6, 0, 0, 1, 5, 2),
            (9, 0, 4, 7, 7, 1),
            (18, 0, 12, 13, 13, 1),
        ]
    );
}

#[test]
fn bars_are_made_of_prints_and_orders_fill_at_the_next_one() {
    let print = |minute: u64, price: i64| Timed {
        ts: TimestampNs(minute * HOUR / 60),
        event: MarketEvent {
            instrument: A,
            ts_event: TimestampNs(minute * HOUR / 60),
            data: MarketData::Trade(Trade {
                price: Price::whole(price),
                qty: Qty::ONE,
                aggressor: Aggressor::Unknown,
            }),
        },
    };
    let prints = [
        print(61, 10),
        print(80, 14),
        print(119, 12),
        print(125, 13),
        print(200, 20),
    ];
    let mut seen = Vec::new();
    let mut strategy = On(|context: &mut Context<'_>, closed: &Closed| {
        let Bar {
            open,
            high,
            low,
            close,
            volume,
            ..
        } = closed.bar;
        seen.push((context.time().0 / HOUR, [open, high, low, close], volume));
        context.long(A);
    });
    let mut plan = plain_plan("USD", Money::whole(1_000)).unwrap();
    plan.terms.funding = Funding::Margin {
        rate_min: Ratio::ONE,
    };
    let settings = Settings {
        bars: Some(Made {
            edges: Edges::Epoch { every: HOUR },
            basis: Basis::Trades,
        }),
        prints_are_quotes: true,
        fills: Fills::NextOpen,
        ..Settings::new(vec![free("A")], plan)
    };
    let sources = vec![Memory::new(&prints)];
    let outcome = run(&settings, sources, &mut strategy, &mut Unobserved).unwrap();
    let prices = |prices: [i64; 4]| prices.map(Price::whole);
    assert_eq!(
        seen,
        [
            (2, prices([10, 14, 10, 12]), Qty::whole(3)),
            (3, prices([13, 13, 13, 13]), Qty::ONE),
        ]
    );
    // The first hour is known at 2:00 and its order filled at 2:05.
    assert_eq!(fills(&outcome), [(0, 2, "13".to_owned(), "1".to_owned())]);
    assert_eq!(outcome.equity, Money::whole(1_007));
}

/// Of 915 at 101 and 0.1%: 9 cost 909.909 and are worth 18 less at the bid of 99, 8 cost 808.808 and 16. The 8 are worth
/// 898.192 with what is left. Turned around at 99, 9 more than those would tie up 891, pay 1.683 for 17 and lose 18 at
/// the ask of 101; 8 tie up 792, and 1.584 and 16.
#[test]
fn all_of_equity_leaves_room_for_what_is_lost_at_once() {
    let bars: Vec<_> = (0..3).map(|hour| bar(hour, 1, 100, 100)).collect();
    let settings = Settings {
        size: Size::Equity(Ratio::ONE),
        spread_ticks: 200,
        fills: Fills::SameClose,
        ..Settings::new(
            vec![share("A", Qty::ONE)],
            plain_plan("USD", Money::whole(915)).unwrap(),
        )
    };
    let mut strategy = On(
        |context: &mut Context<'_>, _: &Closed| match context.time().0 / HOUR {
            1 => {
                context.long(A);
            }
            2 => {
                context.short(A);
            }
            _ => {}
        },
    );
    let sources = vec![Bars::new(A, &bars)];
    let outcome = run(&settings, sources, &mut strategy, &mut Unobserved).unwrap();
    assert_eq!(outcome.refusals, []);
    let expected = [
        (0, 1, "101".to_owned(), "8".to_owned()),
        (0, 2, "99".to_owned(), "-8".to_owned()),
    ];
    assert_eq!(fills(&outcome), expected);
}

/// Ten at the open of a bar of 10 after one of 400: what is displayed there is what was traded before, so ten slip
/// 40 x 10 / 400 ticks. At the first open of all nothing was: a lot is displayed, and one slips 40 ticks.
#[test]
fn an_open_displays_the_volume_of_the_bar_before_it() {
    let traded = |hour: u64, volume: i64| {
        let (end, flat) = bar(hour, 1, 100, 100);
        let volume = Qty::whole(volume);
        (end, Bar { volume, ..flat })
    };
    let bars = [traded(0, 400), traded(1, 10), traded(2, 1_000)];
    let slips = Instrument {
        liquidity: Liquidity::Paper(PaperModel {
            slippage: Slippage::Impact { ticks: 40 },
            ..PaperModel::default()
        }),
        ..free("A")
    };
    let settings = Settings::new(
        vec![slips],
        plain_plan("USD", Money::whole(10_000)).unwrap(),
    );
    let mut strategy = Shown::default();
    let sources = vec![Bars::new(A, &bars)];
    let outcome = run(&settings, sources, &mut strategy, &mut Unobserved).unwrap();
    let expected = [
        (0, 0, "100.4".to_owned(), "1".to_owned()),
        (0, 1, "100.01".to_owned(), "11".to_owned()),
    ];
    assert_eq!(fills(&outcome), expected);
    assert_eq!(strategy.0, [Qty::ONE, Qty::whole(400)]);
}

/// Buys one before the first bar and ten after it; what the quote displays when it is told of a fill.
#[derive(Debug, Default)]
struct Shown(Vec<Qty>);

impl Strategy for Shown {
    fn start(&mut self, context: &mut Context<'_>) {
        context.buy(A, Size::Units(Qty::ONE));
    }

    fn on_bar(&mut self, context: &mut Context<'_>, _: &Closed) {
        if context.time().0 == HOUR {
            context.buy(A, Size::Units(Qty::whole(10)));
        }
    }

    fn on_fill(&mut self, context: &mut Context<'_>, fill: &Fill) {
        let quote = context.quote(fill.instrument).unwrap();
        assert_eq!(quote.bid_qty, quote.ask_qty);
        self.0.push(quote.bid_qty);
    }
}
