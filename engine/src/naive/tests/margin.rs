//! What accounts can afford, and what is booked to them.

use types::{
    Command, FeeSchedule, Funding, Label, Liquidity, Margin, MarketData, Money, OrderKind, Price,
    Qty, Ratio, Requirement, SignedQty,
};

use super::{World, buy, instrument, limit, paper, sell};

/// Half of the notional to open, a quarter to keep.
fn margined(liquidity: Liquidity) -> types::Instrument {
    let mut margined = instrument(liquidity);
    let requirement = |percent: i64| Requirement {
        rate: Ratio::percent(percent),
        per_unit: Money::ZERO,
    };
    margined.margin = Margin {
        initial: requirement(50),
        maintenance: requirement(25),
    };
    margined
}

const MARGIN: Funding = Funding::Margin {
    rate_min: Ratio::ZERO,
};

#[test]
fn below_the_maintenance_requirement_positions_are_closed() {
    let mut world = World::funded(margined(paper().liquidity), MARGIN);
    world.quote(100, 50, 100, 50);
    world.submit(buy(0, OrderKind::Market, 15));
    // 750 of the 1,000 are tied up; six more would need 1,050.
    assert_eq!(
        world.submit(buy(0, OrderKind::Market, 6)),
        ["denied needs 1050 of 1000"]
    );
    // 1,000 - 15 x 55 = 175 against a quarter of 675.
    assert!(world.quote(45, 50, 45, 50).is_empty());
    world.submit(sell(0, limit(200), 1));
    // 1,000 - 15 x 56 = 160 against a quarter of 660.
    assert_eq!(
        world.quote(44, 50, 44, 50),
        [
            "margin call of a: 160 of 165",
            "cancelled 2 with 1 left: MarginCall",
            "fill 0 a sells 15 at 44, 0 left, Touch",
            "a liquidated to 160, fees 0, slippage 0",
        ]
    );
    assert_eq!(world.balance(0), Money::whole(160));
}

#[test]
fn what_a_book_does_not_take_of_a_liquidation_the_house_does() {
    let mut world = World::funded(margined(Liquidity::Crossed), MARGIN);
    world.submit(sell(1, limit(100), 15));
    world.submit(buy(0, limit(100), 15));
    // The bid is 100 until somebody bids 40: 1,000 - 15 x 60 = 100 against a quarter of 600.
    assert_eq!(
        world.submit(buy(2, limit(40), 5)),
        [
            "accepted 3",
            "margin call of a: 100 of 150",
            "fill 3 c buys 5 at 40, 0 left, Book maker",
            "fill 0 a sells 5 at 40, 10 left, Book",
            "fill 0 a sells 10 at 40, 0 left, House",
            "a liquidated to 100, fees 0, slippage 0",
        ]
    );
    let portrait = world.twin.portrait();
    assert_eq!(portrait.accounts[0].equity.to_string(), "100");
    let quote = portrait.markets[0].quote.unwrap();
    assert_eq!((quote.bid, quote.bid_qty), (Price::whole(40), Qty::ZERO));
}

#[test]
fn cash_buys_what_it_pays_for_and_sells_what_it_holds() {
    let mut shares = paper();
    shares.fees = FeeSchedule {
        taker: Ratio::percent(1),
        maker: Ratio::ZERO,
        per_unit: Money::ZERO,
        minimum: Money::whole(2),
    };
    let mut world = World::funded(shares, Funding::Cash);
    world.quote(99, 50, 100, 50);
    assert_eq!(
        world.submit(buy(0, OrderKind::Market, 10)),
        ["denied needs 1010 of 1000"]
    );
    // 500 and a fee of 5; then 300 and their fee of 3 wait at 60.
    world.submit(buy(0, OrderKind::Market, 5));
    world.submit(buy(0, limit(60), 5));
    assert_eq!(
        world.submit(buy(0, limit(50), 4)),
        ["denied needs 202 of 192"]
    );
    assert_eq!(
        world.submit(sell(0, OrderKind::Market, 6)),
        [format!(
            "denied {:?}",
            types::DenyReason::ShortNotAllowed {
                available: Qty::whole(5)
            }
        )]
    );
    // 1% of 99 is less than the minimum of the order.
    world.submit(sell(0, OrderKind::Market, 1));
    assert_eq!(world.balance(0), Money::whole(1_000 - 5 - 1 - 2));
}

#[test]
fn a_foreign_position_is_worth_what_its_currency_is() {
    let (euro, dollar) = (Label::new("EUR").unwrap(), Label::new("USD").unwrap());
    let mut european = paper();
    european.currency = euro;
    let mut world = World::new(european);
    world.quote(100, 50, 100, 50);
    assert_eq!(
        world.submit(buy(0, OrderKind::Market, 1)),
        ["denied NoConversion"]
    );
    let rate = |rate: &str| Command::SetConversion {
        from: euro,
        to: dollar,
        rate: rate.parse().unwrap(),
    };
    world.command(rate("1.1"));
    world.submit(buy(0, OrderKind::Market, 10));
    world.quote(110, 50, 110, 50);
    // 100 EUR of profit are 110 USD.
    let equity = |world: &World| world.twin.portrait().accounts[0].equity;
    assert_eq!(equity(&world), Money::whole(1_110).to_notional());
    world.submit(sell(0, OrderKind::Market, 10));
    world.command(rate("0.9"));
    assert_eq!(equity(&world), Money::whole(1_090).to_notional());
    assert_eq!(world.balance(0), Money::whole(1_000));
    let portrait = world.twin.portrait();
    assert_eq!(portrait.accounts[0].foreign, [(euro, Money::whole(100))]);
    assert_eq!(
        portrait.house[0].1.trading,
        -i128::from(Money::whole(100).0)
    );
}

#[test]
fn a_split_pays_for_the_part_of_a_lot_and_a_dividend_for_each() {
    let mut world = World::new(paper());
    world.quote(100, 50, 100, 50);
    world.submit(buy(0, OrderKind::Market, 5));
    world.submit(sell(1, OrderKind::Market, 3));
    let per_unit = "0.5".parse().unwrap();
    assert_eq!(
        world.market(MarketData::Dividend { per_unit }),
        ["booked a 2.5, holds 5", "booked b -1.5, holds -3"]
    );
    world.quote(110, 50, 110, 50);
    // Five become two and a half at 220; half a lot is 110, of which a fifth of the cost comes back.
    assert_eq!(
        world.market(MarketData::Split { new: 1, old: 2 }),
        ["booked a 10, holds 2", "booked b -10, holds -1"]
    );
    let portrait = world.twin.portrait();
    let equity = |account: usize| portrait.accounts[account].equity.to_string();
    assert_eq!([equity(0), equity(1)], ["1052.5", "968.5"]);
    let market = &portrait.markets[0];
    assert_eq!(market.quote.map(|quote| quote.bid), Some(Price::whole(220)));
    assert!(market.stale);
    // Two hundredths of a lot at 22,000 are 440 for what cost 400.
    assert_eq!(
        world.market(MarketData::Split { new: 1, old: 100 }),
        ["booked a 40, holds 0", "booked b -20, holds 0"]
    );
    assert_eq!(world.position(0), SignedQty::ZERO);
    let balances = [world.balance(0), world.balance(1)].map(|balance| balance.to_string());
    assert_eq!(balances, ["1052.5", "968.5"]);
}
