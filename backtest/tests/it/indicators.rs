//! Indicators against TA-Lib, against their definition, and against themselves begun anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use backtest::indicator::{
    self, ALL, Bar, Ema, Entry, IndicatorError, Input, KalmanHedge, Macd, Rsi, Sample, Sma,
};
use proptest::prelude::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn unpacked(path: &str) -> String {
    let file = std::fs::File::open(root().join(path)).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// Days of Apple; the second series is the open.
fn apple(rows: usize) -> Vec<Sample> {
    samples("fixtures/market/aapl_1d_bars.csv.gz", rows)
}

/// The bars that the oracle saw; the second series is the open.
fn samples(path: &str, rows: usize) -> Vec<Sample> {
    let text = unpacked(path);
    text.lines()
        .skip(1)
        .take(rows)
        .map(|line| {
            let fields: Vec<f64> = line
                .split(',')
                .skip(1)
                .map(|field| field.parse().unwrap())
                .collect();
            let [open, high, low, close, volume] = fields[..] else {
                panic!("a row of five figures: {line}")
            };
            Sample {
                bar: Bar {
                    open,
                    high,
                    low,
                    close,
                    volume,
                },
                other: open,
                session_begins: false,
            }
        })
        .collect()
}

/// Columns of a golden file by `name(parameters).output`.
fn golden(path: &str) -> BTreeMap<String, Vec<Option<f64>>> {
    let text = unpacked(path);
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut columns: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for line in lines {
        for (name, cell) in names.iter().zip(line.split(',')) {
            let value = (!cell.is_empty()).then(|| cell.parse().unwrap());
            columns.entry((*name).to_owned()).or_default().push(value);
        }
    }
    columns
}

/// `name(parameters).output` taken apart.
fn column(title: &str) -> (&'static Entry, Vec<f64>, usize) {
    let (name, rest) = title.split_once('(').unwrap();
    let (parameters, output) = rest.split_once(").").unwrap();
    let entry = indicator::find(name).unwrap_or_else(|| panic!("no indicator is called {name}"));
    let parameters = parameters
        .split_whitespace()
        .map(|value| value.parse().unwrap())
        .collect();
    let output = entry
        .outputs
        .iter()
        .position(|known| *known == output)
        .unwrap();
    (entry, parameters, output)
}

/// Every figure of the file over these bars, at every index, `None` included; how many were compared.
fn hold(path: &str, bars: &str) -> usize {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (title, expected) in golden(path) {
        let (entry, parameters, output) = column(&title);
        let mut feed = entry.build(&parameters).unwrap();
        // What cancels to nearly nothing is held to the size of the whole column.
        let size = expected
            .iter()
            .flatten()
            .fold(0.0_f64, |size, value| size.max(value.abs()));
        for (index, (sample, expected)) in samples(bars, expected.len())
            .iter()
            .zip(&expected)
            .enumerate()
        {
            let ours = feed.update(sample)[output];
            let same = match (ours, expected) {
                (None, None) => true,
                (Some(ours), Some(expected)) => {
                    (ours - expected).abs() <= 1e-9 * expected.abs() + 1e-12 * size
                }
                _ => false,
            };
            if !same {
                wrong.push(format!(
                    "{title} at {index}: {ours:?}, expected {expected:?}"
                ));
                break;
            }
            compared += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    compared
}

#[test]
fn every_indicator_that_talib_has_is_talibs_at_every_bar() {
    let compared = hold(
        "fixtures/indicators/talib.csv.gz",
        "fixtures/market/aapl_1d_bars.csv.gz",
    );
    assert_eq!(compared % 400, 0);
    assert!(
        compared >= 100 * 400,
        "only {compared} figures were compared"
    );
}

/// Of prices near one, a third of the sum of three is rounded so that equal ones differ by some 1e-16: no change.
#[test]
fn the_money_flow_of_equal_typical_prices_is_talibs() {
    let compared = hold(
        "fixtures/indicators/talib_hours.csv.gz",
        "fixtures/market/eurusd_1h_bars.csv.gz",
    );
    assert_eq!(compared, 2 * 3_000);
}

#[test]
fn the_others_are_their_definition_recomputed_from_the_whole_window() {
    let compared = hold(
        "fixtures/indicators/definition.csv.gz",
        "fixtures/market/aapl_1d_bars.csv.gz",
    );
    assert!(
        compared >= 38 * 400,
        "only {compared} figures were compared"
    );
}

#[test]
fn no_output_of_any_indicator_is_left_unchecked() {
    let mut checked = BTreeSet::new();
    for path in [
        "fixtures/indicators/talib.csv.gz",
        "fixtures/indicators/definition.csv.gz",
    ] {
        for title in golden(path).keys() {
            let (entry, _, output) = column(title);
            checked.insert((entry.name, output));
        }
    }
    for entry in ALL.iter().copied().flatten() {
        for (output, name) in entry.outputs.iter().enumerate() {
            assert!(
                checked.contains(&(entry.name, output)),
                "{}.{name}",
                entry.name
            );
        }
    }
}

#[test]
fn figures_that_a_pencil_finds() {
    let mut sma = Sma::new(3).unwrap();
    let means: Vec<_> = [1.0, 2.0, 6.0, 7.0].map(|value| sma.update(value)).to_vec();
    assert_eq!(means, [None, None, Some(3.0), Some(5.0)]);

    // Seed (2 + 4 + 6) / 3 = 4, then 4 + (10 - 4) / 2 = 7.
    let mut ema = Ema::new(3).unwrap();
    let means: Vec<_> = [2.0, 4.0, 6.0, 10.0]
        .map(|value| ema.update(value))
        .to_vec();
    assert_eq!(means, [None, None, Some(4.0), Some(7.0)]);

    // Changes +1, +3: gains 2, losses 0. Then -2: gains (2 + 0) / 2, losses (0 + 2) / 2.
    let mut rsi = Rsi::new(2).unwrap();
    let values: Vec<_> = [10.0, 11.0, 14.0, 12.0]
        .map(|value| rsi.update(value))
        .to_vec();
    assert_eq!(values, [None, None, Some(100.0), Some(50.0)]);

    // On a straight line each average trails by half of its period less a half: 26/2 - 12/2 = 7.
    let mut macd = Macd::new(12, 26, 9).unwrap();
    for index in 0..33 {
        assert_eq!(macd.update(f64::from(index)), None);
    }
    let value = macd.update(33.0).unwrap();
    assert!((value.macd - 7.0).abs() < 1e-12 && value.histogram.abs() < 1e-12);
}

#[test]
fn a_mean_of_whole_numbers_ties_exactly() {
    let (mut short, mut long) = (Sma::new(10).unwrap(), Sma::new(30).unwrap());
    let mut state = 42_u64;
    for _ in 0..200_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        // Three equal blocks of ten have the same mean as the last of them.
        let value = (2_000_000 + (state >> 33) % 1_000) as f64;
        short.update(value);
        long.update(value);
    }
    for _ in 0..3 {
        for value in [
            2_000_001.0,
            2_000_003.0,
            2_000_007.0,
            1_999_990.0,
            2_000_002.0,
        ] {
            for _ in 0..2 {
                short.update(value);
                long.update(value);
            }
        }
    }
    assert_eq!(short.value(), long.value());
    assert_eq!(short.value(), Some(2_000_000.6));
}

#[test]
fn bad_parameters_are_refused_by_name() {
    assert_eq!(
        Sma::new(0).unwrap_err().to_string(),
        "period = 0: a period here is a whole number from 1 to 1000000"
    );
    assert_eq!(
        Macd::new(26, 12, 9).unwrap_err(),
        IndicatorError::Order { fast: 26, slow: 12 }
    );
    for entry in ALL.iter().copied().flatten() {
        assert!(entry.build(&entry.defaults()).is_ok(), "{}", entry.name);
        for (index, parameter) in entry.parameters.iter().enumerate() {
            for bad in [
                parameter.least - 1.0,
                parameter.most + 1.0,
                f64::NAN,
                f64::INFINITY,
            ] {
                let mut parameters = entry.defaults();
                parameters[index] = bad;
                let error = entry.build(&parameters).unwrap_err().to_string();
                assert!(error.starts_with(parameter.name), "{}: {error}", entry.name);
            }
        }
        let mut many = entry.defaults();
        many.push(1.0);
        assert!(entry.build(&many).is_err(), "{}", entry.name);
    }
    let apo = indicator::find("apo").unwrap();
    assert_eq!(
        apo.build(&[12.0, 26.0, 2.0]).unwrap_err().to_string(),
        "exponential = 2: accepted is a whole number from 0 to 1"
    );
    let mut half = indicator::find("sma").unwrap().defaults();
    half[0] = 2.5;
    assert!(indicator::find("sma").unwrap().build(&half).is_err());
}

/// A walk that jumps, stands still and gaps, in ticks of a hundredth.
fn walk(seed: u64, length: usize) -> Vec<Sample> {
    let mut state = seed;
    let mut random = move |below: u64| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    };
    let (mut price, mut other) = (100_000_i64, 50_000_i64);
    (0..length)
        .map(|index| {
            let still = random(10) == 0;
            let size = if random(200) == 0 { 5_000 } else { 200 };
            let mut step = || {
                if still {
                    0
                } else {
                    random(2 * size + 1) as i64 - size as i64
                }
            };
            let open = (price + step() / 4).max(1_000);
            let close = (open + step()).max(1_000);
            let high = open.max(close) + step().abs() / 2;
            let low = (open.min(close) - step().abs() / 2).max(500);
            other = (other + step() + (close - price) / 2).max(1_000);
            price = close;
            let decimal = |ticks: i64| ticks as f64 / 100.0;
            Sample {
                bar: Bar {
                    open: decimal(open),
                    high: decimal(high),
                    low: decimal(low),
                    close: decimal(close),
                    volume: random(10_000) as f64,
                },
                other: decimal(other),
                session_begins: index % 390 == 0,
            }
        })
        .collect()
}

/// Lines from the first bar on, which nothing forgets.
const CUMULATIVE: [&str; 3] = ["obv", "accumulation_distribution", "chaikin_oscillator"];

/// Its state wanders by so little a bar that it remembers for longer than any test; it has a test of its own.
const SLOW: &str = "kalman_hedge";

/// Nothing drifts: after a million bars an indicator says what a new one says that saw only the last twenty
/// thousand (one hundred and more times any default period, so that recursive ones have forgotten their seed).
/// Bound: 1e-9 of the largest figure that the indicator showed in that stretch.
#[test]
fn a_long_run_says_what_a_short_one_does() {
    let samples = walk(7, 1_000_000);
    // From the first bar of a session on: 390 bars are one.
    let recent = &samples[980_070..];
    assert!(recent[0].session_begins);
    for entry in ALL.iter().copied().flatten() {
        if CUMULATIVE.contains(&entry.name) || entry.name == SLOW {
            continue;
        }
        let mut long = entry.build(&entry.defaults()).unwrap();
        let mut short = entry.build(&entry.defaults()).unwrap();
        for sample in &samples[..samples.len() - recent.len()] {
            long.update(sample);
        }
        let mut size = vec![0.0_f64; entry.outputs.len()];
        for (index, sample) in recent.iter().enumerate() {
            let ours: Vec<_> = long.update(sample).to_vec();
            let anew = short.update(sample);
            for (output, (ours, anew)) in ours.iter().zip(anew).enumerate() {
                size[output] = size[output].max(ours.unwrap_or(0.0).abs());
                if index < 15_000 {
                    continue;
                }
                let same = match (ours, anew) {
                    (Some(ours), Some(anew)) => (ours - anew).abs() <= 1e-9 * size[output],
                    (None, None) => true,
                    _ => false,
                };
                assert!(same, "{} at {index}: {ours:?}, anew {anew:?}", entry.name);
            }
        }
    }
}

/// Sums of whole volumes over a million bars, in integers.
#[test]
fn a_line_from_the_first_bar_on_is_exact() {
    let samples = walk(9, 1_000_000);
    let mut obv = indicator::find("obv").unwrap().build(&[]).unwrap();
    let (mut expected, mut last) = (0_i64, 0.0);
    for sample in &samples {
        let (close, volume) = (sample.bar.close, sample.bar.volume as i64);
        expected += if close > last {
            volume
        } else if close < last {
            -volume
        } else {
            0
        };
        last = close;
        obv.update(sample);
    }
    assert_eq!(obv.values(), [Some(expected as f64)]);
}

/// The filter's own doubt never falls below the noise of an observation, and the ratio finds the one it is shown.
#[test]
fn a_kalman_filter_stays_sane_for_a_million_pairs() {
    let mut hedge = KalmanHedge::new(1e-4, 1e-3).unwrap();
    for sample in walk(11, 1_000_000) {
        let value = hedge.update(2.0 * sample.other + 5.0, sample.other);
        if let Some(value) = value {
            assert!(value.deviation >= 1e-3_f64.sqrt(), "{value:?}");
        }
    }
    let value = hedge.value().unwrap();
    assert!((value.ratio - 2.0).abs() < 1e-3, "{value:?}");
}

/// What a large value leaves behind once it has left the window: nothing.
#[test]
fn a_window_does_not_remember_what_has_left_it() {
    for name in [
        "sma",
        "wma",
        "trima",
        "variance",
        "bollinger",
        "linear_regression",
        "z_score",
    ] {
        let entry = indicator::find(name).unwrap();
        let mut scarred = entry.build(&entry.defaults()).unwrap();
        let mut fresh = entry.build(&entry.defaults()).unwrap();
        let of = |close: f64| Sample {
            bar: Bar {
                close,
                ..Bar::default()
            },
            ..Sample::default()
        };
        scarred.update(&of(1e17));
        for index in 0..200 {
            let sample = of(100.0 + f64::from(index % 7));
            let after: Vec<_> = scarred.update(&sample).to_vec();
            let anew = fresh.update(&sample);
            if index > 60 {
                for (after, anew) in after.iter().zip(anew) {
                    let (after, anew) = (after.unwrap(), anew.unwrap());
                    assert!(
                        (after - anew).abs() <= 1e-12 * anew.abs().max(1.0),
                        "{name}: {after} {anew}"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

    /// What is not finite changes nothing, and nothing that is not finite comes out.
    #[test]
    fn no_nan_gets_in_or_out(seed in any::<u64>(), bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY])) {
        let samples = walk(seed, 300);
        for entry in ALL.iter().copied().flatten() {
            let mut clean = entry.build(&entry.defaults()).unwrap();
            let mut dirty = entry.build(&entry.defaults()).unwrap();
            for (index, sample) in samples.iter().enumerate() {
                if index % 5 == 0 {
                    let before = dirty.values().to_vec();
                    let mut sample = *sample;
                    sample.session_begins = false;
                    sample.bar.close = bad;
                    if entry.input == Input::Bar && index % 2 == 0 {
                        sample.bar.close = 1.0;
                        sample.bar.high = bad;
                    }
                    if entry.input == Input::Pair && index % 2 == 0 {
                        sample.bar.close = 1.0;
                        sample.other = bad;
                    }
                    dirty.update(&sample);
                    prop_assert_eq!(dirty.values(), &before[..], "{} took {}", entry.name, bad);
                }
                let dirty = dirty.update(sample);
                prop_assert_eq!(clean.update(sample), dirty, "{}", entry.name);
                prop_assert!(dirty.iter().flatten().all(|value| value.is_finite()), "{}", entry.name);
            }
        }
    }

    /// Prices and volumes of any size: no figure leaves the range of a float.
    #[test]
    fn figures_stay_finite_from_tiny_to_huge(seed in any::<u64>(), power in -300_i32..=300) {
        let scale = 2.0_f64.powi(power);
        let samples = walk(seed, 200);
        for entry in ALL.iter().copied().flatten() {
            let mut feed = entry.build(&entry.defaults()).unwrap();
            for sample in &samples {
                let Bar { open, high, low, close, volume } = sample.bar;
                let bar = Bar {
                    open: open * scale,
                    high: high * scale,
                    low: low * scale,
                    close: close * scale,
                    volume: volume * scale,
                };
                let values = feed.update(&Sample { bar, other: sample.other * scale, ..*sample });
                prop_assert!(values.iter().flatten().all(|value| value.is_finite()), "{} {:?}", entry.name, values);
            }
        }
    }

    /// A window of any period, at every step, against the sum of a slice.
    #[test]
    fn windows_are_their_slices(values in prop::collection::vec(-1e6_f64..1e6, 1..300), period in 1_usize..40) {
        let mut sma = Sma::new(period).unwrap();
        let deviation = indicator::find("variance").unwrap();
        let mut variance = deviation.build(&[period as f64]).unwrap();
        let mut highest = indicator::find("max").unwrap().build(&[period as f64]).unwrap();
        for end in 1..=values.len() {
            let sample = Sample { bar: Bar { close: values[end - 1], ..Bar::default() }, ..Sample::default() };
            let (mean, spread, top) = (sma.update(values[end - 1]), variance.update(&sample)[0], highest.update(&sample)[0]);
            if end < period {
                prop_assert_eq!((mean, spread, top), (None, None, None));
                continue;
            }
            let window = &values[end - period..end];
            let expected = window.iter().sum::<f64>() / period as f64;
            let squares = window.iter().map(|value| (value - expected).powi(2)).sum::<f64>() / period as f64;
            prop_assert!((mean.unwrap() - expected).abs() <= 1e-9);
            prop_assert!((spread.unwrap() - squares).abs() <= 1e-12 * squares + 1e-9);
            prop_assert_eq!(top, window.iter().copied().reduce(f64::max));
        }
    }
}

/// `DYNASTY_GOLDEN=update cargo test -p backtest indicators` writes the page anew.
#[test]
fn the_page_has_a_line_on_every_indicator() {
    let mut page = String::from(
        "# Indicators\n\n\
         One line each, written from the catalogue in `backtest::indicator` (`DYNASTY_GOLDEN=update cargo test -p\n\
         backtest indicators`). `x[n]` is the value n steps before, HH and LL the highest high and lowest low. *First*\n\
         is the number of values after which, with the defaults, the first figure is there, and the last one where\n\
         outputs are ready one after the other. Nothing is shown before that.\n\n\
         Those that TA-Lib has are held to TA-Lib 0.8.2 at every bar of a fixture, the others to their definition\n\
         (`scripts/indicator-oracle`). Windows never subtract what leaves, so nothing drifts however long a run is.\n\
         Sums of whole numbers are exact: to have ties of averages decided exactly, feed prices in ticks.\n",
    );
    let samples = apple(1_000);
    let mut count = 0;
    for (input, title, about) in [
        (
            Input::Value,
            "Of one series",
            "The close, unless something else is fed.",
        ),
        (Input::Bar, "Of bars", "Open, high, low, close, volume."),
        (
            Input::Pair,
            "Of two series",
            "The close, and another series.",
        ),
    ] {
        write!(
            page,
            "\n## {title}\n\n{about}\n\n| Name | Parameters | Gives | Formula | First | Source |\n|---|---|---|---|---|---|\n"
        )
        .unwrap();
        for entry in ALL
            .iter()
            .copied()
            .flatten()
            .filter(|entry| entry.input == input)
        {
            count += 1;
            let parameters: Vec<String> = entry
                .parameters
                .iter()
                .map(|parameter| format!("{} {}", parameter.name, parameter.default))
                .collect();
            let mut feed = entry.build(&entry.defaults()).unwrap();
            let mut first = vec![None; entry.outputs.len()];
            for (index, sample) in samples.iter().enumerate() {
                for (first, value) in first.iter_mut().zip(feed.update(sample)) {
                    *first = first.or(value.map(|_| index + 1));
                }
            }
            let mut first: Vec<usize> = first.into_iter().map(Option::unwrap).collect();
            first.dedup();
            let first = match first[..] {
                [one] => one.to_string(),
                [one, .., last] => format!("{one}, {last}"),
                [] => unreachable!("every indicator has an output"),
            };
            writeln!(
                page,
                "| `{}` | {} | {} | {} | {first} | {} |",
                entry.name,
                parameters.join(", "),
                entry.outputs.join(", "),
                entry.formula.replace('|', "\\|"),
                entry.source
            )
            .unwrap();
        }
    }
    assert!(count >= 60, "{count} indicators");
    let path = root().join("docs/indicators.md");
    if std::env::var("DYNASTY_GOLDEN").as_deref() == Ok("update") {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}
