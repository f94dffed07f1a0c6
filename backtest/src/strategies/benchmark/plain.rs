//! Buying in parts, and trading by chance.

use marketdata::generator::SplitMix64;

use crate::strategies::rule::{BARS, FULL, Rule, SIDE, Seen, Want, follow};
use crate::strategies::{Declared, Family, Page};
use crate::strategy::Parameter;

pub(in crate::strategies) const DOLLAR_COST: Declared = Declared {
    name: "dollar_cost",
    family: Family::Benchmark,
    about: "Buys a full position in equal parts, one every so many bars, and holds it.",
    page: Page {
        entry: "A part at the first bar and every `every` bars after it, until all of them are bought.",
        exit: "Never.",
        sizing: "The share of a full position grows by one part at a time; with a size in shares of equity that keeps \
                 the amounts about equal, with one in units the units.",
        source: "Benjamin Graham, The Intelligent Investor, 1949, on dollar-cost averaging.",
        risk: "In a market that rises it buys later than all at once would have.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("every", 21, 1, 10_000, "bars from one part to the next"),
        Parameter::integer("parts", 12, 1, 1_000, "parts of a full position"),
    ],
    build: |values| {
        Ok(follow(
            values,
            DollarCost {
                every: values.count("every"),
                parts: values.count("parts"),
                seen: 0,
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct DollarCost {
    every: usize,
    parts: usize,
    seen: usize,
}

impl Rule for DollarCost {
    fn next(&mut self, _: &Seen) -> Want {
        let place = self.seen;
        self.seen += 1;
        let bought = place / self.every + 1;
        if place.is_multiple_of(self.every) && bought <= self.parts {
            // Rounded up to the step of shares: a twelfth of twelve units is one of them.
            let share = bought as f64 / self.parts as f64;
            Want::Exposure((share * 1e9).ceil() / 1e9)
        } else {
            Want::Stay
        }
    }
}

pub(in crate::strategies) const RANDOM: Declared = Declared {
    name: "random",
    family: Family::Benchmark,
    about: "Changes its mind at random bars: what the costs of trading come to without any idea.",
    page: Page {
        entry: "At each close, with the chance `change`, it draws anew what it holds: long, short or nothing, each \
                with one chance in three.",
        exit: "At such a draw.",
        sizing: FULL,
        source: "The monkeys of Burton Malkiel, A Random Walk Down Wall Street, 1973. Numbers are of Guy Steele's \
                 SplitMix64 (2014), by the seed.",
        risk: "One seed proves nothing: look at the spread of many.",
    },
    needs: BARS,
    parameters: &[
        Parameter::integer("seed", 1, 0, i64::MAX, "what the draws come from"),
        Parameter::real("change", 0.05, 0.0, 1.0, "chance of a draw at a bar"),
        SIDE,
    ],
    build: |values| {
        Ok(follow(
            values,
            Random {
                draws: SplitMix64::new(values.integer("seed") as u64),
                change: values.real("change"),
            },
        ))
    },
};

#[derive(Debug, Clone)]
struct Random {
    draws: SplitMix64,
    change: f64,
}

impl Rule for Random {
    fn next(&mut self, _: &Seen) -> Want {
        let chance = (self.draws.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let side = self.draws.next_u64() % 3;
        if chance >= self.change {
            return Want::Stay;
        }
        match side {
            0 => Want::Flat,
            1 => Want::Long,
            _ => Want::Short,
        }
    }
}
