//! Buying power is the worst case: what an account that pays in cash, or for margin, may ask for, and what it gets.

use rules::Plan;
use types::{Funding, Instrument, InstrumentStatus, Ratio, Terms};

use crate::words::{Words, buy, sell, status};
use crate::world::{World, crossed, define, open, plan};

/// Account 0 is rich and unchecked; 1 pays in cash and 2 a margin of all that it holds, both out of 1,000.
fn three(instrument: Instrument) -> World {
    let mut world = World::with(&[instrument], &plan("1000000"));
    let rate_min = Ratio::percent(100);
    let fundings = [Funding::Cash, Funding::Margin { rate_min }];
    for (id, funding) in (1..).zip(fundings) {
        let terms = Terms {
            funding,
            ..Terms::default()
        };
        world.command(define(&Plan {
            terms,
            ..plan("1000")
        }));
        world.command(open(id));
    }
    world
}

#[test]
fn an_order_without_a_price_is_denied_where_the_market_has_none_to_value_it_at() {
    let mut world = three(crossed());
    world.tell(status(InstrumentStatus::Closed));
    // A limit order for the opening is no price yet.
    world.tell(sell(0, 500).at("100").at_open());
    for account in [1, 2] {
        assert_eq!(
            world.tell(buy(account, 200).at_open()),
            ["denied NoQuote"],
            "account {account}"
        );
    }
    // 10 x 100 is what both have.
    for account in [1, 2] {
        let told = world.tell(buy(account, 10).at("100").at_open());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].ends_with("accepted"), "{told:?}");
    }
    // Nobody asks what an unchecked account can pay.
    assert_eq!(world.tell(buy(0, 200).at_open()), ["#4 accepted"]);
    world.agrees();
}
