//! Holdings: what an account has of one instrument, at exact average cost, with the sums of its
//! working orders; and what a fill does to one.

use std::hint::select_unpredictable;
use std::num::{NonZeroI64, NonZeroU64};

use types::{
    AccountId, Codec, CodecError, FeeSchedule, InstrumentId, Leg, Lots, MarkKind, Money, Notional,
    Qty, Ratio, Reader, Requirement, Side, Ticks, TimestampNs, codec_struct,
};

use crate::derived::{Derived, DerivedBits};
use crate::slab::NIL;

/// A position, or the room for one that working orders aim at. What an order, a fill and a judgement look at is in
/// one line of the cache, and not in parts of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Holding {
    /// Signed sum of price x lots, exact.
    pub(crate) cost: Notional,
    /// Long is positive.
    pub(crate) lots: Lots,
    /// Leaves of the working orders that may open or enlarge.
    pub(crate) working: BySide,
    pub(crate) account: AccountId,
    pub(crate) instrument: InstrumentId,
    /// Working orders for it, those that only reduce included.
    pub(crate) orders: u32,
    /// Its row in the bands of its instrument; follows from the position.
    pub(crate) row: Derived,
    /// The account's list of holdings, in the order in which their positions were opened: the one behind it.
    pub(crate) next: u32,
    pub(crate) leg: Leg,
    /// What it is valued at: its account's choice.
    pub(crate) mark: MarkKind,
    /// See [`Holding::reach`].
    pub(crate) price_bits: DerivedBits,
    /// When its position was last opened from flat; a flip opens anew. Of an account that has to hold positions for a
    /// time the mean over what was added since, by quantity: [`Holding::mean_opened`].
    pub(crate) opened: TimestampNs,
    /// The one before it in its account's list.
    pub(crate) previous: u32,
}

const _: () = assert!(std::mem::offset_of!(Holding, opened) == 64);

codec_struct!(Holding {
    cost,
    lots,
    opened,
    working,
    account,
    instrument,
    leg,
    mark,
    price_bits,
    orders,
    row,
    previous,
    next,
});

impl Holding {
    /// Nothing held, nothing working.
    pub(crate) const fn new(
        account: AccountId,
        instrument: InstrumentId,
        leg: Leg,
        mark: MarkKind,
    ) -> Self {
        Self {
            cost: Notional::ZERO,
            lots: Lots(0),
            opened: TimestampNs(0),
            working: BySide([Lots(0); 2]),
            account,
            instrument,
            leg,
            mark,
            price_bits: DerivedBits(0),
            orders: 0,
            row: Derived::NONE,
            previous: NIL,
            next: NIL,
        }
    }

    /// Whether nothing is held and nothing works.
    pub(crate) const fn is_idle(&self) -> bool {
        self.lots.0 == 0 && self.orders == 0
    }

    /// An order of this price is about to work, or one that works has it from now on.
    #[inline(always)]
    pub(crate) fn note_price(&mut self, price: Ticks) {
        let bits = (u64::BITS - price.0.unsigned_abs().leading_zeros()) as u8;
        // Of an account with few orders it is a coin toss whether one works.
        let before = select_unpredictable(self.orders == 0, 0, self.price_bits.0);
        self.price_bits.0 = before.max(bits);
    }

    /// No working order has a price beyond this one: less than a power of two, so that one byte beside what every
    /// order touches anyway says it.
    #[inline(always)]
    pub(crate) const fn reach(&self) -> u64 {
        match u64::MAX.checked_shr(u64::BITS - self.price_bits.0 as u32) {
            Some(reach) => reach,
            None => 0,
        }
    }

    /// What an order of this side could close.
    pub(crate) fn closable(&self, side: Side) -> Lots {
        Lots(match side {
            Side::Buy => self.lots.0.saturating_neg().max(0),
            Side::Sell => self.lots.0.max(0),
        })
    }

    /// Leaves of the working buys that may open or enlarge.
    #[inline]
    pub(crate) const fn buys(&self) -> Lots {
        self.working.0[Side::Buy as usize]
    }

    /// Leaves of the working sells that may open or enlarge.
    #[inline]
    pub(crate) const fn sells(&self) -> Lots {
        self.working.0[Side::Sell as usize]
    }

    /// Another order of this side works, or so much more of one.
    #[inline(always)]
    pub(crate) const fn add_working(&mut self, side: Side, lots: Lots) {
        let sum = self.working_mut(side);
        *sum = sum.saturating_add(lots);
    }

    /// So much of an order of this side works no longer.
    #[inline(always)]
    pub(crate) const fn sub_working(&mut self, side: Side, lots: Lots) {
        let sum = self.working_mut(side);
        *sum = sum.saturating_sub(lots);
    }

    /// The sum that a working order of this side counts in.
    #[inline(always)]
    pub(crate) const fn working_mut(&mut self, side: Side) -> &mut Lots {
        &mut self.working.0[side as usize]
    }
}

/// Bought, then sold: an index instead of a branch on the side, which is a coin toss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BySide([Lots; 2]);

impl Codec for BySide {
    fn encode(&self, out: &mut Vec<u8>) {
        let [buys, sells] = self.0;
        buys.encode(out);
        sells.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self([Codec::decode(reader)?, Codec::decode(reader)?]))
    }
}

/// The largest value of a position that an order may aim at: 9e9 of the quote currency. Far enough
/// inside the ranges of [`Money`] and [`Notional`] that no market in sight saturates a mark.
pub(crate) const VALUE_MAX: Notional = Notional(9_000_000_000 * 10_i128.pow(Notional::DECIMALS));
/// The most lots of a position that an order may aim at.
pub(crate) const LOTS_MAX: Lots = Lots(1 << 53);

/// The most ticks times lots that [`VALUE_MAX`] has room for.
pub(crate) fn tick_lots_max(tick_value: TickValue) -> u64 {
    u64::try_from(VALUE_MAX.0 / tick_value.exact.0.max(1)).unwrap_or(u64::MAX)
}

/// Whether a position of so many lots at this price is within what the engine holds exactly.
/// `tick_lots_max`: see [`tick_lots_max`].
#[inline(always)]
pub(crate) const fn is_within_range(
    price: Ticks,
    lots: Lots,
    tick_value: TickValue,
    tick_lots_max: u64,
) -> bool {
    let size = lots.saturating_abs();
    if size.0 > LOTS_MAX.0 {
        return false;
    }
    if let Some(tick_lots) = price.0.checked_mul(size.0) {
        return tick_lots.unsigned_abs() <= tick_lots_max;
    }
    let value = wide_value(price, size, tick_value.exact);
    value.0.unsigned_abs() <= VALUE_MAX.0.unsigned_abs()
}

/// The most lots of a position at this price that the engine holds exactly.
pub(crate) fn lots_max(price: Ticks, tick_value: TickValue) -> Lots {
    let lot_value = tick_value
        .exact
        .0
        .saturating_mul(i128::from(price.0).abs())
        .max(1);
    let lots = (VALUE_MAX.0 / lot_value).min(i128::from(LOTS_MAX.0));
    Lots(lots as i64)
}

/// What a fill did to a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// Realised by the closing part, rounded down.
    pub(crate) realised: Money,
    /// Some of the fill opened or enlarged a position.
    pub(crate) opened: bool,
    /// Some of the fill closed a position.
    pub(crate) closed: bool,
    /// The position went to zero or changed its side.
    pub(crate) round_turn: bool,
}

/// Value of one tick on one lot of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TickValue {
    pub(crate) exact: Notional,
    /// The same in a machine word, where it fits one, as it does but for odd instruments.
    word: Option<NonZeroI64>,
}

impl TickValue {
    pub(crate) fn new(exact: Notional) -> Self {
        let word = i64::try_from(exact.0).ok().and_then(NonZeroI64::new);
        Self { exact, word }
    }
}

/// Value of `lots` at `price`, held at the ends of the range of [`Notional`] (1.7e21).
#[inline(always)]
pub(crate) const fn value(price: Ticks, lots: Lots, tick_value: TickValue) -> Notional {
    // One multiplication where both factors are machine words.
    match (price.0.checked_mul(lots.0), tick_value.word) {
        (Some(tick_lots), Some(word)) => Notional(tick_lots as i128 * word.get() as i128),
        _ => wide_value(price, lots, tick_value.exact),
    }
}

/// What a position comes to at a mark.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worth {
    /// Its value, as of [`value`].
    pub(crate) value: Notional,
    /// The same without its sign.
    pub(crate) size: i128,
    /// By how much it moves with a tick of the mark; above zero.
    pub(crate) slope: i128,
}

/// What `lots`, which are not zero, come to at a mark, without a branch on either sign; `None` where that passes machine
/// words, or is so much that it is no usual position.
#[inline(always)]
pub(crate) fn worth(mark: Ticks, lots: Lots, tick_value: TickValue) -> Option<Worth> {
    let tick_lots = mark.0.checked_mul(lots.0)?;
    let word = tick_value.word?.get();
    let tick_lot = u128::from(word.unsigned_abs());
    let slope = u128::from(lots.0.unsigned_abs()) * tick_lot;
    (slope >> SLOPE_BITS == 0).then(|| Worth {
        value: Notional(i128::from(tick_lots) * i128::from(word)),
        size: (u128::from(tick_lots.unsigned_abs()) * tick_lot) as i128,
        slope: slope as i128,
    })
}

/// No usual position moves by more with a tick: so many of these are still a number.
const SLOPE_BITS: u32 = 100;

#[cold]
#[inline(never)]
const fn wide_value(price: Ticks, lots: Lots, tick_value: Notional) -> Notional {
    let tick_lots = price.0 as i128 * lots.0 as i128;
    Notional(tick_lots.saturating_mul(tick_value.0))
}

/// `total * part / whole`, rounded up, without an intermediate overflow; `part <= whole` and
/// `0 < whole <= 2^63`.
pub(crate) fn share_ceil(total: i128, part: u64, whole: u64) -> i128 {
    if part == whole {
        return total;
    }
    let size = total.unsigned_abs();
    // Whether the position is long or short is a coin toss: all ones below zero, and no branch.
    let sign = total >> 127;
    let above = u128::from(whole - 1) & !(sign as u128);
    // One division where the product fits, as it does for all but the largest positions.
    let product = size.checked_mul(part.into());
    if let Some(product) = product.and_then(|product| product.checked_add(above)) {
        let quotient = (product / u128::from(whole)) as i128;
        return (quotient ^ sign) - sign;
    }
    wide_share_ceil(total, part.into(), whole.into())
}

/// As [`share_ceil`] of more lots than a machine word has; `part` and `whole` are above zero.
#[inline(never)]
pub(crate) fn wide_share_ceil(total: i128, part: i128, whole: i128) -> i128 {
    if part == whole {
        return total;
    }
    if total.unsigned_abs().leading_zeros() + part.unsigned_abs().leading_zeros() > 129 {
        return -(-(total * part)).div_euclid(whole);
    }
    let (quotient, remainder) = (total.div_euclid(whole), total.rem_euclid(whole));
    quotient * part - (-(remainder * part)).div_euclid(whole)
}

/// Profit as it is booked, rounded down to a unit of money, and what is less than that.
#[inline(always)]
pub(crate) fn booked(profit: Notional) -> (Money, Notional) {
    let money = profit.to_money_floor();
    let rest = profit.0.wrapping_sub(money.to_notional().0);
    if (0..Notional::PER_MONEY).contains(&rest) {
        (money, Notional(rest))
    } else {
        // Money is held at an end of its range.
        (money, Notional(profit.0.rem_euclid(Notional::PER_MONEY)))
    }
}

impl Holding {
    /// The mean time at which a position was opened that had `before` lots, the rest of what it has now being
    /// added at `ts`; rounded down.
    pub(crate) fn mean_opened(&self, before: Lots, ts: TimestampNs) -> TimestampNs {
        let (had, has) = (before.0.unsigned_abs(), self.lots.0.unsigned_abs());
        let since = u128::from(ts.0.saturating_sub(self.opened.0));
        let later = since * u128::from(has.saturating_sub(had)) / u128::from(has.max(1));
        // Not more than what it is a share of.
        TimestampNs(self.opened.0.saturating_add(later as u64))
    }

    /// Trades `lots` (signed, not zero) at `price`.
    #[inline(always)]
    pub(crate) fn trade(&mut self, price: Ticks, lots: Lots, tick_value: TickValue) -> Change {
        let held = self.lots.0;
        if held == 0 || (held > 0) == (lots.0 > 0) {
            self.cost = self.cost.saturating_add(value(price, lots, tick_value));
            self.lots = self.lots.saturating_add(lots);
            return Change {
                realised: Money::ZERO,
                opened: true,
                closed: false,
                round_turn: false,
            };
        }
        let closing = held.unsigned_abs().min(lots.0.unsigned_abs());
        let closed_lots = Lots(held.signum() * closing as i64);
        let removed = share_ceil(self.cost.0, closing, held.unsigned_abs());
        let profit = value(price, closed_lots, tick_value).saturating_sub(Notional(removed));
        let (realised, rest) = booked(profit);
        let left = Lots(held.saturating_add(lots.0));
        let flipped = left.0 != 0 && (left.0 > 0) != (held > 0);
        self.cost = if flipped {
            value(price, left, tick_value)
        } else if left.0 == 0 {
            Notional::ZERO
        } else {
            // What is less than a unit of money is realised with what stays open: all closings of a position together
            // come to what it made.
            self.cost
                .saturating_sub(Notional(removed))
                .saturating_sub(rest)
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

/// Units of 1e-26, a product of [`Ratio`] and [`Notional`], in one of [`Money`]: 2^20 x 5^20.
const PER_MONEY: i128 = 100_000_000_000_000_000_000;

/// `rate * notional + per_unit * qty`, rounded up; held at the ends of the range of [`Money`].
fn charge(rate: Ratio, per_unit: Money, notional: Notional, qty: Qty) -> Money {
    let magnitude = notional.0.saturating_abs();
    // A rate is below 2^30: below 2^96 the product cannot pass the range.
    let proportional = if magnitude >> 96 == 0 && rate.0.unsigned_abs() >> 30 == 0 {
        Some(magnitude * i128::from(rate.0))
    } else {
        magnitude.checked_mul(rate.0.into())
    };
    // Money x Qty is 1e-14.
    let units = i128::from(per_unit.0) * i128::from(qty.0);
    let exact = proportional
        .zip(units.checked_mul(1_000_000_000_000))
        .and_then(|(proportional, units)| proportional.checked_add(units))
        .and_then(|exact| exact.checked_add(PER_MONEY - 1));
    let ceiling = match exact {
        // The shift leaves a divisor of one machine word, and rounding down twice is rounding down
        // once.
        Some(exact @ 0..) => ((exact as u128 >> 20) / (PER_MONEY as u128 >> 20)) as i128,
        Some(exact) => exact.div_euclid(PER_MONEY),
        None => i128::from(if rate.0 < 0 { i64::MIN } else { i64::MAX }),
    };
    Money(ceiling.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// The fee of a fill of `qty` worth `notional`, before the order's minimum, rounded up.
#[inline]
pub(crate) fn fee(fees: &FeeSchedule, maker: bool, notional: Notional, qty: Qty) -> Money {
    let rate = if maker { fees.maker } else { fees.taker };
    if rate.0 == 0 && fees.per_unit.0 == 0 {
        return Money::ZERO;
    }
    charge(rate, fees.per_unit, notional, qty)
}

/// The most that a fee of one lot is beside the whole of its notional, in units of [`Notional`]; `None` where rates
/// are more than all of it, and beyond a machine word.
pub(crate) fn lot_charge(fees: &FeeSchedule, lot: Qty) -> Option<i64> {
    if fees.taker.max(fees.maker) > Ratio::ONE {
        return None;
    }
    // What is less than a unit of money is rounded up for each fill, and a fill has a lot.
    let per_lot = charge(Ratio::ZERO, fees.per_unit, Notional::ZERO, lot);
    let most = per_lot.saturating_add(Money(1)).to_notional();
    i64::try_from(most.0).ok()
}

/// By how many places a notional is shifted to be no less than its fee, but for what [`lot_charge`] is; 0 where rates are
/// all of it or more.
pub(crate) fn fee_shift(fees: &FeeSchedule) -> u8 {
    let rate = fees.taker.max(fees.maker).0.max(0);
    let mut shift = 0;
    while shift < 30 && rate << (shift + 1) <= Ratio::ONE.0 {
        shift += 1;
    }
    shift
}

/// What a tick of a lot is worth, and no less than the fee of that, where [`fee_shift`] bounds it; `None` beyond a machine
/// word with its sign.
pub(crate) fn tick_charge(tick_value: TickValue, fee_shift: u8) -> Option<u64> {
    let worth = tick_value.word?.get().unsigned_abs();
    let charge = worth.checked_add((worth >> fee_shift) + 1)?;
    (charge <= i64::MAX.unsigned_abs()).then_some(charge)
}

/// A fee rate on the value of one tick on one lot, in units of [`Money`] and lowest terms: the fee of
/// an ordinary fill is then one division of machine words, and what [`fee`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TickFee {
    numerator: u64,
    denominator: NonZeroU64,
}

impl TickFee {
    /// `None` for a rebate, an amount per unit, and what passes machine words.
    pub(crate) fn new(fees: &FeeSchedule, maker: bool, tick_value: TickValue) -> Option<Self> {
        let rate = if maker { fees.maker } else { fees.taker };
        if rate.is_negative() || fees.per_unit.0 != 0 {
            return None;
        }
        // The value of tick-lots within a machine word is then exact.
        let tick_value = u64::try_from(tick_value.exact.0).ok()?;
        let exact = u128::from(tick_value) * u128::from(rate.0.unsigned_abs());
        let common = gcd(exact, PER_MONEY.unsigned_abs());
        Some(Self {
            numerator: u64::try_from(exact / common).ok()?,
            denominator: u64::try_from(PER_MONEY.unsigned_abs() / common)
                .ok()?
                .try_into()
                .ok()?,
        })
    }

    /// The fee of a fill; `None` past the range of a machine word.
    #[inline(always)]
    pub(crate) fn of(self, price: Ticks, lots: Lots) -> Option<Money> {
        let tick_lots = price.0.checked_mul(lots.0)?.unsigned_abs();
        let exact = tick_lots.checked_mul(self.numerator)?;
        let above = exact.checked_add(self.denominator.get() - 1)?;
        let ceiling = i64::try_from(above / self.denominator).ok()?;
        Some(Money(ceiling))
    }
}

const fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// What a position of `qty` worth `notional` ties up, rounded up. `rate_min` is the account's own
/// least rate.
pub(crate) fn requirement(
    margin: &Requirement,
    rate_min: Ratio,
    notional: Notional,
    qty: Qty,
) -> Money {
    charge(margin.rate.max(rate_min), margin.per_unit, notional, qty)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CENT: i128 = Notional::PER_MONEY * 10_000;

    fn cent() -> TickValue {
        TickValue::new(Notional(CENT))
    }

    fn flat() -> Holding {
        Holding::new(
            AccountId(0),
            InstrumentId(0),
            Leg::Net,
            MarkKind::Liquidation,
        )
    }

    fn cash(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn money(text: &str) -> Notional {
        cash(text).to_notional()
    }

    #[test]
    fn average_cost_close_and_flip() {
        let mut position = flat();
        // 10 at 100.00 and 10 at 101.00: cost 2,010, average 100.50.
        assert!(position.trade(Ticks(10_000), Lots(10), cent()).opened);
        position.trade(Ticks(10_100), Lots(10), cent());
        assert_eq!(position.cost, money("2010"));
        // Sell 5 at 102.00: 5 x 1.50.
        let change = position.trade(Ticks(10_200), Lots(-5), cent());
        assert_eq!(change.realised, cash("7.5"));
        assert_eq!(position.cost, money("1507.5"));
        // Sell 20 at 99.00: closes 15 at a loss of 1.50 each, opens 5 short.
        let change = position.trade(Ticks(9_900), Lots(-20), cent());
        assert_eq!(change.realised, cash("-22.5"));
        assert!(change.opened && change.closed && change.round_turn);
        assert_eq!((position.lots, position.cost), (Lots(-5), money("-495")));
        // Buy 5 at 98.00: 5 x 1.00.
        let change = position.trade(Ticks(9_800), Lots(5), cent());
        assert_eq!(change.realised, cash("5"));
        assert_eq!((position.lots, position.cost), (Lots(0), Notional::ZERO));
    }

    /// 1 at 100 and 2 at 101 for 302. Sold in thirds at 101 they make 0.333333..., of which 0.333333 is booked and a third of
    /// a unit of money stays: 302 - 101 + 0.333333 are left to sell. Then 0.3333335 a lot, of which a half stays; then all.
    #[test]
    fn what_is_less_than_a_unit_of_money_is_realised_with_the_rest() {
        for direction in [1, -1] {
            let mut position = flat();
            // A short one sells at 102, 101, 101 and buys at 101.
            let first = if direction == 1 { 10_000 } else { 10_200 };
            position.trade(Ticks(first), Lots(direction), cent());
            position.trade(Ticks(10_100), Lots(2 * direction), cent());
            let closes = [(); 3].map(|()| {
                let realised = position
                    .trade(Ticks(10_100), Lots(-direction), cent())
                    .realised;
                let worth = value(Ticks(10_100), position.lots, cent());
                (realised, worth.saturating_sub(position.cost))
            });
            assert_eq!(
                closes,
                [
                    (Money(333_333), money("0.666667")),
                    (Money(333_333), money("0.333334")),
                    (Money(333_334), Notional::ZERO)
                ]
            );
            assert_eq!(position.cost, Notional::ZERO);
        }
    }

    #[test]
    fn a_whole_close_at_the_end_of_the_range_takes_the_whole_cost() {
        assert_eq!(share_ceil(i128::MIN, 7, 7), i128::MIN);
        assert_eq!(share_ceil(-9, 1, 3), -3);
        assert_eq!(share_ceil(i128::MAX / 2, 1, 3), i128::MAX / 6);
        assert_eq!(share_ceil(-10, 1, 3), -3);
        assert_eq!(share_ceil(10, 1, 3), 4);
        // A product of nearly 2^190; and one of 2^127, a third of which is one more than that of 2^127 - 1.
        assert_eq!(
            share_ceil(i128::MIN, (1 << 63) - 1, 1 << 63),
            i128::MIN + (1 << 64)
        );
        assert_eq!(share_ceil(1 << 126, 2, 3), i128::MAX / 3 + 1);
    }

    #[test]
    fn fees_round_up() {
        let fees = FeeSchedule {
            taker: Ratio(20_000),
            maker: Ratio(-10_000),
            ..FeeSchedule::default()
        };
        // 0.002% of 0.01 is 0.0000002: one unit of Money.
        assert_eq!(fee(&fees, false, money("0.01"), Qty::ONE), Money(1));
        assert_eq!(
            fee(&fees, false, money("-50000"), Qty::ONE),
            Money::whole(1)
        );
        // A rebate of 0.001% of 0.25 is 0.0000025: two units of Money, for it rounds up as well.
        assert_eq!(fee(&fees, true, money("0.25"), Qty::ONE), Money(-2));
        let shares = FeeSchedule {
            per_unit: Money(5_000),
            ..FeeSchedule::default()
        };
        assert_eq!(
            fee(&shares, true, money("1"), Qty::whole(1_000)),
            Money::whole(5)
        );
    }

    #[test]
    fn a_cents_fee_on_tick_lots() {
        let fees = FeeSchedule {
            taker: Ratio(50_000),
            ..FeeSchedule::default()
        };
        let taker = TickFee::new(&fees, false, cent()).unwrap();
        // 0.005% of a cent is half a unit of Money: 3 tick-lots cost 1.5, rounded up.
        assert_eq!((taker.numerator, taker.denominator.get()), (1, 2));
        assert_eq!(taker.of(Ticks(-3), Lots(1)), Some(Money(2)));
        assert_eq!(taker.of(Ticks(i64::MAX), Lots(2)), None);
        let rebate = FeeSchedule {
            maker: Ratio(-1),
            ..fees
        };
        assert_eq!(TickFee::new(&rebate, true, cent()), None);
    }

    proptest! {
        #[test]
        fn a_tick_fee_is_the_fee(
            rate in 0_i64..2_000_000_000,
            tick_value in prop_oneof![1_i128..1_000_000_000_000_000_000_000, Just(CENT), Just(CENT / 1_000)],
            price in prop_oneof![-10_000_000_i64..10_000_000, any::<i64>()],
            lots in prop_oneof![1_i64..1_000, 1..i64::MAX],
        ) {
            let (tick_value, price, lots) = (TickValue::new(Notional(tick_value)), Ticks(price), Lots(lots));
            let fees = FeeSchedule { taker: Ratio(rate), ..FeeSchedule::default() };
            let quick = TickFee::new(&fees, false, tick_value).and_then(|fee| fee.of(price, lots));
            let exact = fee(&fees, false, value(price, lots, tick_value), Qty::ONE);
            prop_assert!(quick.is_none_or(|quick| quick == exact), "{quick:?} {exact:?}");
        }

        #[test]
        fn a_share_is_a_division(
            total in prop_oneof![-1_000_i128..1_000, any::<i64>().prop_map(i128::from), any::<i128>()],
            parts in (1_u64..=1 << 63, 1_u64..=1 << 63),
            small: bool,
        ) {
            let (part, whole) = (parts.0.min(parts.1), parts.0.max(parts.1));
            let (part, whole) = if small { (part % 100, whole % 100 + 100) } else { (part, whole) };
            // In parts, of which none passes the range.
            let (quotient, remainder) = (total.div_euclid(whole.into()), total.rem_euclid(whole.into()));
            let rest = (remainder as u128 * u128::from(part)).div_ceil(whole.into());
            prop_assert_eq!(share_ceil(total, part, whole), quotient * i128::from(part) + rest as i128);
        }

        #[test]
        fn a_range_in_tick_lots_is_the_range(
            tick_value in 1_i128..1_000_000_000_000_000_000_000,
            price in prop_oneof![-10_000_000_i64..10_000_000, any::<i64>()],
            lots in prop_oneof![0_i64..1_000_000, any::<i64>()],
        ) {
            let (tick_value, price, lots) = (TickValue::new(Notional(tick_value)), Ticks(price), Lots(lots));
            let size = Lots(lots.0.saturating_abs());
            let exact = size <= LOTS_MAX
                && value(price, size, tick_value).0.unsigned_abs() <= VALUE_MAX.0.unsigned_abs();
            let max = tick_lots_max(tick_value);
            prop_assert_eq!(is_within_range(price, lots, tick_value, max), exact);
        }

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
                let change = position.trade(Ticks(price), Lots(lots), cent());
                realised += change.realised.to_notional().0;
                paid += value(Ticks(price), Lots(lots), cent()).0;
            }
            prop_assert_eq!(position.cost.0 - realised, paid);
        }
    }
}
