//! Simulated paths, and attempts under a plan.

use super::NONE;
use crate::challenge::{Answer, Best, Mean, Question};
use crate::monte_carlo::{FAN_SHARES, MonteCarlo, Share, quantile};
use crate::report::text::{count, number, percent, signed_percent};
use crate::report::{Band, Fact, Fan, Odds, Table};

/// A share with its interval.
fn share(share: &Share) -> String {
    let [low, high] = [share.low, share.high].map(|it| percent(it, 2));
    format!("{} ({low} to {high})", percent(share.value, 2))
}

/// A mean with its interval.
fn mean(mean: &Mean) -> String {
    let [value, low, high] = [mean.value, mean.low, mean.high].map(|it| number(it, 2));
    format!("{value} ({low} to {high})")
}

impl Fan {
    /// Of a simulation of `returns`, which are of `step`s, from `initial` units of the account's currency on.
    pub fn of(
        about: impl Into<String>,
        found: &MonteCarlo,
        returns: &[f64],
        step: &str,
        initial: f64,
    ) -> Self {
        let bands = FAN_SHARES.iter().enumerate().map(|(place, share)| Band {
            percentile: share * 100.0,
            values: found
                .fan
                .iter()
                .map(|band| initial * band.levels[place])
                .collect(),
        });
        let mut level = initial;
        let after = returns.iter().map(|it| {
            level *= 1.0 + it;
            level
        });
        let columns = FAN_SHARES.map(|share| format!("{}%", number(share * 100.0, 0)));
        let row = |name: &str, value: &dyn Fn(f64) -> String| {
            let mut row = vec![name.to_owned()];
            row.extend(FAN_SHARES.map(value));
            row
        };
        Self {
            about: about.into(),
            step: step.to_owned(),
            after: found.fan.iter().map(|band| band.after).collect(),
            bands: bands.collect(),
            actual: std::iter::once(initial).chain(after).collect(),
            table: Table {
                caption: "So many paths are below".to_owned(),
                columns: std::iter::once(String::new()).chain(columns).collect(),
                rows: vec![
                    row("Return", &|share| {
                        signed_percent(quantile(&found.ends, share) - 1.0, 2)
                    }),
                    row("Max drawdown", &|share| {
                        percent(quantile(&found.drawdowns, share), 2)
                    }),
                ],
                marked: None,
            },
            facts: vec![
                Fact::new("Lost something", share(&found.lost)),
                Fact::new(
                    format!(
                        "Lost {} of the start at any time",
                        percent(1.0 - found.simulation.ruin, 2)
                    ),
                    share(&found.ruined),
                ),
                Fact::new("Intervals", "95%, of Wilson (1927)"),
            ],
        }
    }
}

impl Odds {
    /// The answers to a question about attempts, and which size is the best.
    pub fn of(question: &Question<'_>, answers: &[Answer], best: Best) -> Self {
        let pays = answers.iter().any(|answer| answer.paid.is_some());
        let is_timed = answers.iter().any(|answer| answer.lapsed.is_some());
        let mut columns = vec!["Size", "Passed", "Failed"];
        if is_timed {
            columns.push("Lapsed");
        }
        columns.extend(["Given up", "Days to pass"]);
        let is_funded = answers.iter().any(|answer| answer.breached.is_some());
        if is_funded {
            columns.push("Breached");
        }
        if pays {
            columns.extend(["Paid", "Days to a payout", "Payouts", "Less the fee"]);
        }
        let days = |days: Option<f64>| days.map_or_else(|| NONE.to_owned(), |it| number(it, 1));
        let plain =
            |share: Option<Share>| share.map_or_else(|| NONE.to_owned(), |it| percent(it.value, 2));
        let rows = answers.iter().map(|answer| {
            let mut row = vec![
                format!("{}x", answer.size),
                answer
                    .passed
                    .as_ref()
                    .map_or_else(|| NONE.to_owned(), share),
                plain(answer.passed.map(|_| answer.failed)),
            ];
            if is_timed {
                row.push(plain(answer.lapsed));
            }
            row.extend([plain(answer.given_up), days(answer.days_to_pass)]);
            if is_funded {
                row.push(plain(answer.breached));
            }
            if pays {
                let paid = answer.paid.as_ref();
                row.extend([
                    paid.map_or_else(|| NONE.to_owned(), share),
                    days(answer.days_to_payout),
                    mean(&answer.payout),
                    mean(&answer.net),
                ]);
            }
            row
        });
        let stages: Vec<_> = question
            .stages
            .iter()
            .map(|plan| plan.name.to_string())
            .collect();
        let by = if pays {
            "payouts less the fee"
        } else {
            "passing"
        };
        Self {
            about: format!(
                "{}: {} attempts at each size, of {} days of the run drawn in blocks of {} in the mean, at most {} days a stage, seed {}.",
                stages.join(", then "),
                count(question.attempts as u64),
                count(question.days.len() as u64),
                question.block,
                question.horizon_days,
                question.seed,
            ),
            table: Table {
                caption: match best {
                    Best::Size(_) => {
                        format!("What attempts come to; the best by {by} stands out")
                    }
                    Best::AtEdge(_) => format!(
                        "What attempts come to; the best by {by} stands out, at the edge of the sizes tried"
                    ),
                    Best::Worthless if pays => {
                        "What attempts come to; none is worth its fee".to_owned()
                    }
                    Best::Worthless => "What attempts come to; none passes".to_owned(),
                    Best::Alike => "What attempts come to; all sizes are worth the same".to_owned(),
                },
                columns: columns.into_iter().map(str::to_owned).collect(),
                rows: rows.collect(),
                marked: answers
                    .iter()
                    .position(|answer| Some(answer.size) == best.size()),
            },
            note: format!(
                "Sizes are multiples of that of the run; a day's profit is {}. Intervals are 95%: of shares Wilson\u{2019}s, of means by their standard error. Rules about orders are not judged here.",
                question.drawn()
            ),
        }
    }
}
