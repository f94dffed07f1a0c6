//! Several instruments: one against the others, and each against the mean of all.

use crate::indicator::ZScore;
use crate::strategies::panel::{Allocate, Allocation, Cadence, EVERY, GROSS, Rows};
use crate::strategies::rule::{Held, ordered};
use crate::strategies::{Data, Declared, Family, INSTRUMENTS_MAX, Needs, Page};
use crate::strategy::Parameter;

const SEVERAL: Needs = Needs::of(Data::Bars, 2, INSTRUMENTS_MAX);

pub(in crate::strategies) const BASKET: Declared = Declared {
    name: "basket",
    family: Family::Pairs,
    about: "Trades the first instrument against an equally weighted basket of the others.",
    page: Page {
        entry: "At a close at which the logarithm of the first, less the mean logarithm of the others, is more than \
                `entry` standard deviations off its mean of `window` bars.",
        exit: "When it is back within `leave` deviations on that side.",
        sizing: "`gross` of equity: half in the first, half in equal parts in the others, on opposite sides. If a leg \
                 is missing, all are left at once.",
        source: "Marco Avellaneda, Jeong-Hyun Lee, Statistical Arbitrage in the US Equities Market, 2010, trade a \
                 share against its sector; here betas are one and the score is that of a window.",
        risk: "The first may part from the others for good; costs grow with the number of legs.",
    },
    needs: SEVERAL,
    parameters: &[
        Parameter::integer("window", 60, 2, 10_000, "bars of mean and deviation"),
        Parameter::real("entry", 2.0, 0.1, 10.0, "deviations at which it enters"),
        Parameter::real(
            "leave",
            0.5,
            0.0,
            9.0,
            "deviations at which it leaves, below entry",
        ),
        GROSS,
    ],
    build: |values| {
        ordered(
            values,
            ["leave", "entry"],
            "leave, entry",
            "leave below entry",
        )?;
        Ok(Box::new(Allocation::new(Basket {
            score: ZScore::new(values.count("window"))?,
            entry: values.real("entry"),
            leave: values.real("leave"),
            gross: values.real("gross"),
        })))
    },
};

#[derive(Debug)]
struct Basket {
    score: ZScore,
    entry: f64,
    leave: f64,
    gross: f64,
}

impl Basket {
    /// `is_long`: the first.
    fn weights(&self, is_long: bool, count: usize) -> Vec<f64> {
        let half = if is_long {
            self.gross / 2.0
        } else {
            -self.gross / 2.0
        };
        let mut weights = vec![-half / (count - 1) as f64; count];
        weights[0] = half;
        weights
    }
}

impl Allocate for Basket {
    fn next(&mut self, closes: &[f64], held: &[Held]) -> Option<Vec<f64>> {
        let others = closes[1..].iter().map(|close| close.ln()).sum::<f64>();
        let spread = closes[0].ln() - others / (closes.len() - 1) as f64;
        let score = self.score.update(spread)?;
        if held.iter().all(|held| *held == Held::Flat) {
            return if score < -self.entry {
                Some(self.weights(true, closes.len()))
            } else if score > self.entry {
                Some(self.weights(false, closes.len()))
            } else {
                None
            };
        }
        let below = if held[0] == Held::Long { -score } else { score };
        let is_broken = held.contains(&Held::Flat);
        (is_broken || below <= self.leave).then(|| vec![0.0; closes.len()])
    }
}

pub(in crate::strategies) const CONTRARIAN: Declared = Declared {
    name: "contrarian",
    family: Family::Pairs,
    about: "Buys what did worse than the mean of all instruments and sells what did better.",
    page: Page {
        entry: "Every `every` bars, by the returns of the last `lookback` bars.",
        exit: "At the next rebalancing.",
        sizing: "Each in proportion to how far its return was below (long) or above (short) the mean of all; `gross` \
                 of equity together.",
        source: "Andrew Lo, Craig MacKinlay, When Are Contrarian Profits Due to Stock Market Overreaction?, 1990.",
        risk: "Turns the whole portfolio over at each rebalancing: few costs are small enough. Losers with a reason \
               go on losing.",
    },
    needs: SEVERAL,
    parameters: &[
        Parameter::integer("lookback", 1, 1, 10_000, "bars of the return"),
        Parameter {
            default: crate::strategy::Value::Integer(5),
            ..EVERY
        },
        GROSS,
    ],
    build: |values| {
        Ok(Box::new(Allocation::new(Contrarian {
            rows: Rows::new(values.count("lookback") + 1),
            cadence: Cadence::new(values.count("every")),
            gross: values.real("gross"),
        })))
    },
};

#[derive(Debug)]
struct Contrarian {
    rows: Rows,
    cadence: Cadence,
    gross: f64,
}

impl Allocate for Contrarian {
    fn next(&mut self, closes: &[f64], _: &[Held]) -> Option<Vec<f64>> {
        if !self.rows.push(closes) || !self.cadence.is_due() {
            return None;
        }
        let returns = self.rows.returns(0);
        let mean = returns.iter().sum::<f64>() / returns.len() as f64;
        let distance: f64 = returns.iter().map(|it| (it - mean).abs()).sum();
        if !distance.is_normal() {
            return Some(vec![0.0; closes.len()]);
        }
        Some(
            returns
                .iter()
                .map(|it| self.gross * (mean - it) / distance)
                .collect(),
        )
    }
}
