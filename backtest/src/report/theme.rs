//! The colours, light and dark, and what the parts of a plot look like.
//!
//! On a page the colours are custom properties; a plot that stands alone has them written in, for programs that know
//! no custom properties.

use std::fmt::Write;

/// A name and its colour in light and in dark. Text has a contrast of at least 4.5 to 1 on `paper` and on `page`.
const COLORS: &[(&str, &str, &str)] = &[
    ("page", "#f4f5fa", "#0a0e27"),
    ("paper", "#ffffff", "#111633"),
    ("raised", "#eceef6", "#1a2045"),
    ("line", "#dfe2ee", "#262d56"),
    ("edge", "#b4b9cf", "#3c4678"),
    ("text", "#141a33", "#e8ecf8"),
    ("muted", "#545c7a", "#a3accc"),
    ("accent", "#1b5cd0", "#6db3ff"),
    ("other", "#767d99", "#8a93b8"),
    ("gain", "#0a7446", "#00d97e"),
    ("loss", "#c2261b", "#ff6a60"),
    ("warn", "#96580a", "#f5b83d"),
    ("violet", "#6a4fd0", "#a99cff"),
];

/// The parts of plots. `var(--name)` stands for a colour.
const PLOT: &str = include_str!("plot.css");

/// The custom properties of a page.
pub(super) fn properties() -> String {
    let of = |dark: bool| {
        COLORS.iter().fold(String::new(), |mut all, color| {
            let value = if dark { color.2 } else { color.1 };
            let _ = write!(all, "--{}:{value};", color.0);
            all
        })
    };
    format!(
        ":root{{color-scheme:light dark;{}}}\n@media (prefers-color-scheme:dark){{:root{{{}}}}}\n@media print{{:root{{color-scheme:light;{}}}}}\n",
        of(false),
        of(true),
        of(false)
    )
}

/// The rules of plots on a page.
pub(super) const fn rules() -> &'static str {
    PLOT
}

/// The rules of a plot alone, light.
pub(super) fn light() -> String {
    written_in(|(_, light, _)| light)
}

/// The rules of a plot alone, dark.
pub(super) fn dark() -> String {
    written_in(|(_, _, dark)| dark)
}

fn written_in(of: impl Fn(&(&str, &'static str, &'static str)) -> &'static str) -> String {
    let mut rules = PLOT.to_owned();
    for color in COLORS {
        rules = rules.replace(&format!("var(--{})", color.0), of(color));
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.2.
    fn luminance(color: &str) -> f64 {
        let part = |at: usize| {
            let value = u8::from_str_radix(&color[at..at + 2], 16).unwrap_or_default();
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn everything_is_legible_in_both_schemes() {
        let color = |name: &str, dark: bool| {
            let (_, light, night) = COLORS.iter().find(|color| color.0 == name).copied()?;
            Some(if dark { night } else { light })
        };
        assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
        for dark in [false, true] {
            for behind in ["page", "paper"] {
                let behind = color(behind, dark).unwrap_or_default();
                for name in ["text", "muted", "accent", "gain", "loss", "warn", "violet"] {
                    let found = contrast(color(name, dark).unwrap_or_default(), behind);
                    assert!(found >= 4.5, "{name}, dark {dark}: {found:.2}");
                }
                // Lines need 3 to 1.
                let found = contrast(color("other", dark).unwrap_or_default(), behind);
                assert!(found >= 3.0, "other, dark {dark}: {found:.2}");
            }
        }
    }

    #[test]
    fn a_plot_alone_has_no_custom_property() {
        for rules in [light(), dark()] {
            assert!(!rules.contains("var("), "{rules}");
        }
    }
}
