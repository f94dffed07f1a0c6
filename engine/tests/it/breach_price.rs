//! The price that a limit states is the first that violates it: there it breaks, a tick before it
//! does not.

use std::collections::BTreeSet;

use engine::Shard;
use engine::portrait::OrderStage;
use engine::view::{AccountView, BreachPrice};
use proptest::prelude::*;
use rules::{Allowance, MaxLoss, StopTrailing, TrailSource};
use types::{
    AccountId, Aggressor, Effect, EventKind, InputKind, Instrument, InstrumentId, Leg, Liquidity,
    MarkKind, MarketData, MarketEvent, OrderRole, PositionMode, Price, Qty, Quote, RuleKind, Side,
    Terms, TimestampNs, Trade,
};

use crate::stream::{self, script};
use crate::words::{Words, buy, cancel_all, quote, sell};
use crate::world::{ACCOUNT, SECOND, World, instrument, label, money, plan, price};

/// Whether this account breaks this rule when this side of the instrument is at this price, and the other
/// one as far from it as it is now.
fn breaks(
    shard: &Shard,
    account: AccountId,
    rule: RuleKind,
    id: InstrumentId,
    side: Side,
    at: Price,
) -> bool {
    let spread = shard.quote(id).map_or(0, |quote| quote.ask.0 - quote.bid.0);
    let market = shard.instrument_view(id).unwrap();
    // Before the first print the last one is no mark: the price is one of a quote.
    let mark = match shard.account_view(account).unwrap().terms.mark {
        MarkKind::Last if market.last.is_none() => MarkKind::Liquidation,
        mark => mark,
    };
    let tick = market.instrument.tick_size.0;
    // The middle of a spread with an odd number of ticks lies below it for what is long, above for short.
    let half = spread / tick / 2 * tick;
    let below = match (mark, side) {
        (MarkKind::Mid, Side::Buy) => half,
        (MarkKind::Mid, Side::Sell) => spread - half,
        (_, Side::Buy) => 0,
        (_, Side::Sell) => spread,
    };
    let (bid, ask) = (Price(at.0 - below), Price(at.0 - below + spread));
    let mut snapshot = Vec::new();
    shard.encode(&mut snapshot);
    let mut world = World::of(Shard::restore(&snapshot).unwrap());
    // An order that fills on the way, or a change that arrives, would be another account.
    world.step_ns = 0;
    world.hear(cancel_all(account.0));
    let data = match mark {
        MarkKind::Last => MarketData::Trade(Trade {
            price: at,
            qty: Qty::ZERO,
            aggressor: Aggressor::Unknown,
        }),
        MarkKind::Liquidation | MarkKind::Mid => MarketData::Quote(Quote {
            bid,
            bid_qty: Qty::ZERO,
            ask,
            ask_qty: Qty::ZERO,
        }),
    };
    let events = world.apply(InputKind::Market(MarketEvent {
        instrument: id,
        ts_event: TimestampNs(0),
        data,
    }));
    // What the liquidation of its locked day leaves is tested once more: that is another equity.
    let first = |event: &&EventKind| !matches!(event, EventKind::DayLocked { account: locked } if *locked == account);
    events.iter().take_while(first).any(|event| {
        matches!(event, EventKind::Breach(breach) if breach.account == account && breach.rule == rule)
    })
}

/// Whether a quote moves the account's equity by the positions of its instrument alone, and nothing fills
/// on the way.
fn is_plain(shard: &Shard, view: &AccountView) -> bool {
    let is_paper = |id| {
        let instrument = shard.instrument_view(id).unwrap().instrument;
        instrument.liquidity != Liquidity::Crossed
    };
    // Nor does a window close it.
    let later = shard.ts().0 + 2 * SECOND;
    shard.next_due().is_none_or(|due| due.0 > later)
        && view.algos.is_empty()
        && view.positions.iter().all(|held| is_paper(held.instrument))
        && view.orders.iter().all(|order| {
            // What rests in a book, others may take in the meantime.
            is_paper(order.request.instrument)
                && order.stage != OrderStage::InFlight
                && order.role != OrderRole::CoverStop
        })
}

fn check(shard: &Shard, account: AccountId) -> Result<u32, TestCaseError> {
    let view = shard.account_view(account).unwrap();
    let mut checked = 0;
    if !is_plain(shard, &view) {
        return Ok(0);
    }
    for limit in &view.limits {
        let rule = limit.limit.rule;
        if limit.limit.effect == Effect::Warn {
            // It is told once a day, wherever the price goes.
            continue;
        }
        let ids: BTreeSet<InstrumentId> =
            view.positions.iter().map(|held| held.instrument).collect();
        for id in ids {
            let instrument = shard.instrument_view(id).unwrap().instrument;
            let tick = instrument.tick_size.0;
            let net = shard.position(account, id).0;
            let is_long = net > 0;
            let marks = view.positions.iter().filter(|held| held.instrument == id);
            let mark = marks
                .filter(|held| (held.position.0 > 0) == is_long)
                .find_map(|held| held.mark);
            let stated = limit
                .breach_prices
                .iter()
                .find(|stated| stated.instrument == id);
            let expected = if is_long { Side::Buy } else { Side::Sell };
            let breaks = |at| breaks(shard, account, rule, id, expected, at);
            let Some(&BreachPrice { side, price, .. }) = stated else {
                // No positive price breaks it, not even the lowest; none at all what is hedged.
                if net != 0 {
                    prop_assert!(is_long && mark > Some(Price::ZERO));
                    prop_assert!(!breaks(Price(tick)));
                }
                continue;
            };
            prop_assert_eq!(side, expected);
            prop_assert!(breaks(price), "{price} of {view:?}");
            let better = Price(price.0 + if is_long { tick } else { -tick });
            prop_assert!(!breaks(better), "{better} of {view:?}");
            checked += 1;
        }
    }
    Ok(checked)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_stated_breach_price_is_the_first_that_breaks(script in script(60)) {
        let mut world = stream::world();
        for (index, planned) in script.inputs().into_iter().enumerate() {
            let kind = planned.after(&world.shard);
            world.apply(kind);
            if index % 20 == 0 {
                for account in (0..world.shard.account_count()).map(AccountId) {
                    check(&world.shard, account)?;
                }
            }
        }
    }
}

#[test]
fn breach_prices_by_hand() {
    for (touch_is_breach, long_breaks, short_breaks) in
        [(false, "89.99", "52.53"), (true, "90", "52.52")]
    {
        let mut rules = plan("10000");
        rules.max_loss = Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("1000")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach,
        });
        let shares = ["A", "B"].map(|symbol| instrument(symbol, "0.01", "1", "1"));
        let mut world = World::with(&shares, &rules);
        world.quote(0, "100", "100");
        world.quote(1, "50", "50");
        world.buy(0, "100");
        let stated = |world: &World| {
            let limits = world.shard.account_view(ACCOUNT).unwrap().limits;
            let prices = limits[0].breach_prices.iter();
            prices.map(|stated| stated.price).collect::<Vec<_>>()
        };
        // 100 shares may lose 10 each.
        assert_eq!(stated(&world), [price(long_breaks)]);
        // With 250 short at 50 and A up 4 (400), B may cost 1,400 on 250: 5.60. With A down 3.70 it
        // may cost 630: 2.52.
        world.sell(1, "250");
        world.quote(0, "96.30", "96.30");
        assert_eq!(stated(&world)[1], price(short_breaks));
        assert!(check(&world.shard, ACCOUNT).unwrap() == 2);
    }
}

/// A calendar spread sold at -0.50 breaks at -0.39: 1,100 on 10,000 units.
#[test]
fn a_price_below_zero_has_its_breach_price_too() {
    let mut rules = plan("10000");
    rules.max_loss = Some(MaxLoss {
        trail: TrailSource::None,
        allowance: Allowance::Fixed(money("1000")),
        stop: StopTrailing::Never,
        effect: Effect::Fail,
        touch_is_breach: false,
    });
    let mut world = World::with(&[instrument("SPREAD", "0.01", "1", "1000")], &rules);
    world.quote(0, "-0.50", "-0.50");
    world.sell(0, "10");
    let limits = world.shard.account_view(ACCOUNT).unwrap().limits;
    assert_eq!(limits[0].breach_prices[0].price, price("-0.39"));
    assert_eq!(check(&world.shard, ACCOUNT).unwrap(), 1);
}

fn may_lose(loss: &str, touch_is_breach: bool, mode: PositionMode) -> rules::Plan {
    rules::Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money(loss)),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach,
        }),
        terms: Terms {
            mode,
            ..Terms::default()
        },
        ..plan("50000")
    }
}

/// Long 10 and short 6 from 10,000: four move, and 2,000 are 500 on each. With an ask 5 above the bid the
/// six cost 30 more, and 1,970 are 492.5: at 9,508 there are 2 left, at 9,507 they are gone.
#[test]
fn the_legs_of_an_instrument_move_together() {
    for (ask, breaks) in [("10000", "9500"), ("10005", "9507")] {
        let rules = may_lose("2000", true, PositionMode::Hedging);
        let mut world = World::with(&[instrument("IDX", "1", "1", "1")], &rules);
        world.tell(quote("10000", "10000"));
        world.tell(buy(0, 10).leg(Leg::Long));
        world.tell(sell(0, 6).leg(Leg::Short));
        world.tell(quote("10000", ask));
        let limits = world.shard.account_view(ACCOUNT).unwrap().limits;
        let [stated] = limits[0].breach_prices[..] else {
            unreachable!("one instrument, one price");
        };
        assert_eq!((stated.side, stated.price), (Side::Buy, price(breaks)));
        assert_eq!(check(&world.shard, ACCOUNT).unwrap(), 1);
        // As much short as long: no price of it breaks anything.
        world.tell(sell(0, 4).leg(Leg::Short));
        let limits = world.shard.account_view(ACCOUNT).unwrap().limits;
        assert_eq!(limits[0].breach_prices, []);
        assert_eq!(limits[0].line.as_ref().unwrap().terms.len(), 2);
    }
}

/// One unit of 10,000 euros at 1.085 dollars: 2,000 dollars are 1,843.3 euros. At 8,157 euros there are
/// 0.345 dollars left, at 8,156 there is 0.74 too little.
#[test]
fn a_price_in_another_currency_assumes_the_rate_of_now() {
    let rules = may_lose("2000", true, PositionMode::Netting);
    let euro = Instrument {
        currency: label("EUR"),
        ..instrument("IDX", "1", "1", "1")
    };
    let mut world = World::with(&[euro], &rules);
    world.command(types::Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: price("1.085"),
    });
    world.tell(quote("10000", "10000"));
    world.tell(buy(0, 1));
    let limits = world.shard.account_view(ACCOUNT).unwrap().limits;
    let stated = limits[0].breach_prices[0];
    assert_eq!(stated.price, price("8156"));
    assert_eq!(stated.conversion, Some(price("1.085")));
    let line = limits[0].line.as_ref().unwrap();
    assert_eq!(line.terms[0].per_tick.to_money_floor(), money("1.085"));
    assert_eq!(line.terms[0].conversion, Some(price("1.085")));
    assert_eq!(check(&world.shard, ACCOUNT).unwrap(), 1);
}
