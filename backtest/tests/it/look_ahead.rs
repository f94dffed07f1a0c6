//! What a strategy does until a moment does not depend on what comes after it.

use backtest::outcome::{Executed, Outcome, Sample};
use backtest::run::{Bars, Fills, Made, Memory, Settings, Timed, Unobserved, plain_plan, run};
use backtest::strategy::{Closed, Context, Frame, Size, Strategy, Ticket, TimerId};
use marketdata::generator::{MinuteBars, SplitMix64};
use marketdata::history::{Basis, Edges};
use types::{
    Bar, BarPath, FeeSchedule, Fill, Instrument, InstrumentId, Liquidity, MarketData, MarketEvent,
    Money, OrderKind, PaperModel, Price, Qty, Ratio, Side, Slippage, TimestampNs, Trail,
};

use crate::world::{plain, quotes_of, share};

const ONE: InstrumentId = InstrumentId(0);

/// Uses every way to trade that there is, on what it sees.
#[derive(Debug)]
struct Busy {
    random: SplitMix64,
    newest: Option<Ticket>,
    heard: i64,
}

impl Strategy for Busy {
    fn start(&mut self, context: &mut Context<'_>) {
        let at = TimestampNs(context.time().0 + 3_600_000_000_000);
        context.set_timer(at, TimerId(1));
    }

    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        if closed.frame != Frame::DATA {
            return;
        }
        let close = closed.bar.close;
        let away = |ticks: i64| Price(close.0 + ticks * 10_000_000);
        let qty = Qty::ONE;
        let drawn = self.random.next_u64() ^ close.0.cast_unsigned();
        match drawn % 24 {
            0 => _ = context.long(ONE),
            1 => _ = context.short(ONE),
            2 => _ = context.flat(ONE),
            3 => _ = context.weigh(ONE, 0.3),
            4 => _ = context.expose(ONE, -2.0),
            5 => _ = context.bracket(ONE, Side::Buy, qty, away(400), away(-400)),
            6 => _ = context.bracket(ONE, Side::Sell, qty, away(-300), away(500)),
            7 => self.newest = Some(context.limit(ONE, Side::Buy, qty, away(-200))),
            8 => self.newest = Some(context.stop(ONE, Side::Sell, qty, away(-500))),
            9 => {
                let trail = Trail::Percent(Ratio::percent(1));
                _ = context.trailing_stop(ONE, Side::Sell, qty, trail);
            }
            10 => {
                if let Some(newest) = self.newest.take() {
                    context.cancel(newest);
                }
            }
            11 if drawn.is_multiple_of(5) => context.cancel_all(None),
            12 => {
                if let Some(newest) = self.newest {
                    context.amend(newest, None, Some(away(-100)), None);
                }
            }
            _ => {}
        }
    }

    fn on_fill(&mut self, context: &mut Context<'_>, fill: &Fill) {
        self.heard += fill.qty.0;
        if self.heard.unsigned_abs().is_multiple_of(7) {
            let kind = OrderKind::Limit {
                price: Price(fill.price.0 + 1_000_000_000),
            };
            let order = context.new_order(ONE, Side::Sell, kind, Qty::ONE);
            context.order(order);
        }
    }

    fn on_timer(&mut self, context: &mut Context<'_>, timer: TimerId) {
        context.note(format!("{:?}", context.equity()));
        context.buy(ONE, Size::Notional(Money::whole(30_000)));
        let at = TimestampNs(context.time().0 + 5_400_000_000_000);
        context.set_timer(at, timer);
    }
}

fn outcome(bars: &[(TimestampNs, Bar)], fills: Fills) -> Outcome {
    let mut plan = plain_plan("USD", Money::whole(1_000_000)).unwrap();
    plan.terms.funding = types::Funding::Margin {
        rate_min: Ratio::percent(20),
    };
    let settings = Settings {
        fills,
        ..Settings::new(vec![share("SYN", Qty::ONE)], plan)
    };
    let mut strategy = Busy {
        random: SplitMix64::new(3),
        newest: None,
        heard: 0,
    };
    let source = Bars::new(ONE, bars);
    run(&settings, vec![source], &mut strategy, &mut Unobserved).unwrap()
}

/// The bars, from `from` on in another order and at the times of those that they replace.
fn shuffled(bars: &[(TimestampNs, Bar)], from: usize, seed: u64) -> Vec<(TimestampNs, Bar)> {
    let mut random = SplitMix64::new(seed);
    let mut mixed = bars.to_vec();
    for place in (from + 1..mixed.len()).rev() {
        let span = (place - from + 1) as u64;
        let other = from + (random.next_u64() % span) as usize;
        mixed.swap(place, other);
    }
    for ((ts, bar), (at, original)) in mixed.iter_mut().zip(bars) {
        (*ts, bar.start) = (*at, original.start);
    }
    mixed
}

/// What was until a moment.
fn until(outcome: &Outcome, end: TimestampNs) -> (Vec<Sample>, Vec<Executed>) {
    let samples = outcome.samples.iter().filter(|it| it.ts <= end);
    let fills = outcome.fills.iter().filter(|it| it.ts < end);
    (samples.copied().collect(), fills.copied().collect())
}

#[test]
fn the_past_is_the_same_whatever_comes_after_it() {
    let bars: Vec<_> = MinuteBars::new(42).take(2_000).collect();
    for fills in [Fills::NextOpen, Fills::SameClose, Fills::NextClose] {
        let whole = outcome(&bars, fills);
        assert!(whole.fills.len() > 300, "{}", whole.fills.len());
        assert!(whole.counts.cancelled > 20 && whole.notes.len() > 15);
        for cut in [1, 2, 37, 500, 1_337, 1_999] {
            let end = bars[cut - 1].0;
            let known = until(&whole, end);
            assert_eq!(known.0.len(), cut);
            let short = outcome(&bars[..cut], fills);
            assert_eq!(until(&short, end), known, "{fills:?}, the first {cut}");
            let other = outcome(&shuffled(&bars, cut, cut as u64), fills);
            assert_eq!(
                until(&other, end),
                known,
                "{fills:?}, {cut} and then others"
            );
        }
    }
}

/// Buys before each bar that closes higher: what no strategy can, so the test makes it from the future.
#[derive(Debug)]
pub(crate) struct Oracle {
    pub(crate) rises: Vec<bool>,
    pub(crate) at: usize,
}

impl Strategy for Oracle {
    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        self.at += 1;
        if self.rises.get(self.at) == Some(&true) {
            context.long(closed.instrument);
        } else {
            context.flat(closed.instrument);
        }
    }
}

#[test]
fn the_test_sees_who_knows_the_future() {
    let bars: Vec<_> = MinuteBars::new(42).take(400).collect();
    let run_on = |bars: &[(TimestampNs, Bar)]| {
        let rises = bars.iter().map(|(_, bar)| bar.close > bar.open);
        let mut strategy = Oracle {
            rises: rises.collect(),
            at: 0,
        };
        let plan = plain_plan("USD", Money::whole(1_000_000)).unwrap();
        let settings = Settings::new(vec![share("SYN", Qty::ONE)], plan);
        let source = Bars::new(ONE, bars);
        run(&settings, vec![source], &mut strategy, &mut Unobserved).unwrap()
    };
    let cut = 200;
    let end = bars[cut].0;
    let differs = (0..8).any(|seed| {
        let other = shuffled(&bars, cut, seed);
        until(&run_on(&other), end).1 != until(&run_on(&bars), end).1
    });
    assert!(differs);
}

/// Writes down everything that it is shown, and trades by it.
#[derive(Debug, Default)]
struct Clerk {
    shown: Vec<(TimestampNs, String)>,
}

impl Clerk {
    fn write(&mut self, context: &mut Context<'_>, what: &str) {
        let seen = [InstrumentId(0), InstrumentId(1)].map(|instrument| {
            let (quote, held) = (context.quote(instrument), context.position(instrument));
            format!("{quote:?} {held:?}")
        });
        let text = format!("{what} {seen:?} {:?}", context.equity());
        let sum = text.bytes().fold(0_u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        });
        self.shown.push((context.time(), text));
        let instrument = InstrumentId((sum % 2) as u32);
        match sum % 11 {
            0 => _ = context.long(instrument),
            1 => _ = context.short(instrument),
            2 => _ = context.flat(instrument),
            3 => _ = context.weigh(instrument, 0.25),
            _ => {}
        }
    }
}

impl Strategy for Clerk {
    fn start(&mut self, context: &mut Context<'_>) {
        context.set_timer(context.time(), TimerId(0));
    }

    fn on_fill(&mut self, context: &mut Context<'_>, fill: &Fill) {
        self.write(context, &format!("{fill:?}"));
    }

    fn on_timer(&mut self, context: &mut Context<'_>, timer: TimerId) {
        self.write(context, "a timer");
        let at = TimestampNs(context.time().0 + 17_000_000_000);
        context.set_timer(at, timer);
    }

    fn on_market(&mut self, context: &mut Context<'_>, event: &MarketEvent) {
        self.write(context, &format!("{event:?}"));
    }

    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        self.write(context, &format!("{closed:?}"));
    }
}

/// What a clerk was shown before `end`, and what it traded then.
fn written(
    settings: &Settings,
    events: &[Timed],
    end: TimestampNs,
) -> (Vec<(TimestampNs, String)>, Vec<Executed>) {
    let mut clerk = Clerk::default();
    let source = Memory::new(events);
    let outcome = run(settings, vec![source], &mut clerk, &mut Unobserved).unwrap();
    let shown = clerk.shown.into_iter().filter(|(ts, _)| *ts < end);
    let fills = outcome.fills.iter().filter(|it| it.ts < end);
    (shown.collect(), fills.copied().collect())
}

/// The events, what they say from `from` on in another order, each instrument's at its own times. Bars keep their times, and
/// those that are open then their opens.
fn mixed(events: &[Timed], from: usize, seed: u64) -> Vec<Timed> {
    let mut random = SplitMix64::new(seed);
    let mut other = events.to_vec();
    for instrument in [InstrumentId(0), InstrumentId(1)] {
        let own: Vec<_> = (from..events.len())
            .filter(|place| events[*place].event.instrument == instrument)
            .collect();
        for last in (1..own.len()).rev() {
            let place = (random.next_u64() % (last as u64 + 1)) as usize;
            let data = other[own[last]].event.data.clone();
            other[own[last]].event.data = other[own[place]].event.data.clone();
            other[own[place]].event.data = data;
        }
    }
    for (timed, original) in other.iter_mut().zip(events) {
        if let (MarketData::Bar(bar), MarketData::Bar(own)) =
            (&mut timed.event.data, &original.event.data)
        {
            bar.start = own.start;
            if own.start < events[from].ts {
                bar.open = own.open;
                bar.high = bar.high.max(bar.open);
                bar.low = bar.low.min(bar.open);
            }
        }
    }
    other
}

/// The first event at or after a place that is later than the one before it.
fn boundary(events: &[Timed], place: usize) -> usize {
    let later = |at: &usize| events[*at].ts > events[at - 1].ts;
    (place.max(1)..events.len()).find(later).unwrap()
}

fn the_past_stays(settings: &Settings, events: &[Timed], cuts: &[usize], fills_min: usize) {
    let all = written(settings, events, TimestampNs(u64::MAX));
    assert!(all.1.len() >= fills_min, "{} fills", all.1.len());
    for cut in cuts {
        let cut = boundary(events, *cut);
        // Of a bar that is open only the open is known.
        let end = events[cut].ts;
        let known = written(settings, events, end);
        assert!(!known.0.is_empty());
        let other = mixed(events, cut, cut as u64);
        assert_ne!(other, events);
        assert_eq!(
            written(settings, &other, end),
            known,
            "{cut} and then others"
        );
    }
}

/// Quotes and prints of two coins, bars of a second and of ten made of them: at once, and with the next event.
#[test]
fn the_past_of_quotes_is_the_same_whatever_comes_after_it() {
    let (coins, events) = quotes_of(2, 6_000);
    for fills in [Fills::Market, Fills::NextOpen] {
        let second = 1_000_000_000;
        let settings = Settings {
            fills,
            bars: Some(Made {
                edges: Edges::Epoch { every: second },
                basis: Basis::Mid,
            }),
            frames: vec![Edges::Epoch { every: 10 * second }],
            ..plain(coins.clone(), 10_000_000)
        };
        the_past_stays(&settings, &events, &[10, 1_000, 5_500], 100);
    }
}

/// Bars of a minute of two instruments, and of an hour made of them.
#[test]
fn the_past_of_two_instruments_is_the_same_whatever_comes_after_it() {
    let mut events = Vec::new();
    for (place, seed) in [(0, 42), (1, 7)] {
        events.extend(MinuteBars::new(seed).take(1_500).map(|(ts, bar)| Timed {
            ts,
            event: MarketEvent {
                instrument: InstrumentId(place),
                ts_event: ts,
                data: MarketData::Bar(bar),
            },
        }));
    }
    events.sort_by_key(|timed| timed.ts);
    let shares = vec![share("ONE", Qty::ONE), share("TWO", Qty::ONE)];
    for fills in [Fills::NextOpen, Fills::SameClose, Fills::NextClose] {
        let settings = Settings {
            fills,
            frames: vec![Edges::Epoch {
                every: 3_600_000_000_000,
            }],
            ..plain(shares.clone(), 1_000_000)
        };
        the_past_stays(&settings, &events, &[3, 700, 2_900], 100);
    }
}

/// Bars of a minute and of an hour, of two instruments, and of 90 minutes made of them.
#[test]
fn the_past_of_two_lengths_is_the_same_whatever_comes_after_it() {
    let hours = by_the_hour(&MinuteBars::new(7).take(3_000).collect::<Vec<_>>());
    let minutes = MinuteBars::new(42).take(3_000);
    let mut events: Vec<_> = minutes.map(|(ts, bar)| timed(ONE, ts, bar)).collect();
    let hours = hours.into_iter();
    events.extend(hours.map(|(ts, bar)| timed(InstrumentId(1), ts, bar)));
    events.sort_by_key(|timed| timed.ts);
    let slips = |symbol| Instrument {
        liquidity: Liquidity::Paper(PaperModel {
            bars: BarPath::Walked,
            slippage: Slippage::Impact { ticks: 9 },
            ..PaperModel::default()
        }),
        ..share(symbol, Qty::ONE)
    };
    for fills in [Fills::NextOpen, Fills::SameClose, Fills::NextClose] {
        let settings = Settings {
            fills,
            size: Size::Equity(Ratio::percent(30)),
            frames: vec![Edges::Epoch {
                every: 5_400_000_000_000,
            }],
            ..plain(vec![slips("ONE"), slips("TWO")], 1_000_000)
        };
        the_past_stays(&settings, &events, &[3, 59, 700, 1_511, 2_900], 100);
    }
}

/// Bars of a minute, and of an hour of another instrument: in files of their own, and in one.
#[test]
fn orders_fill_at_opens_that_come_after_them() {
    let minutes: Vec<_> = MinuteBars::new(42).take(6_000).collect();
    let hours = by_the_hour(&MinuteBars::new(7).take(6_000).collect::<Vec<_>>());
    let known = [&minutes, &hours];
    let [own, other] = [0, 1].map(|place: u32| {
        let bars = known[place as usize].iter();
        bars.map(|&(ts, bar)| timed(InstrumentId(place), ts, bar))
            .collect::<Vec<_>>()
    });
    let mut both = [own.clone(), other.clone()].concat();
    both.sort_by_key(|timed| timed.ts);
    let free = |symbol| Instrument {
        fees: FeeSchedule::default(),
        ..share(symbol, Qty::ONE)
    };
    let settings = plain(vec![free("ONE"), free("TWO")], 1_000_000);
    let of = |events: &[&[Timed]]| {
        let mut clerk = Clerk::default();
        let sources = events.iter().map(|events| Memory::new(events));
        let outcome = run(&settings, sources.collect(), &mut clerk, &mut Unobserved).unwrap();
        (clerk.shown, outcome)
    };
    let (shown, apart) = of(&[&own, &other]);
    for (instrument, bars) in (0..).map(InstrumentId).zip(known) {
        let fills = apart.fills.iter();
        let mut fills: Vec<_> = fills
            .filter(|it| it.fill.instrument == instrument)
            .collect();
        assert!(fills.len() >= 40, "{} of {instrument:?}", fills.len());
        fills.retain(|it| {
            let at = bars.iter().find(|(_, bar)| bar.start == it.ts);
            at.is_none_or(|(_, bar)| bar.open != it.fill.price)
        });
        assert_eq!(fills, Vec::<&Executed>::new());
    }
    assert_eq!(of(&[&both]), (shown, apart));
}

fn timed(instrument: InstrumentId, ts: TimestampNs, bar: Bar) -> Timed {
    Timed {
        ts,
        event: MarketEvent {
            instrument,
            ts_event: ts,
            data: MarketData::Bar(bar),
        },
    }
}

/// The hours that bars of a minute make.
fn by_the_hour(minutes: &[(TimestampNs, Bar)]) -> Vec<(TimestampNs, Bar)> {
    let hour = |bar: &Bar| bar.start.0 / 3_600_000_000_000;
    let hours = minutes.chunk_by(|(_, one), (_, other)| hour(one) == hour(other));
    let made = hours.map(|minutes| {
        let (end, last) = minutes[minutes.len() - 1];
        let bars = || minutes.iter().map(|(_, bar)| bar);
        let volume = bars().map(|bar| bar.volume.0).sum();
        let bar = Bar {
            high: bars().map(|bar| bar.high).max().unwrap(),
            low: bars().map(|bar| bar.low).min().unwrap(),
            close: last.close,
            volume: Qty(volume),
            ..minutes[0].1
        };
        (end, bar)
    });
    made.collect()
}
