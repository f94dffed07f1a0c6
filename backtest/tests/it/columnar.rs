//! The columnar path against the engine: every fill, equity at every bar, every figure.

use std::collections::BTreeMap;

use backtest::columnar::{self, Columns, Desk, Recorder, Rule, Trade};
use backtest::outcome::Outcome;
use backtest::random::Random;
use backtest::run::{Bars, Fills, RunError, Settings, Source, Unobserved, plain_plan, run};
use backtest::search::{self, Axis, Cells, Figures, Objective, Path, Space, World};
use backtest::strategies;
use backtest::strategy::{Size, Values};
use rules::{BoardKind, Competition, ContestRules};
use types::{
    Bar, BarPath, InstrumentId, Liquidity, Money, PaperModel, Price, Qty, Side, Slippage,
    TimestampNs,
};

use marketdata::generator::MinuteBars;

use crate::world::{label, settings, share};

/// Everything that a columnar run tells.
#[derive(Debug, Default)]
struct Told {
    trades: Vec<Trade>,
    equity: Vec<i64>,
}

impl Recorder for Told {
    const HAS_EQUITY: bool = true;

    fn trade(&mut self, trade: Trade) {
        self.trades.push(trade);
    }

    fn equity(&mut self, values: &[f64]) {
        self.equity.extend(values.iter().map(|value| *value as i64));
    }
}

fn through_engine(settings: &Settings, bars: &[(TimestampNs, Bar)], values: &Values) -> Outcome {
    let declared = strategies::find("sma_cross").unwrap();
    let mut strategy = (declared.build)(values).unwrap();
    let source = Bars::new(InstrumentId(0), bars);
    run(settings, vec![source], &mut *strategy, &mut Unobserved).unwrap()
}

fn values(fast: usize, slow: usize, side: &str) -> Values {
    let mut values = Values::defaults(strategies::find("sma_cross").unwrap().parameters);
    values.set("fast", &fast.to_string()).unwrap();
    values.set("slow", &slow.to_string()).unwrap();
    values.set("side", side).unwrap();
    values
}

fn assert_same(settings: &Settings, bars: &[(TimestampNs, Bar)], values: &Values) -> usize {
    let outcome = through_engine(settings, bars, values);
    let columns = Columns::new(&settings.instruments[0], bars).unwrap();
    let desk = Desk::new(settings).unwrap();
    let rule = Rule::of("sma_cross", values).unwrap();
    let cells = Cells::Equal(16);
    let mut told = Told::default();
    let figures = columnar::run(&columns, &desk, rule, &cells, &mut told).unwrap();
    let tick = settings.instruments[0].tick_size.0;
    assert_eq!(outcome.refusals, []);
    assert_eq!(told.trades.len(), outcome.fills.len(), "{values}");
    for (trade, executed) in told.trades.iter().zip(&outcome.fills) {
        let (ts, fill) = (executed.ts, executed.fill);
        let bar = bars[trade.bar];
        let is_there = if trade.is_at_open {
            ts >= bar.1.start && ts < bar.0
        } else {
            ts == bar.0
        };
        assert!(is_there, "{values}: {trade:?} {executed:?}");
        let full = match settings.size {
            Size::Units(qty) => qty.0,
            _ => unreachable!(),
        };
        assert_eq!(
            (
                trade.side,
                trade.ticks * tick,
                i64::from(trade.times) * full
            ),
            (fill.side, fill.price.0, fill.qty.0),
            "{values}"
        );
        assert_eq!(
            (trade.fee, trade.realised, trade.balance),
            (fill.fee, fill.realised, fill.balance),
            "{values}"
        );
    }
    let equity: Vec<i64> = outcome.samples.iter().map(|it| it.equity.0).collect();
    assert_eq!(told.equity, equity, "{values}");
    let expected = Figures::of(&outcome, &cells);
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1e-6);
    assert!(
        near(figures.max_drawdown, expected.max_drawdown),
        "{values}"
    );
    match (figures.sharpe, expected.sharpe) {
        (Some(own), Some(engine)) => assert!(near(own, engine), "{values}: {own} {engine}"),
        (own, engine) => assert_eq!(own, engine, "{values}"),
    }
    for (own, engine) in figures.cells.iter().zip(&expected.cells) {
        assert!((own.sum - engine.sum).abs() < 1e-12, "{values}");
        assert!((own.squares - engine.squares).abs() < 1e-12, "{values}");
    }
    // What is left are integers, and they are the same.
    let integers = |figures: Figures| Figures {
        sharpe: None,
        max_drawdown: 0.0,
        cells: Vec::new(),
        ..figures
    };
    assert_eq!(integers(figures), integers(expected), "{values}");
    outcome.fills.len()
}

/// A walk of so many bars; small steps make ties of averages, which are no crosses.
fn walk(random: &mut Random, bars: usize, step: i64) -> Vec<(TimestampNs, Bar)> {
    let mut price = 20_000;
    let mut all = Vec::new();
    for minute in 0..bars as u64 {
        // One bar in four opens with a gap.
        if random.below(4) == 0 {
            price += random.below(2 * step as usize + 1) as i64 - step;
        }
        let open = price;
        let (mut high, mut low) = (open, open);
        for _ in 0..4 {
            price += random.below(2 * step as usize + 1) as i64 - step;
            (high, low) = (high.max(price), low.min(price));
        }
        let at = |ticks: i64| Price(ticks * 10_000_000);
        let start = TimestampNs(1_600_000_000_000_000_000 + minute * 60_000_000_000);
        let bar = Bar {
            start,
            open: at(open),
            high: at(high),
            low: at(low),
            close: at(price),
            volume: Qty::whole(random.below(3) as i64),
        };
        all.push((TimestampNs(start.0 + 60_000_000_000), bar));
    }
    all
}

#[test]
fn every_fill_and_every_equity_is_the_engines() {
    let mut random = Random::new(20);
    let mut fills = 0;
    for round in 0..60 {
        let step = [1, 3, 40][random.below(3)];
        let length = 40 + random.below(400);
        let bars = walk(&mut random, length, step);
        let mut instrument = share("TEST", Qty::ONE);
        let rate = [0, 1_000_000, 123_457][random.below(3)];
        instrument.fees.taker.0 = rate;
        instrument.fees.maker.0 = 0;
        instrument.fees.per_unit = Money([0, 3_500][random.below(2)]);
        instrument.fees.minimum = Money([0, 350_001][random.below(2)]);
        let bars_do = [BarPath::Walked, BarPath::Ignored][random.below(2)];
        let slippage = [Slippage::None, Slippage::Ticks(2)][random.below(2)];
        instrument.liquidity = Liquidity::Paper(PaperModel {
            bars: bars_do,
            slippage,
            ..PaperModel::default()
        });
        let fills_at = [Fills::NextOpen, Fills::SameClose, Fills::NextClose][random.below(3)];
        let spread_ticks = if fills_at == Fills::NextOpen {
            random.below(4) as u32
        } else {
            0
        };
        let units = 1 + random.below(9) as i64;
        let settings = Settings {
            fills: fills_at,
            spread_ticks,
            size: Size::Units(Qty::whole(units)),
            ..settings(instrument)
        };
        let fast = 1 + random.below(12);
        let slow = fast + 1 + random.below(30);
        let side = ["long", "both"][random.below(2)];
        let values = values(fast, slow, side);
        let found = std::panic::catch_unwind(|| assert_same(&settings, &bars, &values));
        fills += found.unwrap_or_else(|_| panic!("round {round}: {settings:?}"));
    }
    assert!(fills > 600, "{fills} fills prove little");
}

#[test]
fn what_the_columns_cannot_say_is_left_to_the_engine() {
    let bars = walk(&mut Random::new(3), 300, 40);
    let plain = settings(share("TEST", Qty::ONE));
    // 60 shares at 200 are more than 10,000 dollars pay for: the engine denies the order, the columns pass.
    let poor = Settings {
        size: Size::Units(Qty::whole(60)),
        ..plain.clone()
    };
    let columns = Columns::new(&poor.instruments[0], &bars).unwrap();
    let rule = Rule::of("sma_cross", &values(5, 20, "long")).unwrap();
    let cells = Cells::Equal(1);
    let run = |settings: &Settings| {
        let desk = Desk::new(settings).unwrap();
        columnar::run(&columns, &desk, rule, &cells, &mut ())
    };
    assert!(run(&plain).is_ok());
    assert_eq!(run(&poor), Err(columnar::Beyond));
    assert!(
        !through_engine(&poor, &bars, &values(5, 20, "long"))
            .refusals
            .is_empty()
    );
    let sized = Settings {
        size: Size::Equity(types::Ratio::ONE),
        ..plain.clone()
    };
    let said = Desk::new(&sized).unwrap_err().to_string();
    assert_eq!(
        said,
        "a full position depends on the account; accepted: so many units"
    );
    let mut ruled = plain.clone();
    ruled.plan.profit_target = Some(rules::Target::Fixed(Money::whole(1)));
    assert!(Desk::new(&ruled).is_err());
    let mut late = bars.clone();
    late.swap(3, 4);
    assert!(Columns::new(&plain.instruments[0], &late).is_err());
    // The engine refuses them with an error.
    let mut overlapping = bars.clone();
    overlapping[4].1.start = TimestampNs(overlapping[3].0.0 - 1);
    assert!(Columns::new(&plain.instruments[0], &overlapping).is_err());
}

#[test]
fn the_best_of_400_combinations() {
    // Expected: vectorbt 1.2.0, on the same bars.
    let bars: Vec<_> = MinuteBars::new(42).take(100_000).collect();
    let settings = Settings {
        plan: plain_plan("USD", Money::whole(100_000_000)).unwrap(),
        ..settings(share("SYN", Qty::ONE))
    };
    let declared = strategies::find("sma_cross").unwrap();
    let axes = ["fast=5..24", "slow=30..125:5"];
    let axes = axes.map(|text| Axis::parse(declared.parameters, text).unwrap());
    let space = Space::new(Values::defaults(declared.parameters), axes.to_vec()).unwrap();
    let columns = Columns::new(&settings.instruments[0], &bars).unwrap();
    let desk = Desk::new(&settings).unwrap();
    let cells = Cells::Equal(16);
    let open = || -> Result<Vec<Box<dyn Source + '_>>, RunError> {
        Ok(vec![Box::new(Bars::new(InstrumentId(0), &bars))])
    };
    let observe = || -> Box<dyn backtest::run::Observer> { Box::new(Unobserved) };
    let world = World {
        settings: &settings,
        declared,
        open: &open,
        observe: &observe,
        columns: Some((&columns, &desk)),
        cells: &cells,
    };
    let points = space.grid().unwrap();
    assert_eq!(points.len(), 400);
    let sweep = |threads| {
        let mut told = Vec::new();
        let trials = world.sweep(&points, BTreeMap::new(), threads, &mut |trial| {
            told.push(trial.place);
            true
        });
        assert!(told.is_sorted());
        trials.unwrap()
    };
    let trials = sweep(2);
    assert!(trials.iter().all(|trial| trial.path == Path::Columns));
    assert_eq!(trials, sweep(1));
    let best = search::best(&trials, Objective::Return).unwrap();
    assert_eq!(best.values.to_string(), "fast=24 slow=125 side=long");
    let figures = best.figures.as_ref().unwrap();
    assert_eq!(figures.equity.to_string(), "99977737.80958");

    let ordinary = values(10, 30, "long");
    let found = world.trial(0, &ordinary).unwrap().figures.unwrap();
    assert_eq!(found.equity.to_string(), "99919205.81044");
    assert_eq!(found.trips, 1_957);
    let engine = World {
        columns: None,
        ..world
    };
    let engine = engine.trial(0, &best.values).unwrap();
    assert_eq!(engine.path, Path::Engine);
    let engine = engine.figures.unwrap();
    assert_eq!(
        (engine.equity, engine.fills),
        (figures.equity, figures.fills)
    );
}

#[test]
fn a_trade_is_bought_before_it_is_sold() {
    let bars = walk(&mut Random::new(9), 300, 40);
    let settings = settings(share("TEST", Qty::ONE));
    let columns = Columns::new(&settings.instruments[0], &bars).unwrap();
    let rule = Rule::of("sma_cross", &values(3, 9, "long")).unwrap();
    let mut told = Told::default();
    let desk = Desk::new(&settings).unwrap();
    columnar::run(&columns, &desk, rule, &Cells::Equal(1), &mut told).unwrap();
    let sides: Vec<Side> = told.trades.iter().map(|trade| trade.side).collect();
    let turns = sides.chunks(2).all(|pair| pair[0] == Side::Buy);
    assert!(turns && sides.len() > 4, "{sides:?}");
}

/// Nobody scores an entry there.
#[test]
fn a_competition_is_not_followed() {
    let mut settings = settings(share("X", Qty::ONE));
    assert!(Desk::new(&settings).is_ok());
    settings.competition = Some(Competition {
        name: label("Cup"),
        kind: BoardKind::Demo,
        weights: Competition::standard_weights(),
        loss_limit: Competition::standard_loss_limit(),
        gates: Competition::standard_gates(),
        schedule: settings.plan.schedule,
        days: settings.plan.days.clone(),
        contest: ContestRules::default(),
    });
    let refused = Desk::new(&settings).unwrap_err();
    assert_eq!(refused.what, "the account is in a competition");
}
