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

/// Sums of the newest closes.
#[derive(Debug)]
struct Averages {
    closes: Vec<Price>,
    /// Where the next close goes.
    next: usize,
    seen: usize,
    fast: i128,
    slow: i128,
    /// How fast compared with slow one bar ago.
    before: Option<std::cmp::Ordering>,
}

impl Averages {
    fn new(slow: usize) -> Self {
        Self {
            closes: vec![Price::ZERO; slow],
            next: 0,
            seen: 0,
            fast: 0,
            slow: 0,
            before: None,
        }
    }

    /// How the fast average compares with the slow one, now and one bar ago.
    fn add(&mut self, close: Price, fast: usize) -> Option<[std::cmp::Ordering; 2]> {
        let slow = self.closes.len();
        // Where the close of `fast` bars ago is, without a division.
        let place = if self.next >= fast {
            self.next - fast
        } else {
            self.next + slow - fast
        };
        let leaves_fast = self.closes[place];
        self.fast += i128::from(close.0) - i128::from(leaves_fast.0);
        self.slow += i128::from(close.0) - i128::from(self.closes[self.next].0);
        self.closes[self.next] = close;
        self.next = if self.next + 1 == slow {
            0
        } else {
            self.next + 1
        };
        self.seen += 1;
        if self.seen < slow {
            return None;
        }
        let now = (self.fast * slow as i128).cmp(&(self.slow * fast as i128));
        let before = self.before.replace(now);
        before.map(|before| [before, now])
    }
}

impl Strategy for SmaCross {
    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        if closed.frame != Frame::DATA {
            return;
        }
        let (fast, slow) = (self.fast, self.slow);
        let averages = self
            .averages
            .get_or_insert_with(closed.instrument, || Averages::new(slow));
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
