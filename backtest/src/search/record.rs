//! Trials as lines of text, so that a search that was stopped goes on where it was.

use std::fmt::Write as _;

use types::{Money, Ratio};

use super::{Figures, Moments, Path, Trial, Verdict};
use crate::strategy::Values;

/// First words of a record.
const FORMAT: &str = "dynasty-search 4";

/// What a search is of: two with the same one have the same trials. FNV-1a of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Fingerprint {
    /// Takes something in.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
        // What was taken in ends here.
        self.0 = (self.0 ^ 0xFF).wrapping_mul(0x0100_0000_01B3);
    }

    /// The first line of a record.
    pub fn head(self) -> String {
        format!("{FORMAT} {:016x}\n", self.0)
    }

    /// Whether a record that begins with this line is of the same search.
    pub fn is_head(self, line: &str) -> bool {
        self.head().trim_end() == line.trim_end()
    }
}

/// The line of a trial, with its end.
pub fn to_line(trial: &Trial) -> String {
    let mut line = trial.place.to_string();
    let Some(figures) = &trial.figures else {
        line.push_str("\tnone\n");
        return line;
    };
    let path = match trial.path {
        Path::Columns => "columns",
        Path::Engine => "engine",
    };
    let sharpe = figures
        .sharpe
        .map_or("none".to_owned(), |it| it.to_string());
    // Writing to a string cannot fail.
    let _ = write!(
        line,
        "\t{path}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{sharpe}\t{}\t{}\t",
        figures.initial.0,
        figures.equity.0,
        figures.balance.0,
        figures.fees.0,
        figures.fills,
        figures.trips,
        figures.wins,
        figures.gross_profit.0,
        figures.gross_loss.0,
        figures.returns,
        figures.max_drawdown,
        figures.periods_per_year,
    );
    for cell in &figures.cells {
        let _ = write!(line, "{}:{}:{} ", cell.count, cell.sum, cell.squares);
    }
    match figures.verdict {
        Some(verdict) => {
            let target = verdict
                .target_reached
                .map_or("none".to_owned(), |it| it.0.to_string());
            let _ = write!(line, "\t{}:{}:{target}", verdict.word(), verdict.days);
        }
        None => line.push_str("\tnone"),
    }
    // A line that was cut off is known by its missing end.
    line.push_str("\t.\n");
    line
}

/// The trial of a line; `None` of one that was cut off or is none. `values`: of the trial at a place of the search, if
/// there is one.
pub fn of_line(line: &str, values: &dyn Fn(usize) -> Option<Values>) -> Option<Trial> {
    let mut fields = line.strip_suffix('\n')?.split('\t');
    let place: usize = fields.next()?.parse().ok()?;
    let values = values(place)?;
    let path = match fields.next()? {
        "columns" => Path::Columns,
        "engine" => Path::Engine,
        "none" => {
            return Some(Trial {
                place,
                values,
                figures: None,
                path: Path::Engine,
            });
        }
        _ => return None,
    };
    let mut integer = || fields.next()?.parse::<i64>().ok();
    let mut figures = Figures {
        initial: Money(integer()?),
        equity: Money(integer()?),
        balance: Money(integer()?),
        fees: Money(integer()?),
        fills: integer()? as u64,
        trips: integer()? as u64,
        wins: integer()? as u64,
        gross_profit: Money(integer()?),
        gross_loss: Money(integer()?),
        returns: integer()? as u64,
        periods_per_year: 0.0,
        sharpe: None,
        max_drawdown: 0.0,
        verdict: None,
        cells: Vec::new(),
    };
    figures.sharpe = match fields.next()? {
        "none" => None,
        number => Some(number.parse().ok()?),
    };
    figures.max_drawdown = fields.next()?.parse().ok()?;
    figures.periods_per_year = fields.next()?.parse().ok()?;
    for cell in fields.next()?.split_whitespace() {
        let mut parts = cell.split(':');
        figures.cells.push(Moments {
            count: parts.next()?.parse().ok()?,
            sum: parts.next()?.parse().ok()?,
            squares: parts.next()?.parse().ok()?,
        });
    }
    figures.verdict = match fields.next()? {
        "none" => None,
        text => {
            let mut parts = text.splitn(3, ':');
            Some(Verdict {
                state: Verdict::state_of(parts.next()?)?,
                days: parts.next()?.parse().ok()?,
                target_reached: match parts.next()? {
                    "none" => None,
                    share => Some(Ratio(share.parse().ok()?)),
                },
            })
        }
    };
    (fields.next()? == ".").then_some(Trial {
        place,
        values,
        figures: Some(figures),
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::Parameter;

    const PARAMETERS: &[Parameter] = &[Parameter::integer("fast", 10, 1, 500, "bars")];

    #[test]
    fn a_trial_comes_back_as_it_was() {
        let points = vec![Values::defaults(PARAMETERS); 3];
        let figures = Figures {
            initial: Money::whole(10_000),
            equity: Money(10_743_008_410),
            balance: Money(-3),
            fees: Money(1),
            fills: 65,
            trips: 32,
            wins: 16,
            gross_profit: Money(5),
            gross_loss: Money(7),
            returns: 2_147,
            periods_per_year: 252.0,
            sharpe: Some(0.1 + 0.2),
            max_drawdown: 1.0 / 3.0,
            verdict: Some(Verdict {
                state: types::AccountState::Failed,
                days: 161,
                target_reached: Some(Ratio(-250_000_000)),
            }),
            cells: vec![
                Moments {
                    count: 3,
                    sum: -1e-300,
                    squares: 2.0 / 3.0,
                },
                Moments::default(),
            ],
        };
        let trial = Trial {
            place: 2,
            values: points[2].clone(),
            figures: Some(figures),
            path: Path::Columns,
        };
        let line = to_line(&trial);
        let known = |place: usize| points.get(place).cloned();
        assert_eq!(of_line(&line, &known).as_ref(), Some(&trial));
        let refused = Trial {
            figures: None,
            path: Path::Engine,
            ..trial
        };
        assert_eq!(of_line(&to_line(&refused), &known), Some(refused));
        // Cut off anywhere, it is none.
        for end in 0..line.len() {
            assert_eq!(of_line(&line[..end], &known), None, "{end}");
        }
        assert_eq!(
            of_line(&line, &|place| points[..2].get(place).cloned()),
            None
        );
    }

    #[test]
    fn a_record_is_of_one_search() {
        let (mut one, mut other) = (Fingerprint::default(), Fingerprint::default());
        one.add(b"ab");
        one.add(b"c");
        other.add(b"a");
        other.add(b"bc");
        assert!(one.is_head(&one.head()) && !one.is_head(&other.head()));
    }
}
