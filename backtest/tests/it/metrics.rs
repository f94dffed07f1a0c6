//! Metrics against the libraries of the field, against figures of a pencil, and against each other.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use backtest::metric::{
    self, ALL, Counted, Facts, OF_KEPT, Point, Record, RecordError, Running, Settings, Tally,
    Trade, Trials, Undefined, by_day, by_month, by_year, drawdowns, rolling,
};
use proptest::prelude::*;
use serde_json::Value;
use types::TimestampNs;

const DAY_NS: u64 = 86_400_000_000_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

struct Curve {
    name: String,
    points: Vec<Point>,
    trades: Vec<Trade>,
    benchmark: Vec<f64>,
    settings: Settings,
    months: Vec<(i16, i8, f64)>,
    /// Depth and valley of the deepest drawdowns.
    deepest: Vec<(f64, u64)>,
    /// Point, Sharpe ratio and volatility over 126 periods.
    rolling: Vec<(usize, Option<f64>, f64)>,
    /// Metric, source, value.
    expected: Vec<(String, String, f64)>,
}

fn list<T>(value: &Value, of: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(of).collect()
}

fn curves() -> Vec<Curve> {
    let file = std::fs::File::open(root().join("fixtures/metrics/golden.json.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    list(&value, |curve| {
        // Dates of pandas are whole days, which are told by their midnights; here those end the day before.
        let noon = |ts: &Value| TimestampNs(ts.as_u64().unwrap() + DAY_NS / 2);
        let times = list(&curve["ts_ns"], noon);
        let equity = list(&curve["equity"], |value| value.as_f64().unwrap());
        let exposed = list(&curve["exposed"], |value| value.as_bool().unwrap());
        let points = times
            .iter()
            .zip(equity)
            .zip(exposed)
            .map(|((&ts, equity), exposed)| Point {
                ts,
                equity,
                exposed,
            })
            .collect();
        let trades = list(&curve["trades"], |trade| Trade {
            entry_ts: noon(&trade["entry_ns"]),
            exit_ts: noon(&trade["exit_ns"]),
            long: trade["long"].as_bool().unwrap(),
            profit: trade["profit"].as_f64().unwrap(),
            fees: trade["fees"].as_f64().unwrap(),
            entry_value: trade["entry_value"].as_f64().unwrap(),
            exit_value: trade["exit_value"].as_f64().unwrap(),
            bars: trade["bars"].as_u64().unwrap() as u32,
        });
        Curve {
            name: curve["name"].as_str().unwrap().to_owned(),
            points,
            trades,
            benchmark: list(&curve["benchmark"], |value| value.as_f64().unwrap()),
            settings: Settings {
                risk_free: curve["risk_free"].as_f64().unwrap(),
                trials: Some(Trials {
                    count: curve["trials"]["count"].as_u64().unwrap(),
                    variance: curve["trials"]["variance"].as_f64().unwrap(),
                }),
                ..Settings::default()
            },
            months: list(&curve["months"], |row| {
                let [year, month] = [0, 1].map(|index| row[index].as_i64().unwrap());
                (year as i16, month as i8, row[2].as_f64().unwrap())
            }),
            deepest: list(&curve["deepest"], |row| {
                (row[0].as_f64().unwrap(), noon(&row[1]).0)
            }),
            rolling: list(&curve["rolling"], |row| {
                let place = row[0].as_u64().unwrap() as usize;
                (place, row[1].as_f64(), row[2].as_f64().unwrap())
            }),
            expected: list(&curve["expected"], |row| {
                let text = |field: &str| row[field].as_str().unwrap().to_owned();
                (
                    text("metric"),
                    text("source"),
                    row["value"].as_f64().unwrap(),
                )
            }),
        }
    })
}

impl Curve {
    fn record(&self) -> Record<'_> {
        Record {
            points: &self.points,
            trades: &self.trades,
            benchmark: Some(&self.benchmark),
        }
    }
}

fn close(ours: f64, expected: f64) -> bool {
    (ours - expected).abs() <= 1e-9 * expected.abs() + 1e-15
}

#[test]
fn every_metric_is_what_the_libraries_say() {
    let mut wrong = Vec::new();
    let mut checked = BTreeSet::new();
    for curve in curves() {
        let facts = Facts::new(curve.record(), &curve.settings).unwrap();
        for (metric, source, expected) in &curve.expected {
            let definition = metric::find(metric).unwrap();
            checked.insert(definition.name);
            let ours = definition.of(&facts);
            if !ours.is_ok_and(|ours| close(ours, *expected)) {
                wrong.push(format!(
                    "{}: {metric} {ours:?}, {source} {expected:?}",
                    curve.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for definition in ALL.iter().flat_map(|(_, family)| family.iter()) {
        assert!(
            checked.contains(definition.name),
            "nobody was asked for {}",
            definition.name
        );
    }
}

/// The figures of GOOG's closes that empyrical, quantstats and ffn agree on.
#[test]
fn goog_has_the_figures_that_are_known_of_it() {
    let curves = curves();
    let goog = curves.iter().find(|curve| curve.name == "goog").unwrap();
    assert_eq!(goog.points.len(), 2_148);
    let facts = Facts::new(goog.record(), &goog.settings).unwrap();
    for (metric, known) in [
        ("sharpe", 0.881_518_569_9),
        ("sortino", 1.354_167_363_2),
        ("volatility", 0.344_057_861_6),
        ("max_drawdown", 0.652_947_599_7),
        ("cagr", 0.277_080_665_3),
        ("calmar", 0.424_353_601_2),
        ("value_at_risk", -0.030_780_025_1),
        ("value_at_risk_normal", -0.034_446_367_6),
        ("expected_shortfall", -0.048_089_585_0),
        ("omega", 1.179_719_879_8),
        ("ulcer_index", 0.251_248_329_8),
    ] {
        let ours = metric::find(metric).unwrap().of(&facts).unwrap();
        assert!(
            (ours - known).abs() < 6e-11,
            "{metric}: {ours}, known {known}"
        );
    }
}

/// SMA 10/30 over GOOG with one share, filled at the next open: 32 closed trades and one left open.
#[test]
fn a_cross_of_averages_has_the_figures_that_are_known_of_it() {
    let curves = curves();
    let run = curves
        .iter()
        .find(|curve| curve.name == "one_share")
        .unwrap();
    let facts = Facts::new(run.record(), &run.settings).unwrap();
    for (metric, known) in [
        ("final_equity", 10_743.008_41),
        ("trades", 32.0),
        ("sharpe", 0.810_273_777_7),
        ("max_drawdown", 0.019_320_902_4),
        ("win_rate", 0.5),
        ("profit_factor", 2.658_968_977_8),
        ("expectancy", 19.766_044_062_5),
        ("sqn", 1.952_380_090_2),
    ] {
        let ours = metric::find(metric).unwrap().of(&facts).unwrap();
        assert!(
            (ours - known).abs() < 6e-11 * known.max(1.0),
            "{metric}: {ours}, known {known}"
        );
    }
}

#[test]
fn months_and_years_are_those_of_a_calendar() {
    for curve in curves() {
        let months = by_month(&curve.points, &curve.settings.zone);
        assert_eq!(months.len(), curve.months.len());
        for (ours, (year, month, value)) in months.iter().zip(&curve.months) {
            assert_eq!((ours.year, ours.month, ours.day), (*year, *month, 0));
            assert!((ours.value - value).abs() < 1e-12, "{ours:?} {value}");
        }
        // However the curve is cut, the pieces make the whole.
        let whole = curve.points.last().unwrap().equity / curve.points[0].equity;
        for rows in [
            by_day(&curve.points, &curve.settings.zone),
            months,
            by_year(&curve.points, &curve.settings.zone),
        ] {
            let product: f64 = rows.iter().map(|row| 1.0 + row.value).product();
            assert!((product / whole - 1.0).abs() < 1e-10);
        }
    }
}

#[test]
fn the_deepest_drawdowns_are_where_quantstats_finds_them() {
    for curve in curves() {
        let mut stretches = drawdowns(&curve.points);
        stretches.sort_by(|one, other| other.depth.total_cmp(&one.depth));
        assert_eq!(curve.deepest.len(), 5);
        for (ours, (depth, valley)) in stretches.iter().zip(&curve.deepest) {
            assert!(close(ours.depth, *depth), "{ours:?} {depth}");
            assert_eq!(ours.valley_ts.0, *valley);
            assert!(ours.peak_ts < ours.valley_ts && ours.valley_ts <= ours.end_ts);
        }
    }
}

#[test]
fn rolling_figures_are_those_of_quantstats() {
    for curve in curves() {
        let facts = Facts::new(curve.record(), &curve.settings).unwrap();
        let rows = rolling(&facts, 126).unwrap();
        assert_eq!(rows.len(), curve.points.len() - 126);
        assert!(curve.rolling.len() > 30);
        for (place, sharpe, volatility) in &curve.rolling {
            let ours = rows[place - 126];
            assert_eq!(ours.ts, curve.points[*place].ts);
            assert!(
                (ours.volatility - volatility).abs() < 1e-9,
                "{ours:?} {volatility}"
            );
            match (ours.sharpe, sharpe) {
                (Some(ours), Some(sharpe)) => {
                    assert!((ours - sharpe).abs() < 1e-9, "{ours} {sharpe}");
                }
                (ours, sharpe) => assert_eq!(ours, *sharpe),
            }
        }
        assert!(rolling(&facts, 1).is_err());
    }
}

#[test]
fn a_day_begins_where_the_zone_says() {
    // 2024-01-01 04:00 and 2024-01-01 06:00 UTC: in New York the last hour of one year and the first of the next.
    let points = [
        (1_704_081_600, 100.0),
        (1_704_084_600, 110.0),
        (1_704_088_800, 121.0),
    ]
    .map(|(seconds, equity)| Point {
        ts: TimestampNs(seconds * 1_000_000_000),
        equity,
        exposed: true,
    });
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let years: Vec<_> = by_year(&points, &zone).iter().map(|row| row.year).collect();
    assert_eq!(years, [2023, 2024]);
    assert_eq!(by_year(&points, &jiff::tz::TimeZone::UTC).len(), 1);
}

fn points(equity: &[f64]) -> Vec<Point> {
    equity
        .iter()
        .zip(0..)
        .map(|(&equity, day)| Point {
            ts: TimestampNs(day * DAY_NS),
            equity,
            exposed: day % 2 == 1,
        })
        .collect()
}

fn trade(profit: f64) -> Trade {
    Trade {
        entry_ts: TimestampNs(0),
        exit_ts: TimestampNs(DAY_NS),
        long: true,
        profit,
        fees: 1.0,
        entry_value: 1_000.0,
        exit_value: 1_000.0 + profit,
        bars: 2,
    }
}

fn figure(name: &str, points: &[Point], trades: &[Trade]) -> metric::Figure {
    let record = Record {
        points,
        trades,
        benchmark: None,
    };
    let settings = Settings::default();
    let facts = Facts::new(record, &settings).unwrap();
    metric::find(name).unwrap().of(&facts)
}

/// 100, 110, 99, 121, 60.5, 121: returns +10%, -10%, +22.2%, -50%, +100%.
#[test]
fn figures_that_a_pencil_finds() {
    let curve = points(&[100.0, 110.0, 99.0, 121.0, 60.5, 121.0]);
    let trades = [30.0, -10.0, 20.0, 0.0, -20.0, -5.0].map(trade);
    for (name, expected) in [
        ("total_return", 0.21),
        ("max_drawdown", 0.5),
        ("max_drawdown_money", 60.5),
        ("drawdowns", 2.0),
        ("average_drawdown", 0.3),
        ("max_drawdown_duration", 2.0),
        ("time_under_water", 0.4),
        ("pain_index", 0.12),
        ("ulcer_index", (0.26_f64 / 4.0).sqrt()),
        ("positive_periods", 0.6),
        ("exposure", 0.5),
        ("win_rate", 2.0 / 6.0),
        ("profit_factor", 50.0 / 35.0),
        ("payoff_ratio", 25.0 / (35.0 / 3.0)),
        ("expectancy", 2.5),
        ("longest_winning_streak", 1.0),
        ("longest_losing_streak", 2.0),
        ("fees", 6.0),
        ("average_trade_return", 0.0025),
        ("recovery_factor", 21.0 / 60.5),
    ] {
        let ours = figure(name, &curve, &trades).unwrap();
        assert!(
            (ours - expected).abs() < 1e-12,
            "{name}: {ours}, by hand {expected}"
        );
    }
}

#[test]
fn what_is_undefined_says_why() {
    let flat = points(&[100.0; 5]);
    let rising = points(&[100.0, 101.0, 103.0]);
    let ruined = points(&[100.0, -1.0, 50.0]);
    for (name, curve, reason) in [
        ("sharpe", &flat, Undefined::Still),
        ("skew", &flat, Undefined::Still),
        ("sortino", &flat, Undefined::NoLoss),
        ("calmar", &rising, Undefined::NoDrawdown),
        ("omega", &rising, Undefined::NoLoss),
        ("max_drawdown_duration", &rising, Undefined::NoDrawdown),
        ("recovery_factor", &rising, Undefined::NoDrawdown),
        ("cagr", &ruined, Undefined::NotPositive),
        ("max_drawdown", &ruined, Undefined::NotPositive),
        ("sharpe", &Vec::new(), Undefined::Short),
        ("total_return", &points(&[100.0]), Undefined::Short),
        ("beta", &rising, Undefined::NoBenchmark),
        ("win_rate", &rising, Undefined::NoTrades),
        ("deflated_sharpe", &rising, Undefined::NoTrials),
    ] {
        assert_eq!(figure(name, curve, &[]), Err(reason), "{name}");
    }
    let same = [100.0, 101.0, 103.0];
    let record = Record {
        points: &rising,
        trades: &[],
        benchmark: Some(&same),
    };
    let settings = Settings::default();
    let facts = Facts::new(record, &settings).unwrap();
    let of = |name| metric::find(name).unwrap().of(&facts);
    assert_eq!(of("information_ratio"), Err(Undefined::SameAsBenchmark));
    assert_eq!(of("down_capture"), Err(Undefined::BenchmarkNeverFell));
    let wins = [1.0, 2.0].map(trade);
    assert_eq!(
        figure("profit_factor", &rising, &wins),
        Err(Undefined::NoLosses)
    );
    assert_eq!(figure("sqn", &rising, &wins[..1]), Err(Undefined::OneTrade));
    assert_eq!(figure("max_drawdown", &rising, &[]), Ok(0.0));
    // Equal returns do not vary, though their mean has a rounding.
    assert_eq!(
        figure("sharpe", &points(&[100.0, 110.0, 121.0, 133.1]), &[]),
        Err(Undefined::Still)
    );
}

#[test]
fn a_record_out_of_order_is_refused_by_name() {
    let good = points(&[100.0, 101.0]);
    let refuse =
        |record: Record<'_>, settings: &Settings| Facts::new(record, settings).unwrap_err();
    let record = Record {
        points: &good,
        trades: &[],
        benchmark: None,
    };
    let mut back = good.clone();
    back[1].ts = TimestampNs(0);
    let error = refuse(
        Record {
            points: &back,
            ..record
        },
        &Settings::default(),
    );
    assert!(
        matches!(error, RecordError::Order { index: 1, .. }),
        "{error}"
    );
    let error = refuse(
        Record {
            benchmark: Some(&[1.0]),
            ..record
        },
        &Settings::default(),
    );
    assert_eq!(
        error.to_string(),
        "the benchmark has 1 values: one for each of 2 points was expected"
    );
    let settings = Settings {
        confidence: 95.0,
        ..Settings::default()
    };
    assert_eq!(
        refuse(record, &settings).to_string(),
        "confidence = 95: accepted is a fraction above 0.5 and below 1"
    );
    let nan = points(&[100.0, f64::NAN]);
    assert!(
        Facts::new(
            Record {
                points: &nan,
                ..record
            },
            &Settings::default()
        )
        .is_err()
    );
}

/// What a curve says as it comes is what it says as a whole, by the same name, whichever points are kept; and so do trades.
fn hold_running(points: &[Point], trades: &[Trade]) -> Result<(), TestCaseError> {
    let settings = Settings {
        trials: Some(Trials {
            count: 5,
            variance: 0.01,
        }),
        ..Settings::default()
    };
    let whole = Record {
        points,
        trades,
        benchmark: None,
    };
    let whole = Facts::new(whole, &settings).unwrap();
    let (mut running, mut tally) = (Running::new(86_400_000_000_000), Tally::new());
    for point in points {
        running.push(point);
    }
    for trade in trades {
        tally.push(trade);
    }
    let last = points.len().saturating_sub(1);
    let kept = points.iter().enumerate();
    let kept = kept.filter(|(place, _)| place % 3 == 0 || *place == last);
    let kept: Vec<Point> = kept.map(|(_, point)| *point).collect();
    let record = Record {
        points: &kept,
        trades: &trades[..trades.len() / 2],
        benchmark: None,
    };
    let counted = Counted {
        curve: Some(&running),
        trades: Some(&tally),
    };
    let facts = Facts::of(record, counted, &settings).unwrap();
    for definition in ALL.iter().flat_map(|(_, family)| family.iter()) {
        if OF_KEPT.contains(&definition.name) {
            continue;
        }
        let same = match (definition.of(&facts), definition.of(&whole)) {
            (Ok(ours), Ok(whole)) => (ours - whole).abs() <= 1e-9 * whole.abs().max(1.0),
            (ours, whole) => ours == whole,
        };
        prop_assert!(
            same,
            "{}: {:?}, of the whole curve {:?}",
            definition.name,
            definition.of(&facts),
            definition.of(&whole)
        );
    }
    let times = points.iter().map(|point| point.ts);
    let per_year = metric::periods_per_year(times);
    prop_assert_eq!(running.periods_per_year().to_bits(), per_year.to_bits());
    Ok(())
}

#[test]
fn a_curve_as_it_comes_is_the_whole_curve() {
    for curve in curves() {
        hold_running(&curve.points, &[]).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_curve_as_it_comes_is_the_whole_curve(
        equity in prop::collection::vec(50.0_f64..200.0, 0..60),
        profits in prop::collection::vec(prop_oneof![Just(0.0), -1e3_f64..1e3], 0..20),
    ) {
        let trades: Vec<Trade> = profits.iter().map(|&profit| trade(profit)).collect();
        hold_running(&points(&equity), &trades)?;
    }

    /// No figure is NaN or infinite, whatever the curve and the trades.
    #[test]
    fn every_figure_is_a_number_or_a_reason(
        equity in prop::collection::vec(prop_oneof![Just(100.0), Just(0.0), -1e9_f64..1e9, 1e-9_f64..1e-6], 0..12),
        profits in prop::collection::vec(prop_oneof![Just(0.0), -1e6_f64..1e6], 0..6),
    ) {
        let points = points(&equity);
        let trades: Vec<Trade> = profits.iter().map(|&profit| trade(profit)).map(|trade| Trade { exit_value: 0.0, ..trade }).collect();
        let benchmark: Vec<f64> = equity.iter().map(|value| value.abs() + 1.0).collect();
        let settings = Settings { trials: Some(Trials { count: 2, variance: 0.0 }), ..Settings::default() };
        let record = Record { points: &points, trades: &trades, benchmark: Some(&benchmark) };
        for metric in metric::metrics(record, &settings).unwrap() {
            if let Ok(value) = metric.value {
                prop_assert!(value.is_finite(), "{}", metric.definition.name);
            }
        }
    }

    /// Money in another unit changes no fraction and no ratio.
    #[test]
    fn the_currency_does_not_matter(equity in prop::collection::vec(50.0_f64..200.0, 5..40)) {
        // A power of two, so that nothing is rounded differently.
        let (one, other) = (points(&equity), points(&equity.iter().map(|value| value * 1024.0).collect::<Vec<_>>()));
        for (_, family) in ALL {
            for definition in family.iter().filter(|definition| definition.unit != metric::Unit::Money) {
                prop_assert_eq!(figure(definition.name, &one, &[]), figure(definition.name, &other, &[]), "{}", definition.name);
            }
        }
    }
}

/// `DYNASTY_GOLDEN=update cargo test -p backtest metrics` writes the page anew.
#[test]
fn the_page_has_a_line_on_every_metric() {
    let mut page = String::from(
        "# Metrics\n\n\
         One line each, written from `backtest::metric` (`DYNASTY_GOLDEN=update cargo test -p backtest metrics`).\n\
         Returns are simple returns from point to point of the equity curve; *n* is how many there are. Deviations are of\n\
         the sample (ddof 1) and annual with the square root of periods per year, which the caller states, or which are\n\
         found in the curve's times: 252 or 365 times the median number of steps of a whole day; of steps longer than four\n\
         days 365.25 by the mean step in days, rounded to a whole number and at least 1 (weeks are 52). A risk-free\n\
         rate is annual; of a period it is (1 + rate)^(1 / periods per year) - 1. Profits of trades are after fees.\n\
         A point is of the day, month and year of the nanosecond before it, in UTC: midnight is of the day that ends there.\n\
         A figure that is undefined is `null` with a reason, never 0.\n\n\
         All are held to quantstats 0.0.86, empyrical-reloaded 0.7.1, backtesting.py 0.6.6, pandas and scipy at 1e-9 on\n\
         the same curves (`scripts/metric-oracle`). Where a library means something else by a name, the last column says\n\
         what, and the test converts it.\n",
    );
    let mut count = 0;
    for (title, family) in ALL {
        write!(
            page,
            "\n## {title}\n\n| Name | Unit | Convention | Who differs |\n|---|---|---|---|\n"
        )
        .unwrap();
        for definition in *family {
            count += 1;
            writeln!(
                page,
                "| `{}` | {} | {} | {} |",
                definition.name,
                format!("{:?}", definition.unit).to_lowercase(),
                definition.convention.replace('|', "\\|"),
                definition.differs.replace('|', "\\|")
            )
            .unwrap();
        }
    }
    assert!(count >= 70, "{count} metrics");
    let path = root().join("docs/metrics.md");
    if std::env::var("DYNASTY_GOLDEN").as_deref() == Ok("update") {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}
