//! A strategy that does what a [`Recipe`] says.

use std::collections::VecDeque;

use types::{Fill, InstrumentId, ListKind, NewOrder, OrderId, OrderKind, Price, Side, TriggerOn};

use super::condition::{Condition, Operand};
use super::{CLOSE, Distance, FIELDS, Indicator, Recipe, Sided, Sizing, Unit};
use crate::indicator::{Bar, Feed, Sample};
use crate::strategies::{Held, figures, held, units};
use crate::strategy::{Closed, Context, PerInstrument, Strategy, Ticket};

const DAY_NS: u64 = 86_400_000_000_000;

#[derive(Debug)]
pub(super) struct Followed {
    recipe: Recipe,
    /// Rows of figures that are kept: the newest, the one before, and what is looked back at.
    rows: usize,
    states: PerInstrument<State>,
    /// Bars of the data that ended now, where longer ones that end with them are seen first.
    ended: Vec<Closed>,
}

/// What is known of an instrument.
#[derive(Debug)]
struct State {
    feeds: Vec<Feed>,
    /// By length: figures by slot at the newest of the longer bars, and its UTC day.
    longer: Vec<(Vec<Option<f64>>, Option<u64>)>,
    /// Figures by slot, newest first.
    rows: VecDeque<Vec<Option<f64>>>,
    /// The UTC day of the newest bar.
    day: Option<u64>,
    entry: Option<Entry>,
    /// The working stop and target.
    exits: Option<Ticket>,
    /// Distances of the bar at which an entry was asked for.
    asked: Distances,
}

#[derive(Debug, Clone, Copy, Default)]
struct Distances {
    loss: Option<f64>,
    profit: Option<f64>,
    trailing: Option<f64>,
}

/// A position that is held, in the unit of prices.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The order that it came from, its sign, and how much of it was heard of.
    order: OrderId,
    sign: i64,
    qty: i64,
    /// What was paid on average.
    price: f64,
    /// The best close since, or the price.
    best: f64,
    bars: u64,
    distances: Distances,
    /// Where the stop order is.
    stop: Option<Price>,
}

impl Entry {
    /// Where the stop is: the nearer one of that from the price and that from the best close.
    fn stop_level(&self, sign: f64) -> Option<f64> {
        let from_price = self.distances.loss.map(|loss| self.price - sign * loss);
        let from_best = self.distances.trailing.map(|far| self.best - sign * far);
        match (from_price, from_best) {
            (Some(one), Some(other)) if sign * one < sign * other => Some(other),
            (Some(one), _) => Some(one),
            (None, other) => other,
        }
    }

    fn target_level(&self, sign: f64) -> Option<f64> {
        let profit = self.distances.profit?;
        Some(self.price + sign * profit)
    }
}

impl Followed {
    pub(super) fn new(recipe: Recipe) -> Self {
        let sides = recipe.long.iter().chain(&recipe.short);
        let conditions = sides.flat_map(|side| std::iter::once(&side.enter).chain(&side.exit));
        let looks = conditions.map(Condition::look_back);
        let stops = [
            &recipe.stops.loss,
            &recipe.stops.profit,
            &recipe.stops.trailing,
        ];
        let distances = stops.into_iter().flatten().map(|distance| match distance {
            Distance::Figure(Operand::Series { ago, .. }) => *ago,
            _ => 0,
        });
        let rows = 1 + looks.chain(distances).max().unwrap_or(0);
        Self {
            recipe,
            rows,
            states: PerInstrument::default(),
            ended: Vec::new(),
        }
    }

    /// A longer bar ends.
    fn see_longer(&mut self, context: &Context<'_>, closed: &Closed, length: usize) {
        let recipe = &self.recipe;
        let bar = bar_of(context, closed, recipe.unit);
        let state = self
            .states
            .get_or_insert_with(closed.instrument, || State::new(recipe));
        let day = closed.bar.start.0 / DAY_NS;
        let Some((row, known)) = state.longer.get_mut(length) else {
            return;
        };
        let session_begins = known.replace(day) != Some(day);
        row[..FIELDS.len()].copy_from_slice(&fields(&bar));
        let indicators = recipe.indicators.iter().zip(&mut state.feeds);
        for (indicator, feed) in indicators.filter(|(it, _)| it.length == Some(length)) {
            take(indicator, feed, row, (&bar, session_begins));
        }
    }
}

/// A bar in the unit of the recipe's prices.
fn bar_of(context: &Context<'_>, closed: &Closed, unit: Unit) -> Bar {
    let mut bar = figures(&closed.bar);
    if let Unit::Ticks = unit {
        let scale = scale(context, closed.instrument, unit);
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
            *price = (*price * scale).round();
        }
    }
    bar
}

/// What every bar has, in the order of [`FIELDS`].
fn fields(bar: &Bar) -> [Option<f64>; FIELDS.len()] {
    let fields = [
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.typical(),
    ];
    fields.map(Some)
}

/// An indicator takes its figures of a row, and leaves its own there. One of another indicator begins with the first figure
/// of that.
fn take(
    indicator: &Indicator,
    feed: &mut Feed,
    row: &mut [Option<f64>],
    (bar, session_begins): (&Bar, bool),
) {
    let (Some(of), Some(other)) = (
        row[indicator.of],
        indicator.other.map_or(Some(0.0), |at| row[at]),
    ) else {
        return;
    };
    let sample = Sample {
        bar: Bar { close: of, ..*bar },
        other,
        session_begins,
    };
    let outputs = feed.update(&sample);
    row[indicator.slot..][..outputs.len()].copy_from_slice(outputs);
}

impl State {
    fn new(recipe: &Recipe) -> Self {
        let indicators = recipe.indicators.iter();
        // They were built when the file was read; what does not build has no figures.
        let feeds = indicators.filter_map(|it| it.entry.build(&it.parameters).ok());
        Self {
            feeds: feeds.collect(),
            longer: vec![(vec![None; recipe.slots()], None); recipe.lengths.len()],
            rows: VecDeque::new(),
            day: None,
            entry: None,
            exits: None,
            asked: Distances::default(),
        }
    }

    fn see(&mut self, recipe: &Recipe, bar: &Bar, day: u64, rows: usize) {
        let session_begins = self.day.replace(day) != Some(day);
        let mut row = if self.rows.len() >= rows {
            self.rows.pop_back().unwrap_or_default()
        } else {
            Vec::new()
        };
        row.clear();
        row.extend(fields(bar));
        row.resize(recipe.slots(), None);
        for (indicator, feed) in recipe.indicators.iter().zip(&mut self.feeds) {
            match indicator.length {
                None => take(indicator, feed, &mut row, (bar, session_begins)),
                Some(length) => {
                    let ends = indicator.slot..indicator.slot + indicator.entry.outputs.len();
                    row[ends.clone()].copy_from_slice(&self.longer[length].0[ends]);
                }
            }
        }
        self.rows.push_front(row);
    }

    fn figure(&self, slot: usize, ago: usize) -> Option<f64> {
        *self.rows.get(ago)?.get(slot)?
    }

    fn holds(&self, condition: &Condition) -> bool {
        condition.holds(&|slot, ago| self.figure(slot, ago))
    }

    fn distance(&self, distance: Option<&Distance>, price: f64) -> Option<f64> {
        let length = match distance? {
            Distance::Share(share) => share * price.abs(),
            Distance::Figure(operand) => operand.value(0, &|slot, ago| self.figure(slot, ago))?,
        };
        (length > 0.0).then_some(length)
    }

    fn distances(&self, recipe: &Recipe, price: f64) -> Distances {
        let stops = &recipe.stops;
        Distances {
            loss: self.distance(stops.loss.as_ref(), price),
            profit: self.distance(stops.profit.as_ref(), price),
            trailing: self.distance(stops.trailing.as_ref(), price),
        }
    }

    /// A bar ends with a position held: its stop follows the best close. Whether the position has to be left now:
    /// because it was held long enough, or because this close is where an order should have left it and none works.
    fn pass_bar(
        &mut self,
        context: &mut Context<'_>,
        instrument: InstrumentId,
        (close, sign, scale): (f64, f64, f64),
        bars_max: Option<u64>,
    ) -> bool {
        let Some(entry) = &mut self.entry else {
            return false;
        };
        entry.bars += 1;
        let before = entry.stop_level(sign);
        if sign * (close - entry.best) > 0.0 {
            entry.best = close;
        }
        let works = |ticket: Ticket| context.working().iter().any(|it| it.ticket == ticket);
        let exits = self.exits.filter(|ticket| works(*ticket));
        let level = entry.stop_level(sign);
        let stop = level.and_then(|level| context.price(instrument, level / scale));
        if let (Some(ticket), true) = (exits, stop != entry.stop) {
            context.amend(ticket, None, None, stop);
            entry.stop = stop;
        }
        let is_reached = before.is_some_and(|level| sign * (close - level) <= 0.0)
            || entry
                .target_level(sign)
                .is_some_and(|level| sign * (close - level) >= 0.0);
        (is_reached && exits.is_none()) || bars_max.is_some_and(|bars| entry.bars >= bars)
    }

    /// Puts a stop and a target to the market for what is held, in the place of those that were there.
    fn protect(&mut self, context: &mut Context<'_>, instrument: InstrumentId, scale: f64) {
        if let Some(ticket) = self.exits.take() {
            context.cancel(ticket);
        }
        let held = context.position(instrument);
        let (Some(entry), true) = (&mut self.entry, held.0 != 0) else {
            return;
        };
        let (sign, side) = if held.0 > 0 {
            (1.0, Side::Sell)
        } else {
            (-1.0, Side::Buy)
        };
        let price = |level: f64| context.price(instrument, level / scale);
        entry.stop = entry.stop_level(sign).and_then(price);
        let stop = entry.stop.map(|trigger| OrderKind::Stop {
            trigger,
            on: TriggerOn::Quote,
        });
        let target = entry.target_level(sign).and_then(price);
        let target = target.map(|price| OrderKind::Limit { price });
        // The stop comes first: an amendment is of the first order of a list.
        let orders = stop.into_iter().chain(target).map(|kind| NewOrder {
            reduce_only: true,
            ..context.new_order(instrument, side, kind, held.abs())
        });
        let orders: Vec<NewOrder> = orders.collect();
        self.exits = match orders[..] {
            [] => None,
            [only] => Some(context.order(only)),
            _ => Some(context.list(instrument, ListKind::Oco, orders)),
        };
    }
}

/// What is wanted: a side, or nothing held.
fn decide(recipe: &Recipe, state: &State, held: Held, is_stopped: bool) -> Option<Held> {
    let enters = |side: Option<&Sided>| side.is_some_and(|side| state.holds(&side.enter));
    let exits = |side: Option<&Sided>| {
        let exit = side.and_then(|side| side.exit.as_ref());
        exit.is_some_and(|exit| state.holds(exit))
    };
    let (long, short) = (recipe.long.as_ref(), recipe.short.as_ref());
    let goes = |side: Option<&Sided>| enters(side) && !exits(side);
    match held {
        Held::Flat | Held::Short if goes(long) => Some(Held::Long),
        Held::Flat | Held::Long if goes(short) => Some(Held::Short),
        Held::Flat => None,
        Held::Long => (is_stopped || exits(long)).then_some(Held::Flat),
        Held::Short => (is_stopped || exits(short)).then_some(Held::Flat),
    }
}

impl Strategy for Followed {
    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        match usize::from(closed.frame.0).checked_sub(1) {
            None if self.recipe.lengths.is_empty() => self.decide(context, closed),
            None => self.ended.push(*closed),
            Some(length) => self.see_longer(context, closed, length),
        }
    }

    fn after_bars(&mut self, context: &mut Context<'_>) {
        for closed in std::mem::take(&mut self.ended) {
            self.decide(context, &closed);
        }
    }

    fn on_fill(&mut self, context: &mut Context<'_>, fill: &Fill) {
        self.hear(context, fill);
    }
}

impl Followed {
    /// A bar of the data ends.
    fn decide(&mut self, context: &mut Context<'_>, closed: &Closed) {
        let (instrument, recipe) = (closed.instrument, &self.recipe);
        let state = self
            .states
            .get_or_insert_with(instrument, || State::new(recipe));
        let bar = bar_of(context, closed, recipe.unit);
        let scale = scale(context, instrument, recipe.unit);
        state.see(recipe, &bar, closed.bar.start.0 / DAY_NS, self.rows);
        let held = held(context, instrument);
        let sign = match held {
            Held::Flat => {
                state.entry = None;
                0.0
            }
            Held::Long => 1.0,
            Held::Short => -1.0,
        };
        let is_stopped = sign != 0.0
            && state.pass_bar(
                context,
                instrument,
                (bar.close, sign, scale),
                recipe.stops.bars_max,
            );
        let Some(wanted) = decide(recipe, state, held, is_stopped) else {
            return;
        };
        let sign = match wanted {
            Held::Flat => {
                context.flat(instrument);
                return;
            }
            Held::Long => 1.0,
            Held::Short => -1.0,
        };
        state.asked = state.distances(recipe, bar.close);
        match recipe.size {
            // A full position is what a signal of the library asks for, and is kept as it is while it is held.
            Sizing::Exposure(1.0) => {
                if sign > 0.0 {
                    context.long(instrument);
                } else {
                    context.short(instrument);
                }
            }
            Sizing::Exposure(share) => {
                context.expose(instrument, sign * share);
            }
            Sizing::Equity(share) => {
                context.weigh(instrument, sign * share);
            }
            Sizing::Risk(risk, most) => {
                // Without a known stop nothing says how much may be held.
                if let Some(loss) = state.asked.loss {
                    context.weigh(instrument, sign * (risk * bar.close / loss).min(most));
                }
            }
        }
    }

    /// Of a fill.
    fn hear(&mut self, context: &mut Context<'_>, fill: &Fill) {
        let (instrument, recipe) = (fill.instrument, &self.recipe);
        let scale = scale(context, instrument, recipe.unit);
        let held = context.position(instrument).0;
        let state = self
            .states
            .get_or_insert_with(instrument, || State::new(recipe));
        let sign = held.signum();
        let adds = fill.side.sign() == sign;
        // All pieces of an order are filled before the first is heard, so what was held before says nothing.
        let known = state.entry.take().filter(|entry| entry.sign == sign);
        let pieces = known
            .as_ref()
            .filter(|entry| adds && entry.order == fill.order);
        let (before, paid) = pieces.map_or((0, 0.0), |entry| (entry.qty, entry.price));
        if held != 0 && (known.is_none() || pieces.is_some()) {
            let qty = before + fill.qty.0;
            let added = fill.qty.0 as f64 / qty as f64;
            let price = paid + (units(fill.price) * scale - paid) * added;
            let mut distances = state.asked;
            // A share is one of the price that was paid.
            for (distance, stop) in [
                (&mut distances.loss, &recipe.stops.loss),
                (&mut distances.profit, &recipe.stops.profit),
                (&mut distances.trailing, &recipe.stops.trailing),
            ] {
                if let Some(Distance::Share(share)) = stop {
                    *distance = Some(share * price.abs());
                }
            }
            state.entry = Some(Entry {
                order: fill.order,
                sign,
                qty,
                price,
                best: pieces.map_or(price, |entry| match entry.bars {
                    0 => price,
                    _ => entry.best,
                }),
                bars: pieces.map_or(0, |entry| entry.bars),
                distances,
                stop: None,
            });
        } else if held != 0 {
            state.entry = known;
        }
        state.protect(context, instrument, scale);
    }
}

/// Units of the recipe's prices for one of the currency.
fn scale(context: &Context<'_>, instrument: InstrumentId, unit: Unit) -> f64 {
    match (unit, context.instrument(instrument)) {
        (Unit::Ticks, Some(spec)) => Price::ONE.0 as f64 / spec.tick_size.0 as f64,
        _ => 1.0,
    }
}

// The close is where `FIELDS` says.
const _: () = assert!(matches!(FIELDS[CLOSE].as_bytes(), b"close"));
