//! The price that a limit states is the first that violates it: there it breaks, a tick before it
//! does not.

use engine::Shard;
use engine::portrait::OrderStage;
use engine::view::{AccountView, BreachPrice};
use proptest::prelude::*;
use rules::{Allowance, MaxLoss, StopTrailing, TrailSource};
use types::{
    AccountId, Aggressor, Effect, EventKind, InputKind, InstrumentId, Liquidity, MarkKind,
    MarketData, MarketEvent, OrderRole, PositionMode, Price, Qty, Quote, RuleKind, Side,
    TimestampNs, Trade,
};

use crate::stream::{self, script};
use crate::words::cancel_all;
use crate::world::{ACCOUNT, SECOND, World, instrument, money, plan, price};

/// Whether this account breaks this rule when the instrument trades at this price.
fn breaks(shard: &Shard, account: AccountId, rule: RuleKind, id: InstrumentId, at: Price) -> bool {
    let mut snapshot = Vec::new();
    shard.encode(&mut snapshot);
    let mut world = World::of(Shard::restore(&snapshot).unwrap());
    // An order that fills on the way, or a change that arrives, would be another account.
    world.step_ns = 0;
    world.hear(cancel_all(account.0));
    let data = match shard.account_view(account).unwrap().terms.mark {
        MarkKind::Last => MarketData::Trade(Trade {
            price: at,
            qty: Qty::ZERO,
            aggressor: Aggressor::Unknown,
        }),
        MarkKind::Liquidation | MarkKind::Mid => MarketData::Quote(Quote {
            bid: at,
            bid_qty: Qty::ZERO,
            ask: at,
            ask_qty: Qty::ZERO,
        }),
    };
    let events = world.apply(InputKind::Market(MarketEvent {
        instrument: id,
        ts_event: TimestampNs(0),
        data,
    }));
    events.iter().any(|event| {
        matches!(event, EventKind::Breach(breach) if breach.account == account && breach.rule == rule)
    })
}

/// Whether a quote moves the account's equity by one position alone, and nothing fills on the way.
fn is_plain(shard: &Shard, view: &AccountView) -> bool {
    let is_paper = |id| {
        let instrument = shard.instrument_view(id).unwrap().instrument;
        instrument.liquidity != Liquidity::Crossed
    };
    // Nor does a window close it.
    let later = shard.ts().0 + 2 * SECOND;
    view.terms.mode == PositionMode::Netting
        && shard.next_due().is_none_or(|due| due.0 > later)
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
        for position in &view.positions {
            let id = position.instrument;
            let instrument = shard.instrument_view(id).unwrap().instrument;
            let tick = instrument.tick_size.0;
            if instrument.currency != view.currency {
                continue;
            }
            let is_long = position.position.0 > 0;
            let stated = limit
                .breach_prices
                .iter()
                .find(|stated| stated.instrument == id);
            let Some(&BreachPrice { side, price, .. }) = stated else {
                // No positive price breaks it, not even the lowest.
                let lowest = Price(tick);
                prop_assert!(is_long && position.mark > Some(Price::ZERO));
                prop_assert!(!breaks(shard, account, rule, id, lowest));
                continue;
            };
            let expected = if is_long { Side::Buy } else { Side::Sell };
            prop_assert_eq!(side, expected);
            prop_assert!(
                breaks(shard, account, rule, id, price),
                "{price} of {view:?}"
            );
            let better = Price(price.0 + if is_long { tick } else { -tick });
            prop_assert!(
                !breaks(shard, account, rule, id, better),
                "{better} of {view:?}"
            );
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
