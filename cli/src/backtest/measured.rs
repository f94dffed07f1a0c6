//! The metrics of a run, as the command line tells them.

use ::backtest::metric::{
    self, Metric, PeriodReturn, RecordError, Unit, by_day, by_month, by_year,
};
use ::backtest::outcome::Outcome;
use ::backtest::report::compared;
use serde_json::{Value, json};
use types::Ratio;

use super::{Args, By, Ran};

/// Of all metrics those that a summary shows.
const SHOWN: [&str; 8] = [
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "profit_factor",
    "sqn",
];

/// The conventions that the command line chooses.
pub(super) fn settings(args: &Args, outcome: &Outcome) -> metric::Settings {
    metric::Settings {
        periods_per_year: args
            .periods_per_year
            .unwrap_or_else(|| outcome.periods_per_year()),
        risk_free: args.risk_free.0 as f64 / Ratio::ONE.0 as f64,
        ..metric::Settings::default()
    }
}

/// Every metric of a run and how many periods made a year, or why there are none.
pub(super) fn metrics(ran: &Ran<'_>) -> Result<(Vec<Metric>, f64), RecordError> {
    let settings = settings(ran.args, ran.outcome);
    let benchmark = ran.benchmark.as_ref();
    let benchmark = benchmark.and_then(|it| compared(ran.outcome, it));
    let instruments = &ran.settings.instruments;
    let metrics = ran
        .outcome
        .metrics(instruments, benchmark.as_deref(), &settings)?;
    Ok((metrics, settings.periods_per_year))
}

/// Lines of a summary: a few metrics on one line, or with `--metrics` each with its convention.
pub(super) fn lines(ran: &Ran<'_>) -> Vec<(&'static str, String)> {
    let (metrics, periods) = match metrics(ran) {
        Ok(measured) => measured,
        Err(error) => return vec![("metrics", format!("none: {error}"))],
    };
    let mut lines = vec![("a year", format!("{periods} steps of the equity curve"))];
    for metric in &metrics {
        let definition = metric.definition;
        if ran.args.metrics {
            let value = said(metric);
            lines.push((
                definition.name,
                format!("{value:<24} {}", definition.convention),
            ));
        } else if SHOWN.contains(&definition.name) {
            lines.push((definition.name, said(metric)));
        }
    }
    lines
}

/// The value with its unit, or why there is none.
fn said(metric: &Metric) -> String {
    match (metric.value, metric.definition.unit) {
        (Err(reason), _) => format!("none: {reason}"),
        (Ok(value), Unit::Fraction) => format!("{:.4}%", value * 100.0),
        (Ok(value), Unit::Money) => format!("{value:.2}"),
        (Ok(value), Unit::Ratio) => format!("{value:.6}"),
        (Ok(value), Unit::Count) => format!("{value:.0}"),
        (Ok(value), Unit::Days) => format!("{value:.1} days"),
    }
}

impl By {
    const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// What a period is called, as ISO 8601 has it.
    fn name(self, of: &PeriodReturn) -> String {
        match self {
            Self::Day => format!("{}-{:02}-{:02}", of.year, of.month, of.day),
            Self::Month => format!("{}-{:02}", of.year, of.month),
            Self::Year => of.year.to_string(),
        }
    }
}

/// The periods that are asked for, each with its name and its return.
fn periods(ran: &Ran<'_>) -> Option<(By, Vec<(String, f64)>)> {
    let by = ran.args.by?;
    let (points, zone) = (ran.outcome.points(), metric::Settings::default().zone);
    let returns = match by {
        By::Day => by_day(&points, &zone),
        By::Month => by_month(&points, &zone),
        By::Year => by_year(&points, &zone),
    };
    let named = returns.iter().map(|it| (by.name(it), it.value));
    Some((by, named.collect()))
}

/// Lines of a summary: the return of each period that is asked for.
pub(super) fn period_lines(ran: &Ran<'_>) -> Vec<(&'static str, String)> {
    let Some((by, periods)) = periods(ran) else {
        return Vec::new();
    };
    let lines = periods.into_iter().map(|(name, value)| {
        let percent = value * 100.0;
        (by.word(), format!("{name:<10}  {percent:>9.4}%"))
    });
    lines.collect()
}

/// The same for programs.
pub(super) fn period_object(ran: &Ran<'_>) -> Option<Value> {
    let (by, periods) = periods(ran)?;
    let periods = periods.into_iter();
    let periods = periods.map(|(name, value)| json!({ "period": name, "return": value }));
    Some(json!({ "by": by.word(), "periods": periods.collect::<Vec<_>>() }))
}

/// Every metric by name: its value, or null with the reason.
pub(super) fn object(ran: &Ran<'_>) -> Value {
    let (metrics, periods) = match metrics(ran) {
        Ok(measured) => measured,
        Err(error) => return json!({ "undefined": error.to_string() }),
    };
    let mut object = serde_json::Map::new();
    object.insert("periods_per_year".to_owned(), json!(periods));
    for metric in metrics {
        let value = match metric.value {
            Ok(value) => json!({ "value": value }),
            Err(reason) => json!({ "value": null, "reason": reason.to_string() }),
        };
        object.insert(metric.definition.name.to_owned(), value);
    }
    Value::Object(object)
}
