//! The stronger of several instruments.

use crate::strategies::panel::{Allocate, Allocation, Cadence, EVERY, GROSS, Rows};
use crate::strategies::rule::Held;
use crate::strategies::{Data, Declared, Family, INSTRUMENTS_MAX, Needs, Page};
use crate::strategy::Parameter;

const SEVERAL: Needs = Needs::of(Data::Bars, 2, INSTRUMENTS_MAX);

pub(in crate::strategies) const DUAL_MOMENTUM: Declared = Declared {
    name: "dual_momentum",
    family: Family::Momentum,
    about: "Holds the strongest of several instruments, and nothing while even that one lost.",
    page: Page {
        entry: "Every `every` bars: the instrument with the best return over `lookback` bars, if that is above `cash`.",
        exit: "At a rebalancing at which another one is the best, or none is above `cash`.",
        sizing: "`gross` of equity in one instrument.",
        source: "Gary Antonacci, Dual Momentum Investing, 2014: relative and absolute momentum of 12 months, monthly; \
                 bills, which he holds otherwise, are an instrument here if they are to be held.",
        risk: "All in one instrument; a crash within a month is held, and a rebound is missed.",
    },
    needs: SEVERAL,
    parameters: &[
        Parameter::integer("lookback", 252, 1, 10_000, "bars of the return"),
        EVERY,
        Parameter::real(
            "cash",
            0.0,
            -1.0,
            10.0,
            "return over the lookback that the best one must be above",
        ),
        GROSS,
    ],
    build: |values| {
        Ok(Box::new(Allocation::new(DualMomentum {
            rows: Rows::new(values.count("lookback") + 1),
            cadence: Cadence::new(values.count("every")),
            cash: values.real("cash"),
            gross: values.real("gross"),
        })))
    },
};

#[derive(Debug)]
struct DualMomentum {
    rows: Rows,
    cadence: Cadence,
    cash: f64,
    gross: f64,
}

impl Allocate for DualMomentum {
    fn next(&mut self, closes: &[f64], held: &[Held]) -> Option<Vec<f64>> {
        if !self.rows.push(closes) || !self.cadence.is_due() {
            return None;
        }
        let returns = self.rows.returns(0);
        let best = strongest(&returns)?;
        let mut weights = vec![0.0; closes.len()];
        if returns[best] > self.cash {
            // What is held already stays as large as it has become.
            if held[best] == Held::Long {
                return None;
            }
            weights[best] = self.gross;
        }
        Some(weights)
    }
}

/// The place of the largest; of equal ones the first.
fn strongest(returns: &[f64]) -> Option<usize> {
    (0..returns.len()).reduce(|best, place| {
        if returns[place] > returns[best] {
            place
        } else {
            best
        }
    })
}

pub(in crate::strategies) const RELATIVE_STRENGTH: Declared = Declared {
    name: "relative_strength",
    family: Family::Momentum,
    about: "Long the winners of several instruments, short the losers.",
    page: Page {
        entry: "Every `every` bars: long the `top` instruments with the best return over `lookback` bars that ended \
                `skip` bars ago, short as many with the worst.",
        exit: "At a rebalancing at which an instrument is in neither group.",
        sizing: "`gross` of equity, half of it long and half of it short, in equal parts. With fewer than twice `top` \
                 instruments the groups are as large as half of them.",
        source: "Narasimhan Jegadeesh, Sheridan Titman, Returns to Buying Winners and Selling Losers, 1993; they hold \
                 overlapping portfolios, here one is held at a time.",
        risk: "Momentum crashes: losers that are sold short rebound most when a market turns.",
    },
    needs: SEVERAL,
    parameters: &[
        Parameter::integer("lookback", 126, 1, 10_000, "bars of the return"),
        Parameter::integer("skip", 5, 0, 1_000, "newest bars that do not count"),
        Parameter::integer("top", 1, 1, 32, "instruments in each group"),
        EVERY,
        GROSS,
    ],
    build: |values| {
        Ok(Box::new(Allocation::new(RelativeStrength {
            rows: Rows::new(values.count("lookback") + values.count("skip") + 1),
            skip: values.count("skip"),
            top: values.count("top"),
            cadence: Cadence::new(values.count("every")),
            gross: values.real("gross"),
        })))
    },
};

#[derive(Debug)]
struct RelativeStrength {
    rows: Rows,
    skip: usize,
    top: usize,
    cadence: Cadence,
    gross: f64,
}

impl Allocate for RelativeStrength {
    fn next(&mut self, closes: &[f64], _: &[Held]) -> Option<Vec<f64>> {
        if !self.rows.push(closes) || !self.cadence.is_due() {
            return None;
        }
        let returns = self.rows.returns(self.skip);
        let mut places: Vec<usize> = (0..closes.len()).collect();
        // Stable: of equal returns the first instrument is the stronger.
        places.sort_by(|one, other| returns[*other].total_cmp(&returns[*one]));
        let top = self.top.min(closes.len() / 2);
        let part = self.gross / 2.0 / top as f64;
        let mut weights = vec![0.0; closes.len()];
        for place in &places[..top] {
            weights[*place] = part;
        }
        for place in &places[closes.len() - top..] {
            weights[*place] = -part;
        }
        Some(weights)
    }
}
