//! Reports: what they show is what the run came to.

use backtest::metric;
use backtest::outcome::Outcome;
use backtest::report::{
    Band, Benchmark, Fact, Fan, Fold, Proof, Recorder, Report, Surface, TRADES_MAX, Table,
    WalkForward,
};
use backtest::run::{Settings, run};
use backtest::strategies;
use backtest::strategy::{Size, Values};
use types::{InstrumentId, Qty, Ratio, Seq, TimestampNs};

use crate::world::{goog, settings, share};

fn recorded(settings: &Settings, set: &[(&str, &str)]) -> (Outcome, Recorder) {
    let declared = strategies::find("sma_cross").unwrap();
    let mut values = Values::defaults(declared.parameters);
    for (name, text) in set {
        values.set(name, text).unwrap();
    }
    let mut strategy = (declared.build)(&values).unwrap();
    let mut recorder = Recorder::new();
    let outcome = run(settings, vec![goog()], &mut *strategy, &mut recorder).unwrap();
    (outcome, recorder)
}

fn all_in() -> Settings {
    Settings {
        size: Size::Equity(Ratio::ONE),
        benchmark: Some(InstrumentId(0)),
        ..settings(share("GOOG", Qty::ONE))
    }
}

/// A report with all that comes of the run itself.
fn report<'a>(settings: &'a Settings, outcome: &'a Outcome, recorder: &'a Recorder) -> Report<'a> {
    let mut report = Report::new("SMA cross on GOOG", outcome, "USD", &settings.instruments);
    report.recorder = Some(recorder);
    report.benchmark = Some(Benchmark {
        name: "Buy and hold".to_owned(),
        points: outcome.bought_and_held(),
    });
    let points = outcome.points();
    report
        .measure(&metric::Settings {
            periods_per_year: backtest::metric::periods_per_year(points.iter().map(|it| it.ts)),
            ..metric::Settings::default()
        })
        .unwrap();
    report
}

/// Text of what stands between two others.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from}")) + from.len();
    let end = text[start..].find(to).unwrap_or_else(|| panic!("no {to}"));
    &text[start..start + end]
}

fn figure<'a>(report: &'a Report<'_>, name: &str) -> &'a str {
    let all = report.figures.iter().flat_map(|group| &group.figures);
    let mut found = all.filter(|figure| figure.name == name);
    found.next().unwrap().value.as_deref().unwrap()
}

#[test]
fn the_page_has_the_figures_of_the_run() {
    let settings = all_in();
    let (outcome, recorder) = recorded(&settings, &[]);
    let report = report(&settings, &outcome, &recorder);
    // `backtesting` 0.6.6 has 54,101.36916, 0.9992697424 and 0.3039560737.
    assert_eq!(figure(&report, "Sharpe"), "0.9993");
    assert_eq!(figure(&report, "Max drawdown"), "30.40%");
    let html = report.to_html();
    assert!(html.contains("<b class=\"plain\">54,101.37</b>"));
    assert!(html.contains("<span>Max drawdown</span><b class=\"plain\">\u{2212}30.40%</b>"));
    assert!(html.contains("<span>Won</span>"));
    // 32 rows, one for each round trip.
    let list = between(&html, "id=\"trade-list\"", "</table>");
    assert_eq!(list.matches("<tr>").count(), 1 + 32);
    assert!(html.contains("Open at the end: "));
    // Each round trip is a line and two triangles, in each of three widths, and one is open.
    let marks = ["won", "lost", "buy", "sell"].map(|class| {
        let in_plots = between(&html, "<section id=\"prices\"", "</section>");
        in_plots
            .matches(&format!("<path class=\"{class}\""))
            .count()
    });
    assert_eq!(marks[0] + marks[1], 3 * 32);
    assert_eq!(marks[2] + marks[3], 3 * (2 * 32 + 1));
}

#[test]
fn months_multiply_to_the_return() {
    let settings = all_in();
    let (outcome, recorder) = recorded(&settings, &[]);
    let report = report(&settings, &outcome, &recorder);
    let html = report.to_html();
    let table = between(&html, "<table class=\"months\">", "</table>");
    let years = table.split("<tr>").skip(2);
    let wholes = years.map(|row| {
        let cell = row.rsplit("<td").next().unwrap();
        let text = between(cell, ">", "<")
            .replace('\u{2212}', "-")
            .replace(',', "");
        1.0 + text.trim_start_matches('+').parse::<f64>().unwrap() / 100.0
    });
    let product: f64 = wholes.product();
    // Ten years, each rounded to a twentieth of a percent.
    assert!((product / 5.410_136_916 - 1.0).abs() < 0.005, "{product}");
}

#[test]
fn a_daily_bar_is_dated_by_its_own_day() {
    use backtest::run::{Fills, Source as _};
    use types::MarketData;

    // Bars of GOOG begin at 13:30 or 14:30 UTC and are known a day later.
    let mut bars = Vec::new();
    let mut source = goog();
    while let Some(timed) = source.next_event().unwrap() {
        if let MarketData::Bar(bar) = timed.event.data {
            bars.push((timed.ts, bar));
        }
    }
    let date = |ts: TimestampNs| ts.to_string()[..10].to_owned();
    for fills in [Fills::NextOpen, Fills::SameClose] {
        let settings = Settings { fills, ..all_in() };
        let (outcome, recorder) = recorded(&settings, &[]);
        let page = report(&settings, &outcome, &recorder).to_html();
        assert!(page.contains("<p class=\"about\">2004-08-19 to 2013-03-01 UTC"));
        let list = between(&page, "id=\"trade-list\"", "</table>");
        assert_eq!(outcome.trips.len(), 32);
        for trip in &outcome.trips {
            for (ts, price) in [
                (trip.entry_ts, trip.entry_price),
                (trip.exit_ts, trip.exit_price),
            ] {
                let bar = bars.iter().find(|(end, bar)| match fills {
                    Fills::NextOpen => bar.start == ts,
                    _ => *end == ts,
                });
                let (_, bar) = bar.unwrap();
                let traded = if fills == Fills::NextOpen {
                    bar.open
                } else {
                    bar.close
                };
                assert_eq!(traded, price);
                assert!(list.contains(&format!("<td>{}</td>", date(bar.start))));
            }
        }
        let points = outcome.points();
        assert_eq!(points.len(), bars.len());
        for (point, (_, bar)) in points.iter().zip(&bars) {
            assert_eq!(date(point.ts), date(bar.start));
        }
    }
}

#[test]
fn months_of_a_page_are_those_of_the_metrics() {
    let settings = all_in();
    let (outcome, recorder) = recorded(&settings, &[]);
    let report = report(&settings, &outcome, &recorder);
    let html = report.to_html();
    let note = between(&html, " months rose. Best ", "</p>");
    let expected = format!(
        "+{}, worst {}.",
        figure(&report, "Best month"),
        figure(&report, "Worst month")
    );
    assert_eq!(note, expected);
    // What ends at midnight of the first of a month is of the month before.
    let point = |ts: u64, equity: f64| metric::Point {
        ts: TimestampNs(ts),
        equity,
        exposed: false,
    };
    let september = 1_093_996_800_000_000_000;
    let points = [point(september - 1, 100.0), point(september, 110.0)];
    let months = metric::by_month(&points, &jiff::tz::TimeZone::UTC);
    assert_eq!((months.len(), months[0].month), (1, 8));
}

#[test]
fn a_page_asks_for_nothing_from_elsewhere() {
    let settings = all_in();
    let (outcome, recorder) = recorded(&settings, &[]);
    let mut report = report(&settings, &outcome, &recorder);
    report.title = "<script>alert(1)</script> & \"more\"".to_owned();
    report.facts = vec![Fact::new("Data", "</dd><b>x")];
    report.command = Some("dynasty backtest 'a<b'".to_owned());
    let html = report.to_html();
    assert!(!html.contains("<script>alert") && !html.contains("</dd><b>x"));
    for asks in ["src=", "http:", "https:", "@import", "url(", "fetch("] {
        assert!(!html.contains(asks), "{asks}");
    }
    let mut ids: Vec<_> = html.split(" id=\"").skip(1).collect();
    for id in &mut ids {
        *id = id.split('"').next().unwrap();
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn what_is_not_there_has_no_section() {
    let settings = all_in();
    let (outcome, _) = recorded(&settings, &[]);
    let html = Report::new("Bare", &outcome, "USD", &settings.instruments).to_html();
    for absent in [
        "prices",
        "surface",
        "walk-forward",
        "monte-carlo",
        "figures",
        "rules",
        "run",
    ] {
        assert!(
            !html.contains(&format!("<section id=\"{absent}\"")),
            "{absent}"
        );
        assert!(!html.contains(&format!("href=\"#{absent}\"")), "{absent}");
    }
    assert!(html.contains("<section id=\"equity\""));
    let without = Outcome {
        samples: Vec::new(),
        trips: Vec::new(),
        open: Vec::new(),
        ..outcome
    };
    let html = Report::new("Nothing", &without, "USD", &settings.instruments).to_html();
    assert!(!html.contains("<section"));
}

#[test]
fn searches_are_shown_as_they_were() {
    let settings = all_in();
    let (outcome, recorder) = recorded(&settings, &[]);
    let mut report = report(&settings, &outcome, &recorder);
    let text = |number: u32| number.to_string();
    report.surface = Some(Surface {
        x_name: "fast".to_owned(),
        x: [5, 10].map(text).to_vec(),
        y_name: "slow".to_owned(),
        y: [30, 60].map(text).to_vec(),
        figure: "Sharpe".to_owned(),
        values: vec![Some(0.8), Some(0.99), None, Some(-0.2)],
        chosen: Some((1, 0)),
        about: "Each cell is the best over side.".to_owned(),
        runs: Table {
            caption: "The best 1 of 3 runs".to_owned(),
            columns: ["Parameters", "Sharpe ratio"].map(str::to_owned).to_vec(),
            rows: vec![["fast=10 slow=30", "0.9900"].map(str::to_owned).to_vec()],
            marked: Some(0),
        },
        facts: vec![Fact::new("Probability of overfitting", "12%")],
    });
    let day = |day: u64| TimestampNs(day * 86_400_000_000_000);
    report.walk_forward = Some(WalkForward {
        about: "Rolling".to_owned(),
        figure: "Sharpe".to_owned(),
        folds: vec![Fold {
            inside: vec![(day(13_000), day(13_500))],
            outside: (day(13_500), day(13_600)),
            parameters: "fast=5 slow=30".to_owned(),
            inside_figure: Some(1.25),
            outside_figure: None,
            outside_return: Some(-0.05),
            rank: Some(0.75),
        }],
        curve: vec![(day(13_500), 10_000.0), (day(13_600), 9_500.0)],
        facts: vec![Fact::new("Return out of sample", "\u{2212}5.00%")],
        judged: None,
    });
    report.fan = Some(Fan {
        about: "1,000 shuffles, seed 7".to_owned(),
        step: "round trip".to_owned(),
        after: vec![0, 1],
        bands: [5.0, 50.0, 95.0]
            .map(|percentile| Band {
                percentile,
                values: vec![100.0, 100.0 + percentile],
            })
            .to_vec(),
        actual: vec![100.0, 120.0],
        table: Table::default(),
        facts: Vec::new(),
    });
    let html = report.to_html();
    // To be looked at.
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("report.html");
    std::fs::write(path, &html).unwrap();
    assert!(html.contains("fast 10, slow 30: 0.9900"));
    assert!(html.contains("fast=5 slow=30"));
    assert!(html.contains("<th scope=\"row\">fast=10 slow=30</th><td class=\"num\">0.9900</td>"));
    assert!(html.contains("<td class=\"num\">1.250</td><td class=\"num\">\u{2013}</td>"));
    assert!(html.contains("5% 105.00, 50% 150.00, 95% 195.00"));
    let names: Vec<_> = report.plots().into_iter().map(|plot| plot.name).collect();
    let expected =
        "equity price-goog monthly rolling distribution surface walk-forward monte-carlo";
    assert_eq!(names.join(" "), expected);
}

#[test]
fn a_long_list_ends_where_it_says() {
    let settings = all_in();
    let (mut outcome, recorder) = recorded(&settings, &[]);
    let trip = outcome.trips[0];
    outcome.trips = vec![trip; TRADES_MAX + 500];
    let report = report(&settings, &outcome, &recorder);
    let html = report.to_html();
    let list = between(&html, "id=\"trade-list\"", "</table>");
    assert_eq!(list.matches("<tr>").count(), 1 + TRADES_MAX);
    assert!(html.contains("The first 1,000 of 1,500 round trips"));
    assert!(html.contains("1,500 round trips are too many"));
}

mod under_rules {
    use super::*;
    use backtest::run::plain_plan;
    use rules::{Allowance, MaxLoss, StopTrailing, TrailSource};
    use types::{Effect, EventKind, Money};

    #[test]
    fn a_breach_is_told_with_its_evidence() {
        let mut plan = plain_plan("USD", Money::whole(10_000)).unwrap();
        plan.max_loss = Some(MaxLoss {
            trail: TrailSource::TickEquity,
            allowance: Allowance::Fixed(Money::whole(1_500)),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        });
        let settings = Settings { plan, ..all_in() };
        let (outcome, recorder) = recorded(&settings, &[]);
        let breach = outcome.verdicts.iter().find_map(|event| match event.kind {
            EventKind::Breach(breach) => Some((event.seq, breach)),
            _ => None,
        });
        let (seq, breach) = breach.unwrap();
        let floors = &recorder.floors()[0];
        assert_eq!(floors.moves[0].1, Money::whole(8_500));
        assert_eq!(floors.moves.last().unwrap().1, breach.floor);
        let position = recorder.breach_positions(seq).next().unwrap();
        let mut report = report(&settings, &outcome, &recorder);
        report.plan = Some("trailing".to_owned());
        report.proofs = vec![Proof {
            seq: Seq(seq.0),
            file: "1-breach.json".to_owned(),
            command: "dynasty verify-breach 1-breach.json".to_owned(),
        }];
        let html = report.to_html();
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("breach.html");
        std::fs::write(path, &html).unwrap();
        assert!(html.contains("the account ended <b class=\"loss\">failed</b>"));
        assert!(html.contains("Breach of the max loss limit"));
        assert!(html.contains(&format!("at the mark {}", position.mark)));
        assert!(html.contains("dynasty verify-breach 1-breach.json"));
        assert!(html.contains("<path class=\"floor\""));
        assert!(html.contains("class=\"flag\""));
    }
}

#[test]
fn a_million_bars_make_a_small_file() {
    use backtest::run::{Bars, plain_plan};
    use marketdata::generator::MinuteBars;
    use types::Money;

    let bars: Vec<_> = MinuteBars::new(42).take(1_000_000).collect();
    let settings = Settings {
        keep_fills: false,
        ..Settings::new(
            vec![share("SYN", Qty::ONE)],
            plain_plan("USD", Money::whole(100_000_000)).unwrap(),
        )
    };
    let declared = strategies::find("sma_cross").unwrap();
    let mut strategy = (declared.build)(&Values::defaults(declared.parameters)).unwrap();
    let mut recorder = Recorder::new();
    let source = Bars::new(InstrumentId(0), &bars);
    let outcome = run(&settings, vec![source], &mut *strategy, &mut recorder).unwrap();
    let report = report(&settings, &outcome, &recorder);
    assert!((report.periods_per_year - 365.0 * 1_440.0).abs() < 1e-9);
    let html = report.to_html();
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
    assert!(html.contains("99,172,979.00"));
    assert!(html.contains("The first 1,000 of 19,371 round trips"));
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("million.html");
    std::fs::write(path, &html).unwrap();
}
