//! Prices and quantities from text, from scaled integers and from binary floats, exactly or not at all.

use memchr::memchr;
use types::{Grid, MarketData, Price, Qty};

use super::decode::Fault;
use crate::feed::{self, NumberError};

/// Integers up to here are exact as a double.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
/// How far a double may be from its multiple of the step, as a share of the step.
const STEP_SHARE_MAX: f64 = 1e-3;

/// A number from text as it is, with the zero before its point that SAS and Fortran leave out (`.9`, `-.5`), or with a
/// point behind it and no digit after that, as C and Fortran write whole ones (`9.`, `9.E+02`).
fn number<T>(
    text: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, NumberError>,
) -> Result<T, NumberError> {
    let found = parse(text);
    if !matches!(found, Err(NumberError::Syntax)) {
        return found;
    }
    let (sign, digits): (&[u8], _) = match text {
        [b'-', digits @ ..] => (b"-", digits),
        digits => (b"", digits),
    };
    let Some(point) = memchr(b'.', digits) else {
        return found;
    };
    match (&digits[..point], &digits[point + 1..]) {
        ([], _) => parse(&[sign, b"0", digits].concat()),
        (whole, rest @ ([] | [b'e' | b'E', ..])) => parse(&[sign, whole, rest].concat()),
        _ => found,
    }
}

/// A price from text, divided by `divisor`, a power of ten up to 1e9.
pub(super) fn price(field: &'static str, text: &[u8], divisor: i64) -> Result<Price, Fault> {
    let fault = |accepted: &'static str| Fault::bytes(field, text, accepted);
    match number(text, feed::price) {
        Ok(price) if divisor == 1 => Ok(price),
        Ok(price) if price.0 % divisor == 0 => Ok(Price(price.0 / divisor)),
        Ok(_) | Err(NumberError::Decimals) => Err(fault("a price of at most 9 decimals")),
        Err(NumberError::Range) => Err(fault("a price within 9223372036 of zero")),
        Err(NumberError::Syntax) => Err(fault("a decimal number")),
    }
}

/// A quantity from text, divided by `divisor`, a power of ten up to 1e8.
pub(super) fn qty(field: &'static str, text: &[u8], divisor: i64) -> Result<Qty, Fault> {
    let fault = |accepted: &'static str| Fault::bytes(field, text, accepted);
    match number(text, feed::qty) {
        Ok(qty) if divisor == 1 => Ok(qty),
        Ok(qty) if qty.0 % divisor == 0 => Ok(Qty(qty.0 / divisor)),
        Ok(_) | Err(NumberError::Decimals) => Err(fault("a quantity of at most 8 decimals")),
        Err(NumberError::Range) => Err(fault("a quantity from 0 to 92233720368")),
        Err(NumberError::Syntax) => Err(fault("a decimal number")),
    }
}

/// The volume of a bar from text. Past the range of [`Qty`] it is its end, which [`super::Rows`] counts. One that is to
/// be divided may be within it then, and is refused.
pub(super) fn volume(text: &[u8], divisor: i64) -> Result<Qty, Fault> {
    match number(text, feed::qty) {
        Err(NumberError::Range) if divisor == 1 && text.first() != Some(&b'-') => Ok(Qty(i64::MAX)),
        _ => qty("volume", text, divisor),
    }
}

/// The volume of a bar from a double, likewise.
pub(super) fn volume_of(value: f64, lot: Option<Qty>) -> Result<Qty, Fault> {
    // The double nearest to the end of the range is the first one past it.
    if value.is_finite() && value * Qty::ONE.0 as f64 >= i64::MAX as f64 {
        return Ok(Qty(i64::MAX));
    }
    qty_of("volume", value, lot)
}

/// The volume of a bar in whole units, likewise.
pub(super) fn volume_units(units: u64) -> Qty {
    let volume = i64::try_from(units).ok();
    let volume = volume.and_then(|units| units.checked_mul(Qty::ONE.0));
    Qty(volume.unwrap_or(i64::MAX))
}

/// Whole units as a quantity.
pub(super) fn units(field: &'static str, units: u64) -> Result<Qty, Fault> {
    i64::try_from(units)
        .ok()
        .and_then(|units| units.checked_mul(Qty::ONE.0))
        .map(Qty)
        .ok_or_else(|| Fault::value(field, units, "a quantity from 0 to 92233720368"))
}

/// A double in units of `10^-decimals`.
///
/// With a step it is the nearest multiple, if that is no further than a thousandth of the step; without, it is the
/// decimal of the fewest digits that has this double, if `decimals` hold it.
fn scaled(value: f64, decimals: u32, step: Option<i64>) -> Option<i64> {
    if !value.is_finite() {
        return None;
    }
    let one = 10_f64.powi(decimals as i32);
    if let Some(step) = step {
        let width = step as f64 / one;
        let steps = (value / width).round();
        let is_near = (value - steps * width).abs() <= width * STEP_SHARE_MAX;
        let multiple = (steps.abs() <= EXACT_MAX && is_near).then_some(steps as i64)?;
        return multiple.checked_mul(step);
    }
    // The division is rounded correctly, so it gives this double only if the double is the nearest one to that
    // decimal.
    (0..=decimals).rev().find_map(|places| {
        let power = 10_f64.powi(places as i32);
        let digits = (value * power).round();
        let is_same = digits.abs() <= EXACT_MAX && (digits / power).to_bits() == value.to_bits();
        is_same
            .then_some(digits as i64)?
            .checked_mul(10_i64.pow(decimals - places))
    })
}

/// The nearest multiple of the tick, where a price is that as a binary float was written out: no further from it than
/// a thousandth of the tick, or the same as a float of 32 bits, as which large prices are further off. Else the price.
pub(super) fn meant(price: Price, tick: Price) -> Price {
    let (value, step) = (i128::from(price.0), i128::from(tick.0));
    let multiple = (2 * value + step).div_euclid(2 * step) * step;
    let is_near = (value - multiple).abs() * 1_000 <= step;
    let single = |value: i128| (value as f64 / Price::ONE.0 as f64) as f32;
    let is_same = single(value).to_bits() == single(multiple).to_bits();
    match i64::try_from(multiple) {
        Ok(multiple) if is_near || is_same => Price(multiple),
        _ => price,
    }
}

/// A price from a double.
pub(super) fn price_of(
    field: &'static str,
    value: f64,
    tick: Option<Price>,
) -> Result<Price, Fault> {
    scaled(value, Price::DECIMALS, tick.map(|tick| tick.0))
        .map(Price)
        .ok_or_else(|| {
            Fault::value(
                field,
                value,
                tick.map_or_else(
                    || "a price of at most 9 decimals".to_owned(),
                    |tick| format!("a multiple of the tick {tick}"),
                ),
            )
        })
}

/// A quantity from a double.
pub(super) fn qty_of(field: &'static str, value: f64, lot: Option<Qty>) -> Result<Qty, Fault> {
    scaled(value, Qty::DECIMALS, lot.map(|lot| lot.0))
        .filter(|&qty| qty >= 0)
        .map(Qty)
        .ok_or_else(|| {
            Fault::value(
                field,
                value,
                lot.map_or_else(
                    || "a quantity of at most 8 decimals, not below zero".to_owned(),
                    |lot| format!("a multiple of the lot {lot}, not below zero"),
                ),
            )
        })
}

/// The declared steps of prices and quantities.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    tick: Option<(Price, Grid)>,
    lot: Option<(Qty, Grid)>,
}

impl Steps {
    /// Each above zero, where it is declared.
    pub(super) fn new(tick: Option<Price>, lot: Option<Qty>) -> Self {
        Self {
            tick: tick.map(|tick| (tick, Grid::new(tick.0))),
            lot: lot.map(|lot| (lot, Grid::new(lot.0))),
        }
    }

    /// What is off them.
    #[inline]
    pub(super) fn off_grid(&self, data: &MarketData) -> Option<Fault> {
        if self.tick.is_none() && self.lot.is_none() {
            return None;
        }
        off_grid(data, self.tick, self.lot)
    }
}

/// What is off the declared steps. Volumes of bars are sums of other markets at times and are not looked at.
fn off_grid(
    data: &MarketData,
    tick: Option<(Price, Grid)>,
    lot: Option<(Qty, Grid)>,
) -> Option<Fault> {
    let off_tick = |price: Price| {
        let (tick, _) = tick.filter(|(_, grid)| !grid.has(price.0))?;
        let accepted = format!("a multiple of the tick {tick}");
        Some(Fault::value("the price", price, accepted))
    };
    let off_lot = |qty: Qty| {
        let (lot, _) = lot.filter(|(_, grid)| !grid.has(qty.0))?;
        let accepted = format!("a multiple of the lot {lot}");
        Some(Fault::value("the quantity", qty, accepted))
    };
    match data {
        MarketData::Quote(quote) => [quote.bid, quote.ask]
            .into_iter()
            .find_map(off_tick)
            .or_else(|| [quote.bid_qty, quote.ask_qty].into_iter().find_map(off_lot)),
        MarketData::Trade(trade) => off_tick(trade.price).or_else(|| off_lot(trade.qty)),
        MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => update
            .bids
            .iter()
            .chain(&update.asks)
            .find_map(|level| off_tick(level.price).or_else(|| off_lot(level.qty))),
        MarketData::Bar(bar) => [bar.open, bar.high, bar.low, bar.close]
            .into_iter()
            .find_map(off_tick),
        MarketData::Status(_)
        | MarketData::Financing(_)
        | MarketData::Dividend { .. }
        | MarketData::Split { .. }
        | MarketData::Gap => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_is_the_decimal_that_people_mean_by_it() {
        for (value, raw) in [
            (61_685.99, 61_685_990_000_000),
            (1.306_57, 1_306_570_000),
            (0.1, 100_000_000),
            (-37.63, -37_630_000_000),
            (9_000_000_000.5, 9_000_000_000_500_000_000),
            (0.000_000_001, 1),
        ] {
            assert_eq!(price_of("px", value, None).unwrap(), Price(raw), "{value}");
        }
        // 0.1 + 0.2 is not the double of 0.3; with a tick it is meant to be.
        assert!(price_of("px", 0.1 + 0.2, None).is_err());
        let tick = Some(Price(100_000_000));
        assert_eq!(price_of("px", 0.1 + 0.2, tick).unwrap(), Price(300_000_000));
        assert!(price_of("px", 0.35, tick).is_err());
        for value in [f64::NAN, f64::INFINITY, 1e10, 1e-10, 1.000_000_000_1] {
            assert!(price_of("px", value, None).is_err(), "{value}");
        }
        assert!(qty_of("qty", -1.0, None).is_err());
    }

    /// 187.149994 is 187.15 less 0.000006, within a thousandth of 0.01; 4012.320068 is 0.000068 off, and the 32-bit
    /// float next to 4012.32 (its steps are 0.000244). 187.14 is a multiple, and 187.149 neither near nor the same.
    #[test]
    fn a_float_that_was_written_out_is_the_price_that_was_meant() {
        let price = |text: &str| text.parse::<Price>().unwrap();
        for (written, expected) in [
            ("187.149994", "187.15"),
            ("188.440002", "188.44"),
            ("4012.320068", "4012.32"),
            ("187.14", "187.14"),
            ("187.149", "187.149"),
            ("-37.630001", "-37.63"),
        ] {
            let found = meant(price(written), price("0.01"));
            assert_eq!(found, price(expected), "{written}");
        }
        assert_eq!(
            meant(Price(i64::MAX), Price(i64::MAX - 1)),
            Price(i64::MAX - 1)
        );
        assert_eq!(meant(Price(i64::MIN), Price(1_000)), Price(i64::MIN));
    }

    /// 1e13 of a coin of many zeros: text, double and count all say the end of the range. Divided by 1,000 it would be
    /// within it, which is not found out.
    #[test]
    fn a_volume_past_the_range_is_its_end() {
        let end = Qty(i64::MAX);
        assert_eq!(volume(b"10000000000000.5", 1).unwrap(), end);
        assert_eq!(volume(b"92233720368.54775808", 1).unwrap(), end);
        assert_eq!(volume_of(1e13, None).unwrap(), end);
        assert_eq!(volume_of(1e13, Some(Qty::ONE)).unwrap(), end);
        assert_eq!(volume_units(92_233_720_369), end);
        assert_eq!(volume_units(92_233_720_368), "92233720368".parse().unwrap());
        assert_eq!(
            volume_of(9e10, None).unwrap(),
            Qty(9_000_000_000_000_000_000)
        );
        assert!(volume(b"10000000000000", 1_000).is_err());
        assert!(volume(b"-10000000000000", 1).is_err());
        assert!(volume(b"1x", 1).is_err());
        assert!(volume_of(-1e13, None).is_err());
        assert!(volume_of(f64::INFINITY, None).is_err());
    }

    /// The digits on one side of a point may be left out, and those on the other have to be there.
    #[test]
    fn a_decimal_may_begin_or_end_with_its_point() {
        for (text, meant) in [
            ("9.", "9"),
            ("-12.", "-12"),
            ("0.", "0"),
            ("9.E+02", "900"),
            ("25.e-1", "2.5"),
            (".9", "0.9"),
            ("-.5", "-0.5"),
            (".000000001", "0.000000001"),
            (".25E+02", "25"),
            ("-.0", "0"),
        ] {
            let meant = meant.parse().unwrap();
            assert_eq!(price("price", text.as_bytes(), 1).unwrap(), meant, "{text}");
        }
        assert_eq!(qty("qty", b".75", 1).unwrap(), "0.75".parse().unwrap());
        assert_eq!(qty("qty", b"75.", 1).unwrap(), "75".parse().unwrap());
        assert_eq!(qty("qty", b"75.", 10).unwrap(), "7.5".parse().unwrap());
        assert_eq!(volume(b"75.", 1).unwrap(), "75".parse().unwrap());
        assert_eq!(volume(b"10000000000000.", 1).unwrap(), Qty(i64::MAX));
        assert_eq!(qty("qty", b".5", 10).unwrap(), "0.05".parse().unwrap());
        assert_eq!(volume(b".75", 1).unwrap(), "0.75".parse().unwrap());
        assert!(qty("qty", b"-.5", 1).is_err());
        for text in [
            ".", "-.", "", "-", ".e5", "..5", ".5.5", "-.-5", "+.5", " .5", ".x", "9..", "9..5",
            "9.x", "9.-5", "9.e", "+9.", "9. ", "-.e5",
        ] {
            let fault = price("price", text.as_bytes(), 1).unwrap_err();
            let told = format!("price is '{text}'; accepted: a decimal number");
            assert_eq!(fault.problem.to_string(), told);
        }
    }

    #[test]
    fn a_divisor_is_exact_or_refused() {
        assert_eq!(
            price("price", b"1674200", 10_000).unwrap(),
            "167.42".parse().unwrap()
        );
        assert!(price("price", b"0.00000001", 1_000).is_err());
        assert!(price("price", b"", 1).is_err());
    }
}
