//! What is said beforehand of orders, rolls and marks is what happens: random stories.

use crate::explain::{share, view, what_if};
use crate::plans::any_plan;
use crate::words::{Of, Words, buy, quote, sell};
use crate::world::{
    ACCOUNT, World, breaches, fills, instrument, label, money, price, ratio, schedule,
};
use engine::Limits;
use engine::view::{LimitView, NextRoll};
use proptest::prelude::*;
use rules::{Conduct, Inactivity, InactivityEffect, Plan};
use types::{
    Command, Effect, EventKind, FeeSchedule, FloorMoveCause, Instrument, InstrumentId, Leg, Money,
    NewOrder, OrderKind, PositionMode, Ratio, RuleKind, Trail, TriggerOn,
};

/// A step of a random story: an instrument, a price in ticks around 100, lots above or below zero.
type Step = (u32, i64, i64);

/// Of an order: its kind, and its price in ticks from the bid.
type Shape = (u8, i64);

fn shape() -> impl Strategy<Value = Shape> {
    (0_u8..7, -8_i64..12)
}

/// The order at a market of this bid, as another kind.
fn shaped(order: NewOrder, (kind, ticks): Shape, bid: types::Price) -> NewOrder {
    let tick = price("0.01").0;
    let at = types::Price(bid.0 + ticks * tick);
    // What it triggers takes at its trigger.
    let worse = types::Price(at.0 + 2 * order.side.sign() * tick);
    let on = TriggerOn::Quote;
    order.kind(match kind {
        0 => OrderKind::Market,
        1 => OrderKind::Limit { price: at },
        2 => OrderKind::Stop { trigger: at, on },
        3 => OrderKind::StopLimit {
            trigger: at,
            price: worse,
            on,
        },
        4 => OrderKind::MarketIfTouched { trigger: at, on },
        5 => OrderKind::TrailingStop {
            trail: Trail::Amount(types::Price(ticks.abs().max(1) * tick)),
            on,
        },
        _ => return order.kind(OrderKind::Limit { price: at }).ioc(),
    })
}

fn step() -> impl Strategy<Value = Step> {
    (0_u32..3, -400_i64..400, -60_i64..60)
}

/// Two shares in dollars, one with fees, and one in euros.
fn shares() -> [Instrument; 3] {
    let fees = FeeSchedule {
        taker: ratio("0.0013"),
        maker: Ratio::ZERO,
        per_unit: money("0.000017"),
        minimum: Money::ZERO,
    };
    let least = FeeSchedule {
        minimum: money("0.75"),
        ..fees
    };
    [
        Instrument { fees, ..share() },
        share(),
        Instrument {
            currency: label("EUR"),
            fees: least,
            ..instrument("EURO", "0.01", "1", "3")
        },
    ]
}

fn story(rules: &Plan, rate: i64) -> World {
    let mut world = World::limited(Limits::default(), &shares(), rules, 1);
    world.command(Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: types::Price(rate),
    });
    for id in 0..3 {
        world.tell(quote("100", "100.03").of(id));
    }
    world
}

fn tell_price(world: &mut World, id: u32, ticks: i64) -> Vec<EventKind> {
    let tick = price("0.01").0;
    let bid = types::Price(10_000 * tick + ticks * tick);
    world.quote_raw(id, bid, types::Price(bid.0 + 3 * tick))
}

/// The order of a step: a side, lots and a leg; none of zero lots.
fn order_of(rules: &Plan, (id, ticks, lots): Step) -> Option<NewOrder> {
    let order = if lots > 0 {
        buy(0, lots)
    } else {
        sell(0, -lots)
    };
    let leg = match rules.terms.mode {
        PositionMode::Netting => Leg::Net,
        PositionMode::Hedging if ticks % 2 == 0 => Leg::Long,
        PositionMode::Hedging => Leg::Short,
    };
    (lots != 0).then(|| order.of(id).leg(leg))
}

/// The limits without what moved them, which an order cannot know beforehand.
fn figures(limits: &[LimitView]) -> Vec<LimitView> {
    let limits = limits.iter().cloned();
    limits
        .map(|limit| LimitView {
            moved: None,
            ..limit
        })
        .collect()
}

/// What an order or a quote did by itself: nothing that its liquidation does is its own.
fn before_liquidation(facts: &[EventKind]) -> &[EventKind] {
    let liquidated = |fact: &EventKind| matches!(fact, EventKind::Liquidated { .. });
    let end = facts.iter().position(liquidated);
    end.map_or(facts, |end| &facts[..end])
}

/// Sends an order, lets the market come to its price where it waits for that, and compares what it did
/// with what was said. False where a rule closed positions.
fn send(world: &mut World, order: NewOrder) -> Result<bool, TestCaseError> {
    let told = what_if(world, order);
    let mut facts = world.hear(order);
    if let Some(reason) = told.denied {
        let denied = facts.iter().any(
            |fact| matches!(fact, EventKind::OrderDenied { reason: said, .. } if *said == reason),
        );
        prop_assert!(denied, "{reason:?}: {facts:?}");
        return Ok(true);
    }
    let sent = facts.iter().find_map(|fact| match fact {
        EventKind::OrderAccepted { order, .. } => Some(*order),
        _ => None,
    });
    if told.price.is_none() || told.waits {
        prop_assert_eq!(fills(&facts), []);
    }
    if let (true, Some((bid, ask))) = (told.waits, told.quote) {
        facts = world.quote_raw(order.instrument.0, bid, ask);
    }
    if told.price.is_none() {
        prop_assert_eq!(figures(&view(world).limits), figures(&told.limits));
        return Ok(true);
    }
    let fill = fills(&facts)[0];
    // What an order before this one left behind may fill at the same quote, which nobody asked about.
    if Some(fill.order) != sent {
        return Ok(true);
    }
    // Before the order was accepted somebody was judged who stood below a limit that only warns.
    let is_accepted = |fact: &EventKind| matches!(fact, EventKind::OrderAccepted { .. });
    let own = facts.iter().position(is_accepted).unwrap_or(0);
    let broken = breaches(before_liquidation(&facts[own..]));
    let mut rules: Vec<RuleKind> = broken.iter().map(|breach| breach.rule).collect();
    rules.sort_unstable();
    prop_assert_eq!(&told.breaches, &rules);
    prop_assert_eq!(Some(fill.price), told.price);
    prop_assert_eq!((fill.fee, fill.realised), (told.fee, told.realised));
    prop_assert_eq!(fill.position, told.position);
    let is_closed = fills(&facts).len() > 1;
    let now = view(world);
    if !is_closed {
        prop_assert_eq!(now.row.equity, told.equity);
        prop_assert_eq!(figures(&now.limits), figures(&told.limits));
    }
    Ok(!is_closed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_order_does_what_was_said(
        rules in any_plan(),
        rate in 1_i64..2_000_000_000,
        steps in prop::collection::vec((step(), shape()), 30),
    ) {
        prop_assume!(rules.validate().is_ok());
        let mut world = story(&rules, rate);
        for (step, shape) in steps {
            tell_price(&mut world, step.0, step.1);
            let bid = world.shard.quote(InstrumentId(step.0)).unwrap().bid;
            let order = order_of(&rules, step).map(|order| shaped(order, shape, bid));
            if let Some(order) = order && !send(&mut world, order)? {
                break;
            }
        }
    }

    #[test]
    fn a_roll_does_what_was_said(
        rules in any_plan(),
        rate in 1_i64..2_000_000_000,
        idle in prop::option::of(1_u16..3),
        days in prop::collection::vec(prop::collection::vec(step(), 0..5), 4),
    ) {
        let inactivity = idle.map(|days| Inactivity {
            days,
            effect: InactivityEffect::Close,
        });
        let rules = Plan {
            schedule: schedule(),
            conduct: Conduct {
                inactivity,
                ..Conduct::default()
            },
            ..rules
        };
        prop_assume!(rules.validate().is_ok());
        let mut world = story(&rules, rate);
        for day in days {
            for step in day {
                tell_price(&mut world, step.0, step.1);
                if let Some(order) = order_of(&rules, step) {
                    world.hear(order);
                }
            }
            let before = view(&world);
            let Some(next) = before.next_roll else {
                break;
            };
            let facts = world.roll(next.day.unwrap().0);
            // Before the roll somebody was judged who stood below a limit that only warns.
            let is_rolled = |fact: &EventKind| matches!(fact, EventKind::DayRolled { .. });
            let own = facts.iter().position(is_rolled).unwrap();
            check_roll(&next, &facts[own..], &before.limits)?;
        }
    }

    /// A quote moves the room of every line by its ticks; it is a breach where none is left. Where none was left before it,
    /// as a floor rose above the equity with the last close, any quote is.
    #[test]
    fn a_quote_moves_the_room_by_its_ticks(
        rules in any_plan(),
        steps in prop::collection::vec(step(), 30),
    ) {
        prop_assume!(rules.validate().is_ok());
        let mut world = story(&rules, 1_000_000_000);
        for step in steps {
            let step = (step.0 % 2, step.1, step.2);
            let before = view(&world);
            let facts = tell_price(&mut world, step.0, step.1);
            for limit in &before.limits {
                check_line(limit, &world, step.0, &facts)?;
            }
            if let Some(order) = order_of(&rules, step) {
                world.hear(order);
            }
        }
    }
}

fn check_roll(
    next: &NextRoll,
    facts: &[EventKind],
    before: &[LimitView],
) -> Result<(), TestCaseError> {
    for (rolled, before) in next.limits.iter().zip(before) {
        let rule = rolled.limit.rule;
        let moved = facts.iter().find_map(|fact| match fact {
            EventKind::FloorMoved(moved)
                if moved.rule == rule && moved.cause == FloorMoveCause::Rolled =>
            {
                Some((moved.baseline, moved.allowance, moved.floor))
            }
            _ => None,
        });
        let figures = |limit: &rules::Limit| (limit.baseline, limit.allowance, limit.floor);
        let stands = moved.unwrap_or_else(|| figures(&before.limit));
        prop_assert_eq!(figures(&rolled.limit), stands);
        let breached = breaches(facts).iter().any(|breach| breach.rule == rule);
        prop_assert_eq!(rolled.breaches, breached);
    }
    let fails = breaches(facts)
        .iter()
        .any(|breach| breach.effect == Effect::Fail);
    let ended = facts.iter().any(|fact| {
        matches!(
            fact,
            EventKind::StateChanged {
                to: types::AccountState::Passed,
                ..
            }
        )
    });
    let inactive = facts.iter().find_map(|fact| match fact {
        EventKind::Inactive(rest) => Some(rest.days),
        _ => None,
    });
    if !fails && !ended {
        let lapsed = |fact: &EventKind| matches!(fact, EventKind::Lapsed(_));
        prop_assert_eq!(next.lapses, facts.iter().any(lapsed));
        // Who had no time left is not told of a rest.
        let rests = next.inactive_days.filter(|_| !next.lapses);
        prop_assert_eq!(rests, inactive);
    }
    Ok(())
}

fn check_line(
    limit: &LimitView,
    world: &World,
    id: u32,
    facts: &[EventKind],
) -> Result<(), TestCaseError> {
    let Some(line) = &limit.line else {
        return Ok(());
    };
    let mut room = line.room.0;
    for term in &line.terms {
        if term.instrument == InstrumentId(id) {
            let quote = world.shard.quote(term.instrument).unwrap();
            let last = world.shard.instrument_view(term.instrument).unwrap().last;
            let mark = crate::audit::mark(
                view(world).terms.mark,
                (quote.bid, quote.ask),
                last,
                term.per_tick.0 > 0,
                price("0.01"),
            );
            let ticks = (mark.0 - term.mark.unwrap().0) / price("0.01").0;
            room += i128::from(ticks) * term.per_tick.0;
        }
    }
    let rule = limit.limit.rule;
    let of_quote = before_liquidation(facts);
    let is_told = breaches(of_quote).iter().any(|breach| breach.rule == rule);
    let is_none = |room: i128| room < 0 || (room == 0 && limit.limit.touch_is_breach);
    let is_broken = is_none(line.room.0) || is_none(room);
    // A locked day tests only what fails the account, and a warning is given once a day.
    let is_tested = match limit.limit.effect {
        Effect::Fail => true,
        Effect::LockForDay => !world.shard.is_day_locked(ACCOUNT),
        Effect::Warn => false,
    };
    if is_tested || is_told {
        prop_assert_eq!(is_told, is_broken, "{} {:?}", room, limit);
    }
    Ok(())
}
