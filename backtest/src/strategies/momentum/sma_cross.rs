//! The cross of two simple moving averages.

use types::Price;

use crate::strategies::rule::{BARS, FULL};
use crate::strategies::{Declared, Family, Page};
use crate::strategy::{
    Closed, Context, Frame, Parameter, ParameterError, PerInstrument, Strategy, Values,
};

pub(in crate::strategies) const DECLARED: Declared = Declared {
    name: "sma_cross",
    family: Family::Momentum,
    about: "Long while the fast simple moving average of closes is above the slow one.",
    page: Page {
        entry: "At the close at which the fast average comes to be above the slow one: it must have been on or beyond \
                the other side one bar before, so where they stand on the first bar that both are known is no signal.",
        exit: "At the close at which it comes to be below; with both sides it goes short there.",
        sizing: FULL,
        source: "As old as charts; William Brock, Josef Lakonishok, Blake LeBaron, Simple Technical Trading Rules and \
                 the Stochastic Properties of Stock Returns, 1992. Averages are compared as sums of integers: two that \
                 are equal are equal.",
        risk: "Whipsaws in a market without trend; the slow average's lag is given back at every turn.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("fast", 10, 1, 1_000, "bars of the fast average"),
        Parameter::integer(
            "slow",
            30,
            2,
            10_000,
            "bars of the slow average, more than fast",
        ),
        Parameter::choice(
            "side",
            &["long", "both"],
            "whether a cross below only leaves or also goes short",
        ),
    ],
    build,
};

fn build(values: &Values) -> Result<Box<dyn Strategy>, ParameterError> {
    let (fast, slow) = (values.count("fast"), values.count("slow"));
    if fast >= slow {
        return Err(ParameterError::Together {
            names: "fast, slow",
            values: format!("{fast}, {slow}"),
            accepted: "fast below slow",
        });
    }
    Ok(Box::new(SmaCross {
        fast,
        slow,
        is_short_too: values.choice("side") == "both",
        averages: PerInstrument::default(),
    }))
}

#[derive(Debug)]
struct SmaCross {
    fast: usize,
    slow: usize,
    is_short_too: bool,
    averages: PerInstrument<Averages>,
}

/// The newest closes, and how far apart their averages are.
#[derive(Debug)]
struct Averages {
    closes: Vec<Price>,
    /// Where the next close goes, and where the one is that leaves the fast average.
    next: usize,
    oldest: usize,
    seen: usize,
    /// The fast average less the slow one, times both their lengths.
    gap: i128,
    /// How fast compared with slow one bar ago.
    before: Option<std::cmp::Ordering>,
}

impl Averages {
    fn new(fast: usize, slow: usize) -> Self {
        Self {
            closes: vec![Price::ZERO; slow],
            next: 0,
            oldest: slow - fast,
            seen: 0,
            gap: 0,
            before: None,
        }
    }

    /// How the fast average compares with the slow one, now and one bar ago.
    #[inline]
    fn add(&mut self, close: Price, fast: usize) -> Option<[std::cmp::Ordering; 2]> {
        let slow = self.closes.len();
        let leaves_fast = self.closes[self.oldest];
        let leaves_slow = std::mem::replace(&mut self.closes[self.next], close);
        // The sum of the fast closes counts as often as there are slow ones, and that of the slow as there are fast.
        let times = |price: Price, times: usize| i128::from(price.0) * i128::from(times as i64);
        self.gap += times(close, slow - fast) - times(leaves_fast, slow) + times(leaves_slow, fast);
        self.next = after(self.next, slow);
        self.oldest = after(self.oldest, slow);
        self.seen += 1;
        if self.seen < slow {
            return None;
        }
        let now = self.gap.cmp(&0);
        let before = self.before.replace(now);
        before.map(|before| [before, now])
    }
}

/// The next place of a ring of this length.
#[inline]
const fn after(place: usize, len: usize) -> usize {
    if place + 1 == len { 0 } else { place + 1 }
}

impl Strategy for SmaCross {
    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        if closed.frame != Frame::DATA {
            return;
        }
        let (fast, slow) = (self.fast, self.slow);
        let averages = self
            .averages
            .get_or_insert_with(closed.instrument, || Averages::new(fast, slow));
        let Some([before, now]) = averages.add(closed.bar.close, fast) else {
            return;
        };
        if before.is_le() && now.is_gt() {
            context.long(closed.instrument);
        } else if before.is_ge() && now.is_lt() {
            if self.is_short_too {
                context.short(closed.instrument);
            } else {
                context.flat(closed.instrument);
            }
        }
    }
}
