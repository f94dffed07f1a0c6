//! What a strategy does until a moment does not depend on what comes after it.

use backtest::outcome::{Executed, Outcome, Sample};
use backtest::run::{Bars, Fills, Settings, Unobserved, plain_plan, run};
use backtest::strategy::{Closed, Context, Frame, Size, Strategy, Ticket, TimerId};
use marketdata::generator::{MinuteBars, SplitMix64};
use types::{
    Bar, Fill, InstrumentId, Money, OrderKind, Price, Qty, Ratio, Side, TimestampNs, Trail,
};

use crate::world::share;

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
struct Oracle {
    rises: Vec<bool>,
    at: usize,
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
