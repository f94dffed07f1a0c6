//! Positions at exact average cost, and what a fill does to one.

use types::{
    AccountId, FeeSchedule, InstrumentId, Lots, Money, Notional, Qty, Ratio, Ticks, codec_struct,
};

/// An open position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) account: AccountId,
    pub(crate) instrument: InstrumentId,
    /// Long is positive.
    pub(crate) lots: Lots,
    /// Signed sum of price x lots, exact.
    pub(crate) cost: Notional,
    /// Value at the mark minus cost, as of the instrument's newest quote.
    pub(crate) unrealised: Notional,
    /// The account's list of positions, oldest first.
    pub(crate) previous: u32,
    pub(crate) next: u32,
}

codec_struct!(Position {
    account,
    instrument,
    lots,
    cost,
    unrealised,
    previous,
    next
});

/// The largest value of a position that an order may aim at: 9e9 of the quote currency. Far enough
/// inside the ranges of [`Money`] and [`Notional`] that no market in sight saturates a mark.
pub(crate) const VALUE_MAX: Notional = Notional(9_000_000_000 * 10_i128.pow(Notional::DECIMALS));
/// The most lots of a position that an order may aim at.
pub(crate) const LOTS_MAX: Lots = Lots(1 << 53);

/// Whether a position of so many lots at this price is within what the engine holds exactly.
pub(crate) const fn is_within_range(price: Ticks, lots: Lots, tick_value: Notional) -> bool {
    let size = Lots(lots.0.saturating_abs());
    size.0 <= LOTS_MAX.0 && value(price, size, tick_value).0.saturating_abs() <= VALUE_MAX.0
}

/// What a fill did to a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// Realised by the closing part, exact but for the split of the cost (1e-17, rounded against the
    /// trader).
    pub(crate) realised: Notional,
    /// Some of the fill opened or enlarged a position.
    pub(crate) opened: bool,
    /// Some of the fill closed a position.
    pub(crate) closed: bool,
    /// The position went to zero or changed its side.
    pub(crate) round_turn: bool,
}

/// Value of `lots` at `price`, held at the ends of the range of [`Notional`] (1.7e21).
pub(crate) const fn value(price: Ticks, lots: Lots, tick_value: Notional) -> Notional {
    let tick_lots = price.0 as i128 * lots.0 as i128;
    Notional(tick_lots.saturating_mul(tick_value.0))
}

/// `total * part / whole`, rounded up, without an intermediate overflow; `0 < whole <= 2^63`,
/// `0 <= part <= whole`.
fn share_ceil(total: i128, part: i128, whole: i128) -> i128 {
    if part == whole {
        return total;
    }
    let (quotient, remainder) = (total.div_euclid(whole), total.rem_euclid(whole));
    quotient * part - (-(remainder * part)).div_euclid(whole)
}

impl Position {
    /// Trades `lots` (signed, not zero) at `price`.
    pub(crate) fn trade(&mut self, price: Ticks, lots: Lots, tick_value: Notional) -> Change {
        let held = self.lots.0;
        if held == 0 || (held > 0) == (lots.0 > 0) {
            self.cost.0 = self.cost.0.saturating_add(value(price, lots, tick_value).0);
            self.lots = Lots(held.saturating_add(lots.0));
            return Change {
                realised: Notional::ZERO,
                opened: true,
                closed: false,
                round_turn: false,
            };
        }
        let closing = held.unsigned_abs().min(lots.0.unsigned_abs());
        let closed_lots = Lots(held.signum() * closing as i64);
        let removed = share_ceil(self.cost.0, closing.into(), held.unsigned_abs().into());
        let realised = Notional(
            value(price, closed_lots, tick_value)
                .0
                .saturating_sub(removed),
        );
        let left = Lots(held.saturating_add(lots.0));
        let flipped = left.0 != 0 && (left.0 > 0) != (held > 0);
        self.cost = if flipped {
            value(price, left, tick_value)
        } else {
            Notional(self.cost.0.saturating_sub(removed))
        };
        self.lots = left;
        Change {
            realised,
            opened: flipped,
            closed: true,
            round_turn: flipped || left.0 == 0,
        }
    }
}

/// The fee of a fill of `qty` worth `notional`, rounded up.
pub(crate) fn fee(fees: &FeeSchedule, notional: Notional, qty: Qty) -> Money {
    let one = i128::from(Ratio::ONE.0);
    let magnitude = notional.0.saturating_abs();
    let rate = i128::from(fees.rate.0);
    let proportional = (magnitude / one)
        .saturating_mul(rate)
        .saturating_sub((-(magnitude % one * rate)).div_euclid(one));
    // Money x Qty is 1e-14; Notional is 1e-17.
    let per_unit = i128::from(fees.per_unit.0) * i128::from(qty.0);
    let exact = Notional(proportional.saturating_add(per_unit.saturating_mul(1_000)));
    exact.to_money_ceil().max(fees.minimum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CENT: Notional = Notional(Notional::PER_MONEY * 10_000);

    fn flat() -> Position {
        Position {
            account: AccountId(0),
            instrument: InstrumentId(0),
            lots: Lots(0),
            cost: Notional::ZERO,
            unrealised: Notional::ZERO,
            previous: 0,
            next: 0,
        }
    }

    fn money(text: &str) -> Notional {
        text.parse::<Money>().unwrap().to_notional()
    }

    #[test]
    fn average_cost_close_and_flip() {
        let mut position = flat();
        // 10 at 100.00 and 10 at 101.00: cost 2,010, average 100.50.
        assert!(position.trade(Ticks(10_000), Lots(10), CENT).opened);
        position.trade(Ticks(10_100), Lots(10), CENT);
        assert_eq!(position.cost, money("2010"));
        // Sell 5 at 102.00: 5 x 1.50.
        let change = position.trade(Ticks(10_200), Lots(-5), CENT);
        assert_eq!(change.realised, money("7.5"));
        assert_eq!(position.cost, money("1507.5"));
        // Sell 20 at 99.00: closes 15 at a loss of 1.50 each, opens 5 short.
        let change = position.trade(Ticks(9_900), Lots(-20), CENT);
        assert_eq!(change.realised, money("-22.5"));
        assert!(change.opened && change.closed && change.round_turn);
        assert_eq!((position.lots, position.cost), (Lots(-5), money("-495")));
        // Buy 5 at 98.00: 5 x 1.00.
        let change = position.trade(Ticks(9_800), Lots(5), CENT);
        assert_eq!(change.realised, money("5"));
        assert_eq!((position.lots, position.cost), (Lots(0), Notional::ZERO));
    }

    #[test]
    fn a_whole_close_at_the_end_of_the_range_takes_the_whole_cost() {
        assert_eq!(share_ceil(i128::MIN, 7, 7), i128::MIN);
        assert_eq!(share_ceil(-10, 1, 3), -3);
        assert_eq!(share_ceil(10, 1, 3), 4);
    }

    #[test]
    fn fees_round_up_and_have_a_minimum() {
        let fees = FeeSchedule {
            rate: Ratio(20_000),
            per_unit: Money(0),
            minimum: Money(0),
        };
        // 0.002% of 0.01 is 0.0000002: one unit of Money.
        assert_eq!(fee(&fees, money("0.01"), Qty::ONE), Money(1));
        assert_eq!(fee(&fees, money("-50000"), Qty::ONE), Money::whole(1));
        let shares = FeeSchedule {
            rate: Ratio(0),
            per_unit: Money(5_000),
            minimum: Money::whole(1),
        };
        assert_eq!(fee(&shares, money("1"), Qty::whole(10)), Money::whole(1));
        assert_eq!(fee(&shares, money("1"), Qty::whole(1_000)), Money::whole(5));
    }

    proptest! {
        // Nothing is lost and nothing is made: realised + what is left = value traded, to the last
        // unit, however the position was built and split.
        #[test]
        fn cost_is_conserved(trades in prop::collection::vec((1_i64..100_000, -50_i64..50), 1..40)) {
            let mut position = flat();
            let (mut realised, mut paid) = (0_i128, 0_i128);
            for (price, lots) in trades {
                if lots == 0 {
                    continue;
                }
                let change = position.trade(Ticks(price), Lots(lots), CENT);
                realised += change.realised.0;
                paid += value(Ticks(price), Lots(lots), CENT).0;
            }
            prop_assert_eq!(position.cost.0 - realised, paid);
        }
    }
}
