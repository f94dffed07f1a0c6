//! Conditions: `close > 1.02 * slow[1] and rsi crosses above 30`.
//!
//! ```text
//! condition  = all { "or" all }
//! all        = comparison { "and" comparison }
//! comparison = operand ("<" | "<=" | ">" | ">=" | "==" | "crosses above" | "crosses below") operand
//! operand    = number | [ number "*" ] series [ "[" bars ago "]" ]
//! series     = open | high | low | close | volume | typical | indicator | indicator.output
//! ```

use super::LOOK_BACK_MAX;
use super::near::nearest;

/// The most comparisons of a condition.
const COMPARISONS_MAX: usize = 64;

/// A figure at a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operand {
    Number(f64),
    Series {
        slot: usize,
        factor: f64,
        /// Bars before the newest.
        ago: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Below,
    AtMost,
    Above,
    AtLeast,
    Equal,
    CrossesAbove,
    CrossesBelow,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    left: Operand,
    relation: Relation,
    right: Operand,
}

/// One of these groups, of which all hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition(Vec<Vec<Comparison>>);

/// What a word of a condition may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) found: String,
    pub(super) accepted: String,
}

/// Series by name.
pub(super) trait Names {
    fn slot(&self, name: &str) -> Option<usize>;
    fn all(&self) -> Vec<String>;
}

impl Operand {
    /// `figure(slot, ago)`: nothing where it is not known.
    pub(super) fn value(
        &self,
        ago: usize,
        figure: &impl Fn(usize, usize) -> Option<f64>,
    ) -> Option<f64> {
        match *self {
            Self::Number(number) => Some(number),
            Self::Series {
                slot,
                factor,
                ago: own,
            } => Some(factor * figure(slot, own + ago)?),
        }
    }

    const fn ago(&self) -> usize {
        match self {
            Self::Number(_) => 0,
            Self::Series { ago, .. } => *ago,
        }
    }

    const fn is_of(&self, wanted: Option<usize>) -> bool {
        match (self, wanted) {
            (Self::Series { slot, .. }, Some(wanted)) => *slot == wanted,
            _ => false,
        }
    }
}

impl Comparison {
    fn holds(&self, figure: &impl Fn(usize, usize) -> Option<f64>) -> bool {
        let at = |ago: usize| {
            self.left
                .value(ago, figure)
                .zip(self.right.value(ago, figure))
        };
        let Some((left, right)) = at(0) else {
            return false;
        };
        match self.relation {
            Relation::Below => left < right,
            Relation::AtMost => left <= right,
            Relation::Above => left > right,
            Relation::AtLeast => left >= right,
            Relation::Equal => left.total_cmp(&right).is_eq(),
            Relation::CrossesAbove => {
                left > right && at(1).is_some_and(|(left, right)| left <= right)
            }
            Relation::CrossesBelow => {
                left < right && at(1).is_some_and(|(left, right)| left >= right)
            }
        }
    }
}

impl Condition {
    /// Whether it holds at the newest bar; what is not known yet holds nowhere.
    pub(super) fn holds(&self, figure: &impl Fn(usize, usize) -> Option<f64>) -> bool {
        let mut groups = self.0.iter();
        groups.any(|group| group.iter().all(|comparison| comparison.holds(figure)))
    }

    /// The most bars that it looks back.
    pub(super) fn look_back(&self) -> usize {
        let comparisons = self.0.iter().flatten();
        let agos = comparisons.map(|it| 1 + it.left.ago().max(it.right.ago()));
        agos.max().unwrap_or(0)
    }

    /// Whether a series is part of it.
    pub(super) fn looks_at(&self, slot: Option<usize>) -> bool {
        let mut comparisons = self.0.iter().flatten();
        comparisons.any(|it| it.left.is_of(slot) || it.right.is_of(slot))
    }

    pub(super) fn parse(text: &str, names: &impl Names) -> Result<Self, Mistake> {
        let words = words(text)?;
        let mut reader = Reader {
            words: &words,
            names,
        };
        let mut groups = vec![Vec::new()];
        let mut count = 0;
        loop {
            let comparison = reader.comparison()?;
            count += 1;
            if count > COMPARISONS_MAX {
                return Err(Mistake {
                    found: format!("{count} comparisons"),
                    accepted: format!("at most {COMPARISONS_MAX}"),
                });
            }
            if let Some(group) = groups.last_mut() {
                group.push(comparison);
            }
            match reader.next() {
                None => return Ok(Self(groups)),
                Some("and") => {}
                Some("or") => groups.push(Vec::new()),
                Some(other) => return Err(mistake(other, "'and', 'or' or the end")),
            }
        }
    }
}

/// Reads `2 * atr`.
pub(super) fn operand(text: &str, names: &impl Names) -> Result<Operand, Mistake> {
    let words = words(text)?;
    let mut reader = Reader {
        words: &words,
        names,
    };
    let operand = reader.operand()?;
    match reader.next() {
        None => Ok(operand),
        Some(other) => Err(mistake(other, "the end")),
    }
}

fn mistake(found: &str, accepted: &str) -> Mistake {
    Mistake {
        found: found.to_owned(),
        accepted: accepted.to_owned(),
    }
}

/// Names, numbers and signs.
fn words(text: &str) -> Result<Vec<String>, Mistake> {
    let mut words: Vec<String> = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut word = letter.to_string();
        if letter.is_whitespace() {
            continue;
        }
        if letter.is_ascii_alphanumeric() || "_.-+".contains(letter) {
            while let Some(next) =
                letters.next_if(|next| next.is_ascii_alphanumeric() || "_.".contains(*next))
            {
                word.push(next);
            }
        } else if "<>=".contains(letter) {
            if let Some(next) = letters.next_if_eq(&'=') {
                word.push(next);
            }
        } else if !"*[]".contains(letter) {
            return Err(mistake(
                &word,
                "names, numbers, < <= > >= ==, * and [bars ago]",
            ));
        }
        words.push(word);
    }
    Ok(words)
}

struct Reader<'a, N> {
    words: &'a [String],
    names: &'a N,
}

impl<'a, N: Names> Reader<'a, N> {
    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.first().map(String::as_str)
    }

    fn comparison(&mut self) -> Result<Comparison, Mistake> {
        let left = self.operand()?;
        let relation = match self.next() {
            Some("<") => Relation::Below,
            Some("<=") => Relation::AtMost,
            Some(">") => Relation::Above,
            Some(">=") => Relation::AtLeast,
            Some("==") => Relation::Equal,
            Some("crosses") => match self.next() {
                Some("above") => Relation::CrossesAbove,
                Some("below") => Relation::CrossesBelow,
                other => return Err(mistake(other.unwrap_or("the end"), "'above' or 'below'")),
            },
            other => {
                let found = other.unwrap_or("the end");
                return Err(mistake(
                    found,
                    "<, <=, >, >=, ==, crosses above, crosses below",
                ));
            }
        };
        let right = self.operand()?;
        Ok(Comparison {
            left,
            relation,
            right,
        })
    }

    fn operand(&mut self) -> Result<Operand, Mistake> {
        let Some(word) = self.next() else {
            return Err(mistake("the end", "a number or a series"));
        };
        let Some(number) = number(word) else {
            return self.series(word, 1.0);
        };
        if self.peek() != Some("*") {
            return Ok(Operand::Number(number));
        }
        self.next();
        match self.next() {
            Some(name) => self.series(name, number),
            None => Err(mistake("the end", "a series")),
        }
    }

    fn series(&mut self, name: &str, factor: f64) -> Result<Operand, Mistake> {
        let Some(slot) = self.names.slot(name) else {
            let all = self.names.all();
            let near = nearest(name, all.iter().map(String::as_str));
            let accepted = near.map_or_else(
                || all.join(", "),
                |near| format!("{} (did you mean '{near}'?)", all.join(", ")),
            );
            return Err(mistake(name, &accepted));
        };
        let mut ago = 0;
        if self.peek() == Some("[") {
            self.next();
            let word = self.next().unwrap_or("the end");
            let bars = word.parse().ok().filter(|bars| *bars <= LOOK_BACK_MAX);
            ago = bars.ok_or_else(|| {
                mistake(
                    word,
                    &format!("bars ago, a whole number from 0 to {LOOK_BACK_MAX}"),
                )
            })?;
            match self.next() {
                Some("]") => {}
                other => return Err(mistake(other.unwrap_or("the end"), "']'")),
            }
        }
        Ok(Operand::Series { slot, factor, ago })
    }
}

fn number(word: &str) -> Option<f64> {
    let first = word.chars().next()?;
    let is_number = first.is_ascii_digit() || "+-.".contains(first);
    let number: f64 = word.parse().ok().filter(|_| is_number)?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known;

    impl Names for Known {
        fn slot(&self, name: &str) -> Option<usize> {
            ["close", "fast", "slow"]
                .iter()
                .position(|known| *known == name)
        }
        fn all(&self) -> Vec<String> {
            ["close", "fast", "slow"].map(str::to_owned).to_vec()
        }
    }

    /// Figures of `close`, `fast` and `slow`, oldest first.
    fn holds(text: &str, rows: &[[f64; 3]]) -> bool {
        let figure = |slot: usize, ago: usize| {
            let place = rows.len().checked_sub(ago + 1)?;
            Some(rows[place][slot])
        };
        Condition::parse(text, &Known).unwrap().holds(&figure)
    }

    #[test]
    fn and_binds_before_or() {
        let row = [[10.0, 5.0, 7.0]];
        assert!(holds("close > 9", &row));
        assert!(!holds("close > 9 and fast > slow", &row));
        assert!(holds("close > 9 or fast > slow and close < 0", &row));
        assert!(holds("fast > slow and close < 0 or close == 10", &row));
        assert!(holds("close >= 2 * fast and slow <= 1.4 * fast", &row));
        assert!(!holds("close < -1.5", &row));
    }

    #[test]
    fn crosses_need_two_bars_and_a_tie_counts_as_the_other_side() {
        let above = "fast crosses above slow";
        assert!(!holds(above, &[[0.0, 2.0, 1.0]]));
        assert!(holds(above, &[[0.0, 1.0, 1.0], [0.0, 2.0, 1.0]]));
        assert!(!holds(above, &[[0.0, 2.0, 1.0], [0.0, 3.0, 1.0]]));
        assert!(holds(
            "fast crosses below 2",
            &[[0.0, 2.0, 0.0], [0.0, 1.0, 0.0]]
        ));
        let rows = [[10.0, 0.0, 0.0], [11.0, 0.0, 0.0], [9.0, 0.0, 0.0]];
        assert!(holds("close < close[2] and close[1] > close[2]", &rows));
        assert!(!holds("close < close[3]", &rows));
    }

    #[test]
    fn mistakes_name_what_was_found() {
        let said = |text: &str| {
            let Mistake { found, accepted } = Condition::parse(text, &Known).unwrap_err();
            format!("{found}: {accepted}")
        };
        assert_eq!(
            said("fsat > slow"),
            "fsat: close, fast, slow (did you mean 'fast'?)"
        );
        assert_eq!(
            said("fast slow"),
            "slow: <, <=, >, >=, ==, crosses above, crosses below"
        );
        assert_eq!(said("fast crosses over slow"), "over: 'above' or 'below'");
        assert_eq!(said("fast > slow fast"), "fast: 'and', 'or' or the end");
        assert_eq!(said("fast > "), "the end: a number or a series");
        assert_eq!(
            said("fast[x] > 1"),
            "x: bars ago, a whole number from 0 to 10000"
        );
        assert_eq!(
            said("fast > 1 && slow > 1"),
            "&: names, numbers, < <= > >= ==, * and [bars ago]"
        );
    }
}
