//! Figures as people write them: `48,000.00`, `5%`, `Fri 2026-11-20 16:10 EST`.

use gateway::dto::{Word, percent};
use jiff::tz::TimeZoneDatabase;
use rules::DayProfit;
use types::{Label, Money, Qty, Ratio, TimestampNs};

/// The smallest amount that people write, 0.01.
pub(super) const CENT: Money = Money(10_000);

/// An amount with separated thousands and at least two decimals; exact.
pub(super) fn amount(money: Money) -> String {
    let text = money.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    format!("{sign}{}.{fraction:0<2}", thousands(whole))
}

fn thousands(whole: &str) -> String {
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount, rounded down to a whole cent.
pub(super) fn cents_floor(money: Money) -> Money {
    Money(money.0 - money.0.rem_euclid(CENT.0))
}

/// An amount, rounded up to a whole cent.
pub(super) fn cents_ceil(money: Money) -> Money {
    Money(cents_floor(Money(money.0.saturating_add(CENT.0 - 1))).0)
}

/// A configured share, exact.
pub(super) fn share(ratio: Ratio) -> String {
    format!("{}%", percent::exact(ratio))
}

/// A quantity, exact.
pub(super) fn units(qty: Qty) -> String {
    match qty.to_string().as_str() {
        "1" => "1 unit".to_owned(),
        other => format!("{other} units"),
    }
}

/// `1 day`, `2 days`.
pub(super) fn count(number: impl Into<u64>, noun: &str) -> String {
    let number = number.into();
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", thousands(&number.to_string()))
}

/// A moment by the clock of a zone, such as `Fri 2026-11-20 16:10 EST`; in UTC where the zone is not
/// known.
pub(super) fn local(ts: TimestampNs, zone: Label) -> String {
    let shown = || {
        let zone = TimeZoneDatabase::bundled().get(zone.as_str()).ok()?;
        let moment = jiff::Timestamp::from_nanosecond(ts.0.into()).ok()?;
        let moment = moment.to_zoned(zone);
        let format = if ts.0.is_multiple_of(60_000_000_000) {
            "%a %Y-%m-%d %H:%M %Z"
        } else {
            "%a %Y-%m-%d %H:%M:%S %Z"
        };
        Some(moment.strftime(format).to_string())
    };
    shown().unwrap_or_else(|| ts.to_string())
}

/// What holds where a plan file leaves a field out, if that is something: its word.
pub(super) fn left_out(field: &str) -> Option<&'static str> {
    match field {
        "day_profit" => Some(DayProfit::default().word()),
        "roll.days" => Some("mon-sun"),
        _ => None,
    }
}

/// Names in a sentence: `a, b and c`.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_grouped() {
        assert_eq!(amount(Money::whole(48_000)), "48,000.00");
        assert_eq!(amount(Money::whole(1_234_567)), "1,234,567.00");
        assert_eq!(amount(Money(-999_500_000)), "-999.50");
        assert_eq!(amount(Money(1_333_333_333)), "1,333.333333");
        assert_eq!(amount(cents_floor(Money(1_333_333_333))), "1,333.33");
        assert_eq!(amount(cents_ceil(Money(1_333_333_333))), "1,333.34");
        assert_eq!(cents_ceil(Money::whole(5)), Money::whole(5));
        assert_eq!(count(1_000_u64, "day"), "1,000 days");
    }

    #[test]
    fn moments_are_local() {
        // 2024-01-03 21:10 UTC is 16:10 in New York, a Wednesday.
        let ts = TimestampNs(1_704_316_200_000_000_000);
        let zone = "America/New_York".parse().unwrap();
        assert_eq!(local(ts, zone), "Wed 2024-01-03 16:10 EST");
    }
}
