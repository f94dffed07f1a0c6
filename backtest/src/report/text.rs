//! Numbers and words as a reader sees them. A minus is U+2212, thousands are parted by commas.

use std::fmt::Write;

use types::Money;

/// Text inside of an element or of a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

/// A number with so many decimals.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "\u{2013}".to_owned();
    }
    let digits = format!("{:.decimals$}", value.abs());
    let is_zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let sign = if value < 0.0 && !is_zero {
        "\u{2212}"
    } else {
        ""
    };
    let (whole, rest) = digits
        .find('.')
        .map_or((digits.as_str(), ""), |at| digits.split_at(at));
    format!("{sign}{}{rest}", parted(whole))
}

/// The same with a plus above zero.
pub(super) fn signed(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    let shows = text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    if value > 0.0 && shows {
        format!("+{text}")
    } else {
        text
    }
}

/// A fraction in percent.
pub(super) fn percent(fraction: f64, decimals: usize) -> String {
    format!("{}%", number(fraction * 100.0, decimals))
}

/// A fraction in percent with its sign.
pub(super) fn signed_percent(fraction: f64, decimals: usize) -> String {
    format!("{}%", signed(fraction * 100.0, decimals))
}

/// An amount to the cent, half a cent away from zero.
pub(super) fn amount(money: Money) -> String {
    let cents = (money.0.unsigned_abs() + 5_000) / 10_000;
    let sign = if money.0 < 0 && cents > 0 {
        "\u{2212}"
    } else {
        ""
    };
    let whole = parted(&(cents / 100).to_string());
    format!("{sign}{whole}.{:02}", cents % 100)
}

/// An amount to the cent with its sign.
pub(super) fn signed_amount(money: Money) -> String {
    let text = amount(money);
    if money.0 >= 5_000 {
        format!("+{text}")
    } else {
        text
    }
}

/// A count.
pub(super) fn count(value: u64) -> String {
    parted(&value.to_string())
}

/// A tick of an axis whose ticks are `step` apart: millions are written as such.
pub(super) fn tick(value: f64, step: f64) -> String {
    let (unit, name) = if value.abs().max(step) >= 1e9 && step >= 1e6 {
        (1e9, "G")
    } else if value.abs() >= 1e6 && step >= 1e3 {
        (1e6, "M")
    } else {
        (1.0, "")
    };
    let text = number(value / unit, decimals_of(step / unit));
    format!("{text}{name}")
}

/// Decimals that tell apart what is `step` apart.
pub(super) fn decimals_of(step: f64) -> usize {
    let mut decimals = 0;
    let mut scaled = step.abs();
    while decimals < 9 && scaled > 0.0 && (scaled - scaled.round()).abs() > scaled * 1e-6 {
        scaled *= 10.0;
        decimals += 1;
    }
    decimals
}

fn parted(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A coordinate: a tenth of a pixel is finer than what is seen.
pub(super) fn px(out: &mut String, value: f64) {
    let tenths = (value * 10.0).round() as i64;
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    if tenths < 0 {
        out.push('-');
    }
    // A String takes whatever is written to it.
    let _ = if rest == 0 {
        write!(out, "{whole}")
    } else {
        write!(out, "{whole}.{rest}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_print() {
        assert_eq!(number(1_234_567.891, 2), "1,234,567.89");
        assert_eq!(number(-0.001, 2), "0.00");
        assert_eq!(number(-12.5, 1), "\u{2212}12.5");
        assert_eq!(number(f64::NAN, 2), "\u{2013}");
        assert_eq!(signed(0.0, 2), "0.00");
        assert_eq!(signed(3.0, 0), "+3");
        assert_eq!(percent(-0.303_956, 2), "\u{2212}30.40%");
        assert_eq!(amount(Money(10_743_008_410)), "10,743.01");
        assert_eq!(amount(Money(-4_999)), "0.00");
        assert_eq!(signed_amount(Money(-5_000)), "\u{2212}0.01");
        assert_eq!(signed_amount(Money(123_456_789)), "+123.46");
    }

    #[test]
    fn ticks_have_the_decimals_of_their_step() {
        assert_eq!(tick(0.25, 0.05), "0.25");
        assert_eq!(tick(20_000.0, 10_000.0), "20,000");
        assert_eq!(tick(99_500_000.0, 500_000.0), "99.5M");
        assert_eq!(tick(-0.1, 0.1), "\u{2212}0.1");
    }

    #[test]
    fn markup_is_taken_as_text() {
        assert_eq!(
            escape("<b a=\"1\">&'"),
            "&lt;b a=&quot;1&quot;&gt;&amp;&#39;"
        );
    }
}
