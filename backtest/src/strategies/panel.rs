//! Strategies of several instruments that look at bars: closes of one time, and weights that are wanted after them.

use std::collections::VecDeque;
use std::fmt;

use types::{InstrumentId, Money, Qty};

use super::rule::{Held, held, units};
use crate::strategy::{Closed, Context, Frame, Parameter, Strategy};

/// How much of equity is held in all.
pub(super) const GROSS: Parameter = Parameter::real(
    "gross",
    0.95,
    0.01,
    10.0,
    "what is held in all, shorts counted as longs, as a share of equity",
);

/// How often weights are set anew.
pub(super) const EVERY: Parameter = Parameter::integer(
    "every",
    21,
    1,
    10_000,
    "bars from one rebalancing to the next",
);

/// What decides after bars of all instruments that end at one time.
pub(super) trait Allocate: fmt::Debug + 'static {
    /// `closes` and `held` are in the order of the instruments; so are the weights, shares of equity below zero for
    /// shorts, or nothing to stay as it is.
    fn next(&mut self, closes: &[f64], held: &[Held]) -> Option<Vec<f64>>;
}

/// Follows an [`Allocate`]. A time at which an instrument has no bar is passed over.
#[derive(Debug)]
pub(super) struct Allocation<A> {
    rule: A,
    /// Closes of the bars that end now.
    closes: Vec<Option<f64>>,
    /// Whether weights are shares of full positions, not of equity.
    is_of_full: bool,
}

impl<A: Allocate> Allocation<A> {
    pub(super) const fn new(rule: A) -> Self {
        Self {
            rule,
            closes: Vec::new(),
            is_of_full: false,
        }
    }

    /// With weights that are shares of a full position of each instrument.
    pub(super) const fn of_full_positions(rule: A) -> Self {
        Self {
            rule,
            closes: Vec::new(),
            is_of_full: true,
        }
    }
}

impl<A: Allocate> Strategy for Allocation<A> {
    fn start(&mut self, context: &mut Context<'_>) {
        self.closes = vec![None; context.instruments().len()];
    }

    fn on_bar(&mut self, _: &mut Context<'_>, closed: &Closed) {
        if closed.frame == Frame::DATA
            && let Some(close) = self.closes.get_mut(closed.instrument.0 as usize)
        {
            *close = Some(units(closed.bar.close));
        }
    }

    fn after_bars(&mut self, context: &mut Context<'_>) {
        let closes: Option<Vec<f64>> = self.closes.iter().copied().collect();
        self.closes.fill(None);
        let Some(closes) = closes else {
            return;
        };
        let ids = (0..closes.len() as u32).map(InstrumentId);
        let held: Vec<_> = ids.map(|id| held(context, id)).collect();
        if let Some(weights) = self.rule.next(&closes, &held) {
            if self.is_of_full {
                for (id, weight) in (0..).map(InstrumentId).zip(&weights) {
                    context.expose(id, *weight);
                }
            } else {
                weigh(context, &closes, &weights);
            }
        }
    }
}

/// Asks for weights: those that become smaller first, so that they pay for the others.
fn weigh(context: &mut Context<'_>, closes: &[f64], weights: &[f64]) {
    let equity = context.equity().0 as f64 / Money::ONE.0 as f64;
    let mut changes: Vec<(f64, InstrumentId, f64)> = Vec::new();
    for (place, (close, weight)) in closes.iter().zip(weights).enumerate() {
        let id = InstrumentId(place as u32);
        let size = context.instrument(id).map(|it| it.contract_size.0 as f64);
        let size = size.unwrap_or(0.0) / Qty::ONE.0 as f64;
        let is_held = context.units(id) * size * close / equity.max(f64::MIN_POSITIVE);
        let is_flat = context.is_flat(id) && !context.is_pending(id);
        if *weight != 0.0 || !is_flat {
            changes.push((weight.abs() - is_held.abs(), id, *weight));
        }
    }
    changes.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (_, id, weight) in changes {
        if weight == 0.0 {
            context.flat(id);
        } else {
            context.weigh(id, weight);
        }
    }
}

/// The newest rows of closes.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    rows: VecDeque<Vec<f64>>,
    count: usize,
}

impl Rows {
    pub(super) const fn new(count: usize) -> Self {
        Self {
            rows: VecDeque::new(),
            count,
        }
    }

    /// Takes a row; whether there are as many as were asked for.
    pub(super) fn push(&mut self, closes: &[f64]) -> bool {
        if self.rows.len() == self.count {
            self.rows.pop_front();
        }
        self.rows.push_back(closes.to_vec());
        self.rows.len() == self.count
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.rows.iter().map(Vec::as_slice)
    }

    /// The return of each instrument from the oldest row to the one that came `skip` rows before the newest.
    pub(super) fn returns(&self, skip: usize) -> Vec<f64> {
        let last = self.rows.len().saturating_sub(1 + skip);
        let (Some(first), Some(last)) = (self.rows.front(), self.rows.get(last)) else {
            return Vec::new();
        };
        let pairs = first.iter().zip(last);
        pairs.map(|(first, last)| last / first - 1.0).collect()
    }
}

/// Lets one of so many through, the first one included.
#[derive(Debug, Clone)]
pub(super) struct Cadence {
    every: usize,
    seen: usize,
}

impl Cadence {
    pub(super) const fn new(every: usize) -> Self {
        Self { every, seen: 0 }
    }

    pub(super) fn is_due(&mut self) -> bool {
        let is_due = self.seen == 0;
        self.seen = (self.seen + 1) % self.every;
        is_due
    }
}
