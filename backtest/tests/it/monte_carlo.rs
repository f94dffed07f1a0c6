//! Simulations of returns whose results are known.

use backtest::monte_carlo::{
    Method, MonteCarlo, RunPath, Simulation, noisy, of_runs, quantile, simulate,
};
use backtest::random::Random;

use marketdata::generator::MinuteBars;
use types::Qty;

use crate::world::share;

fn simulation(method: Method) -> Simulation {
    Simulation {
        method,
        paths: 2_000,
        seed: 11,
        ruin: 0.5,
        threads: 2,
    }
}

fn run(returns: &[f64], method: Method) -> MonteCarlo {
    simulate(returns, &simulation(method)).unwrap()
}

#[test]
fn a_shuffle_keeps_the_end_and_moves_the_way() {
    // +10%, -10%, +20%: 1.188 whatever the order. The worst drawdown is 10% in every order.
    let found = run(&[0.1, -0.1, 0.2], Method::Shuffle);
    assert!(found.ends.iter().all(|end| (end - 1.188).abs() < 1e-12));
    assert!(found.drawdowns.iter().all(|it| (it - 0.1).abs() < 1e-12));
    // -50% and +100%: half of the orders begin with the loss and touch one half of the start, the others end there.
    let found = run(&[-0.5, 1.0], Method::Shuffle);
    assert!(found.drawdowns.iter().all(|it| (it - 0.5).abs() < 1e-12));
    assert!(
        found.ruined.low < 0.5 && 0.5 < found.ruined.high,
        "{:?}",
        found.ruined
    );
}

#[test]
fn every_order_is_as_likely() {
    // Of three returns there are six orders; equity after the first two tells which was last.
    let found = run(&[0.5, -0.5, 0.0], Method::Shuffle);
    let after_one: Vec<f64> = found.fan[1].levels.to_vec();
    assert!((after_one[0] - 0.5).abs() < 1e-12 && (after_one[6] - 1.5).abs() < 1e-12);
    assert!((after_one[3] - 1.0).abs() < 1e-12);
}

#[test]
fn results_do_not_depend_on_threads() {
    let mut random = Random::new(4);
    let returns: Vec<f64> = (0..500).map(|_| random.normal() * 0.01).collect();
    for method in [
        Method::Shuffle,
        Method::Circular { block: 8 },
        Method::Stationary { mean: 8.0 },
    ] {
        let two = run(&returns, method);
        let one = Simulation {
            threads: 1,
            ..simulation(method)
        };
        let one = simulate(&returns, &one).unwrap();
        assert_eq!(
            (&two.ends, &two.drawdowns, &two.fan),
            (&one.ends, &one.drawdowns, &one.fan)
        );
        let medians = two.fan.iter().map(|band| band.levels);
        for levels in medians {
            assert!(levels.is_sorted(), "{levels:?}");
        }
        assert_eq!(two.fan.last().unwrap().after, 500);
    }
}

#[test]
fn blocks_keep_what_follows_each_other() {
    // Gains and losses of the same size alternate. In blocks of two that begin at even places nothing is ever lost for
    // more than one step; a circular block of all of them is the path itself, turned.
    let returns: Vec<f64> = (0..100)
        .map(|at| if at % 2 == 0 { 0.1 } else { -0.1 / 1.1 })
        .collect();
    let whole = run(&returns, Method::Circular { block: 100 });
    assert!(whole.ends.iter().all(|end| (end - 1.0).abs() < 1e-9));
    let least = 0.1 / 1.1;
    assert!(whole.drawdowns.iter().all(|it| (it - least).abs() < 1e-9));
    let single = run(&returns, Method::Circular { block: 1 });
    assert!(quantile(&single.drawdowns, 0.5) > 0.3);
    let long = run(&returns, Method::Stationary { mean: 100.0 });
    assert!(quantile(&long.drawdowns, 0.5) < quantile(&single.drawdowns, 0.5));
}

#[test]
fn a_bootstrap_spreads_as_the_root_of_time() {
    // Single returns drawn with replacement: logarithms of the end are normal with the deviation of one times the root
    // of how many, 0.01 x 20.
    let mut random = Random::new(4);
    let returns: Vec<f64> = (0..400)
        .map(|_| (random.normal() * 0.01).exp_m1())
        .collect();
    let found = run(&returns, Method::Stationary { mean: 1.0 });
    let spread =
        (quantile(&found.ends, 0.841_344_7) / quantile(&found.ends, 0.158_655_3)).ln() / 2.0;
    assert!((spread - 0.2).abs() < 0.02, "{spread}");
}

#[test]
fn quantiles_are_interpolated() {
    // Type 7: of 1, 2, 3, 4 the quartile is at 1 + 0.25 x 3.
    let values = [1.0, 2.0, 3.0, 4.0];
    assert!((quantile(&values, 0.25) - 1.75).abs() < 1e-12);
    assert!((quantile(&values, 1.0) - 4.0).abs() < 1e-12);
    assert!(quantile(&[], 0.5).is_nan());
}

#[test]
fn what_cannot_be_simulated_says_why() {
    let said = |returns: &[f64], method| {
        simulate(returns, &simulation(method))
            .unwrap_err()
            .to_string()
    };
    assert!(said(&[0.1], Method::Shuffle).starts_with("the number of returns is 1; accepted"));
    assert!(said(&[0.1, -1.0], Method::Shuffle).starts_with("a return is -1; accepted"));
    assert!(said(&[0.1, 0.2], Method::Circular { block: 3 }).starts_with("the block is 3"));
}

/// Equity of 100, 110, 88, 99: a drawdown of 22 from 110, a fifth, an end 1% below the start, and bands of the one run that
/// are its levels. With a second run of 100, 120, 120, 130 the median of the ends is between 0.99 and 1.3.
#[test]
fn runs_are_paths() {
    let simulation = simulation(Method::Paths { share: 0.1 });
    let one = RunPath::of(&[100.0, 110.0, 88.0, 99.0]).unwrap();
    let other = RunPath::of(&[100.0, 120.0, 120.0, 130.0]).unwrap();
    let found = of_runs(&simulation, 3, vec![one.clone()]).unwrap();
    let near = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-12, "{value}");
    near(found.ends[0], 0.99);
    near(found.drawdowns[0], 0.2);
    for (band, level) in found.fan.iter().zip([1.0, 1.1, 0.88, 0.99]) {
        near(band.levels[3], level);
    }
    assert_eq!((found.lost.count, found.lost.of), (1, 1));
    let both = of_runs(&simulation, 3, vec![one, other]).unwrap();
    near(quantile(&both.ends, 0.5), f64::midpoint(0.99, 1.3));
    // What lost everything has no return, and no drawing makes runs.
    assert!(RunPath::of(&[100.0, 0.0]).is_none() && of_runs(&simulation, 3, Vec::new()).is_err());
    assert!(simulate(&[0.1, 0.2], &simulation).is_err());
}

#[test]
fn noisy_bars_keep_their_shape() {
    let bars: Vec<_> = MinuteBars::new(42).take(500).collect();
    let instrument = share("SYN", Qty::ONE);
    let other = noisy(&bars, &instrument, 0.1, 3);
    assert_eq!(other, noisy(&bars, &instrument, 0.1, 3));
    assert_ne!(other, bars);
    for ((end, bar), (other_end, other)) in bars.iter().zip(&other) {
        assert_eq!((end, bar.start), (other_end, other.start));
        assert_eq!(bar.high.0 - bar.low.0, other.high.0 - other.low.0);
        assert_eq!(bar.close.0 - bar.open.0, other.close.0 - other.open.0);
        assert!(instrument.ticks(other.open).is_ok());
    }
}
