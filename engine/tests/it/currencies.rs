//! Instruments in other currencies than the account's: balances, conversion and what is rounded how.

use std::cell::RefCell;
use std::collections::BTreeMap;

use engine::Limits;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rules::{Allowance, DailyAnchor, DailyLoss, MaxLoss, Plan, StopTrailing, TrailSource};
use types::{
    Command, Effect, EventKind, FeeSchedule, Funding, Instrument, Label, Margin, MarkKind, Money,
    Notional, PaperModel, Ratio, Requirement, Terms,
};

use crate::words::{Of, Words, buy, print, quote, sell};
use crate::world::{World, fills, label, money, paper, plan, price};

fn rate(from: &str, rate: &str) -> Command {
    Command::SetConversion {
        from: label(from),
        to: label("USD"),
        rate: price(rate),
    }
}

fn in_currency(currency: &str) -> Instrument {
    Instrument {
        currency: label(currency),
        fees: FeeSchedule {
            taker: Ratio(1_000_000),
            ..FeeSchedule::default()
        },
        ..paper(PaperModel::default())
    }
}

/// A euro instrument at 100 bid, 101 asked, that takes 0.1%.
fn abroad(terms: Terms) -> World {
    let plan = Plan {
        terms,
        ..plan("1000000")
    };
    let mut world = World::limited(Limits::default(), &[in_currency("EUR")], &plan, 2);
    world.tell(quote("100", "101"));
    world
}

fn foreign(world: &World) -> Vec<(Label, Money)> {
    world.shard.portrait().accounts[0].foreign.clone()
}

fn exact_equity(world: &World) -> Notional {
    world.shard.portrait().accounts[0].equity
}

#[test]
fn without_a_rate_a_foreign_instrument_is_not_for_this_account() {
    let mut world = abroad(Terms::default());
    assert_eq!(world.tell(buy(0, 1)), ["denied NoConversion"]);
    world.tell(rate("EUR", "1.1"));
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    // The other way round is another rate.
    let mut world = abroad(Terms::default());
    world.tell(Command::SetConversion {
        from: label("USD"),
        to: label("EUR"),
        rate: price("0.9"),
    });
    assert_eq!(world.tell(buy(0, 1)), ["denied NoConversion"]);
}

#[test]
fn profits_and_fees_stay_in_their_currency_and_count_at_its_rate() {
    let mut world = abroad(Terms::default());
    world.tell(rate("EUR", "1.1"));
    // 10 x 101 and 1.01 of fee; 10 under water.
    world.tell(buy(0, 10));
    assert_eq!(foreign(&world), [(label("EUR"), money("-1.01"))]);
    assert_eq!(world.balance(0), "1000000");
    // 1.1 x (-1.01 - 10).
    assert_eq!(exact_equity(&world).to_string(), "999987.889");
    world.tell(quote("110", "111"));
    // 90 realised, 1.1 of fee: 87.89 euros, 96.679 dollars.
    let fill = fills(&world.hear(sell(0, 10)))[0];
    assert_eq!(
        (fill.realised, fill.fee, fill.balance),
        (money("90"), money("1.1"), money("87.89"))
    );
    assert_eq!(world.cash(), ("1000096.679".into(), "1000096.679".into()));
    // 1.111 and 1.21.
    let view = world.shard.account_view(types::AccountId(0)).unwrap();
    assert_eq!(view.fees, money("2.321"));
    assert_eq!(view.day_pnl, money("96.679"));
    // Another rate, another worth: 87.89 x 1.2.
    world.tell(rate("EUR", "1.2"));
    assert_eq!(world.cash(), ("1000105.468".into(), "1000105.468".into()));
}

#[test]
fn what_is_converted_is_rounded_down_and_costs_are_rounded_up() {
    let mut world = abroad(Terms::default());
    world.tell(rate("EUR", "0.333333333"));
    world.tell(buy(0, 1));
    // 0.101 euros are 0.033666666...: up.
    let view = world.shard.account_view(types::AccountId(0)).unwrap();
    assert_eq!(view.fees, money("0.033667"));
    // -0.101 euros down.
    assert_eq!(world.cash().0, "999999.966333");
    // -1.101 x 0.333333333 = -0.366999999633.
    assert_eq!(exact_equity(&world).to_string(), "999999.633000000367");
}

#[test]
fn a_rate_alone_may_break_a_limit() {
    let rules = Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("100")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        ..plan("10000")
    };
    let euro = Instrument {
        fees: FeeSchedule::default(),
        ..in_currency("EUR")
    };
    let mut world = World::limited(Limits::default(), &[euro], &rules, 2);
    world.tell(rate("EUR", "1"));
    world.tell(quote("100", "100"));
    world.tell(buy(0, 10));
    assert_eq!(world.tell(quote("90", "90")), [""; 0]);
    // 100 euros lost are 100 dollars, and then 110.
    assert_eq!(
        world.tell(rate("EUR", "1.1"))[..2],
        ["ConversionSet", "account 0 breach MaxLoss"]
    );
    assert_eq!(world.position(0), "0");
    assert_eq!(foreign(&world), [(label("EUR"), money("-100"))]);
}

#[test]
fn an_account_holds_three_currencies_besides_its_own() {
    let currencies = ["EUR", "GBP", "JPY", "CHF"];
    let instruments = currencies.map(in_currency);
    let mut world = World::limited(Limits::default(), &instruments, &plan("1000000"), 1);
    for (instrument, currency) in (0..).zip(currencies) {
        world.tell(rate(currency, "1.5"));
        world.tell(quote("100", "101").of(instrument));
        if instrument < 3 {
            assert_eq!(world.tell(buy(0, 1).of(instrument)).len(), 2);
        }
    }
    assert_eq!(world.tell(buy(0, 1).of(3)), ["denied CurrenciesMax 3"]);
    // Cash remains where nothing is held any more: the place is taken for good.
    world.tell(sell(0, 1));
    assert_eq!(world.tell(buy(0, 1).of(3)), ["denied CurrenciesMax 3"]);
    assert_eq!(world.tell(buy(0, 1).of(2)).len(), 2);
    let held: Vec<_> = foreign(&world)
        .iter()
        .map(|(currency, _)| currency.to_string())
        .collect();
    assert_eq!(held, ["EUR", "GBP", "JPY"]);
}

#[test]
fn working_orders_count_as_currencies_too() {
    let currencies = ["EUR", "GBP", "JPY", "CHF"];
    let instruments = currencies.map(in_currency);
    let mut world = World::limited(Limits::default(), &instruments, &plan("1000000"), 1);
    for (instrument, currency) in (0..).zip(currencies) {
        world.tell(rate(currency, "1.5"));
        world.tell(quote("100", "101").of(instrument));
    }
    for instrument in 0..3 {
        world.tell(buy(0, 1).at("90").of(instrument));
    }
    assert_eq!(world.tell(buy(0, 1).of(3)), ["denied CurrenciesMax 3"]);
    world.tell(crate::words::cancel(0, 1));
    assert_eq!(world.tell(buy(0, 1).of(3)).len(), 2);
}

#[test]
fn a_cash_account_buys_with_its_own_currency_at_the_conversion_rate() {
    let mut world = abroad(Terms {
        funding: Funding::Cash,
        ..Terms::default()
    });
    world.tell(rate("EUR", "1.1"));
    // 8,992 x 101 and 0.1% of it are 909,100.192 euros.
    assert_eq!(
        world.tell(buy(0, 8_992)),
        ["denied BuyingPower 1000010.2112 of 1000000"]
    );
    assert_eq!(world.tell(buy(0, 8_991)).len(), 2);
}

#[test]
fn margin_is_converted_and_rounded_up() {
    let euro = Instrument {
        margin: Margin {
            initial: Requirement {
                rate: Ratio::percent(10),
                per_unit: Money::ZERO,
            },
            maintenance: Requirement {
                rate: Ratio::percent(10),
                per_unit: Money::ZERO,
            },
        },
        fees: FeeSchedule::default(),
        ..in_currency("EUR")
    };
    let rules = Plan {
        terms: Terms {
            funding: Funding::Margin {
                rate_min: Ratio::ZERO,
            },
            ..Terms::default()
        },
        ..plan("100")
    };
    let mut world = World::limited(Limits::default(), &[euro], &rules, 1);
    world.tell(rate("EUR", "1.111111111"));
    world.tell(quote("100", "100"));
    // 100 euros x 1.111111111 = 111.1111111.
    assert_eq!(
        world.tell(buy(0, 10)),
        ["denied BuyingPower 111.111112 of 100"]
    );
    assert_eq!(world.tell(buy(0, 9)).len(), 2);
    // 90 euros are 100 dollars (99.99999999, rounded up); a higher rate calls for more.
    assert_eq!(
        world.tell(rate("EUR", "1.2"))[..2],
        ["ConversionSet", "account 0 margin call, 100 of 108"]
    );
    assert_eq!(world.position(0), "0");
}

#[test]
fn a_rate_is_above_zero_and_between_two_currencies() {
    let mut world = abroad(Terms::default());
    assert_eq!(world.tell(rate("EUR", "0")), ["rejected BadData rate 0"]);
    assert_eq!(world.tell(rate("EUR", "-1")), ["rejected BadData rate -1"]);
    assert_eq!(
        world.tell(rate("USD", "1")),
        ["rejected BadData SameCurrency"]
    );
}

/// A round trip in euros from 100 to 90 leaves -10 euros, at 1.1 -11 dollars, of which the fee is 0. With
/// 100 shares from 100 the 989 of room above the floor of 9,000 are 9.89 on each.
#[test]
fn cash_that_is_left_abroad_leaves_the_bands_as_they_are() {
    let rules = Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("1000")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        ..plan("10000")
    };
    let share = paper(PaperModel::default());
    let euro = Instrument {
        currency: label("EUR"),
        ..share
    };
    let mut world = World::limited(Limits::default(), &[share, euro], &rules, 1);
    world.tell(rate("EUR", "1.1"));
    world.tell(quote("100", "100"));
    world.tell(quote("100", "100").of(1));
    let looked_at =
        |world: &World| [0, 1].map(|id| world.shard.sweep_bands(types::InstrumentId(id)));
    world.tell(buy(0, 100));
    assert_eq!(looked_at(&world), [0, 0]);
    // What is held there moves with its price and its rate: every mark of what the account holds counts.
    world.tell(buy(0, 1).of(1));
    world.tell(quote("90", "90").of(1));
    assert_eq!(looked_at(&world), [1, 1]);
    world.tell(sell(0, 1).of(1));
    assert_eq!(foreign(&world), [(label("EUR"), money("-10"))]);
    assert_eq!(looked_at(&world), [0, 0]);
    // A snapshot is none of it: the bands are found again.
    let restored = engine::Shard::restore(&world.snapshot()).unwrap();
    assert_eq!(restored.state_hash(), world.shard.state_hash());
    assert_eq!(restored.sweep_bands(types::InstrumentId(0)), 0);
    // A new rate moves the room: at 11 the 10 euros are 110, and 890 are left.
    world.tell(rate("EUR", "11"));
    assert_eq!(looked_at(&world), [0, 0]);
    assert_eq!(world.tell(quote("92", "92")), [""; 0]);
    assert_eq!(world.tell(quote("91", "91"))[0], "account 0 breach MaxLoss");
    world.agrees();
}

/// A rate alone breaks a limit of an account whose shares have bands.
#[test]
fn a_rate_is_judged_for_cash_that_is_left_abroad() {
    let rules = Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("1000")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        ..plan("10000")
    };
    let share = paper(PaperModel::default());
    let euro = Instrument {
        currency: label("EUR"),
        ..share
    };
    let mut world = World::limited(Limits::default(), &[share, euro], &rules, 1);
    world.tell(rate("EUR", "1"));
    world.tell(quote("100", "100"));
    world.tell(quote("100", "100").of(1));
    world.tell_all([buy(0, 1), buy(0, 1).of(1)]);
    world.tell(quote("90", "90").of(1));
    world.tell(sell(0, 1).of(1));
    // Of 10 euros 1,000 dollars are still legal, and a tenth of a dollar more is not.
    assert_eq!(world.tell(rate("EUR", "100")), ["ConversionSet"]);
    let told = world.tell(rate("EUR", "100.01"));
    assert_eq!(told[1], "account 0 breach MaxLoss");
    world.agrees();
}

/// What happens in a life abroad. Instrument 0 is in dollars, as all accounts are, 1 in euros, 2 in pounds.
#[derive(Debug, Clone)]
enum Step {
    Quote(u32, i64, i64),
    Print(u32, i64),
    /// Percent of a dollar.
    Rate(u32, i64),
    Buy(u32, u32, i64),
    Sell(u32, u32, i64),
    Roll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..3_u32, 90..110_i64, 0..3_i64)
            .prop_map(|(of, bid, spread)| Step::Quote(of, bid, bid + spread)),
        2 => (0..3_u32, 90..110_i64).prop_map(|(of, at)| Step::Print(of, at)),
        3 => (1..3_u32, 50..200_i64).prop_map(|(of, percent)| Step::Rate(of, percent)),
        3 => (0..4_u32, 0..3_u32, 1..9_i64).prop_map(|(who, of, lots)| Step::Buy(who, of, lots)),
        3 => (0..4_u32, 0..3_u32, 1..9_i64).prop_map(|(who, of, lots)| Step::Sell(who, of, lots)),
        1 => Just(Step::Roll),
    ];
    proptest::collection::vec(step, 20..80)
}

/// An account with a position abroad has no bands: whatever its equity moves by, it is judged as the twin
/// judges it, which looks at everybody after every input. Prices of either currency, prints and rates each
/// break limits on the way.
#[test]
fn positions_abroad_are_judged_on_everything_that_moves_them() {
    let broken: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let marks = prop_oneof![
        Just(MarkKind::Liquidation),
        Just(MarkKind::Last),
        Just(MarkKind::Mid)
    ];
    let funding = prop_oneof![
        Just(Funding::Unchecked),
        Just(Funding::Margin {
            rate_min: Ratio::percent(5)
        })
    ];
    let mut runner = TestRunner::new(Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    });
    let lived = runner.run(&(marks, funding, steps()), |(mark, funding, steps)| {
        let rules = Plan {
            daily_loss: Some(DailyLoss {
                anchor: DailyAnchor::IntradayPeak,
                allowance: Allowance::Fixed(money("60")),
                effect: Effect::LockForDay,
                touch_is_breach: true,
changes: rules::DailyChanges::default(),
}),
            max_loss: Some(MaxLoss {
                trail: TrailSource::TickEquity,
                allowance: Allowance::Fixed(money("250")),
                stop: StopTrailing::Never,
                effect: Effect::Fail,
                touch_is_breach: false,
            }),
            terms: Terms {
                mark,
                funding,
                ..Terms::default()
            },
            ..plan("10000")
        };
        let of = [paper(PaperModel::default()), in_currency("EUR"), in_currency("GBP")];
        let mut world = World::limited(Limits::default(), &of, &rules, 4);
        world.tell_all([rate("EUR", "1.1"), rate("GBP", "1.3")]);
        world.tell_all([0, 1, 2].map(|id| quote("100", "101").of(id)));
        let mut day = 1;
        for step in steps {
            let (by, events) = match step {
                Step::Quote(of, bid, ask) => {
                    let quoted = quote(&bid.to_string(), &ask.to_string()).of(of);
                    let by = if of == 0 { "own price" } else { "price" };
                    (by, world.hear(quoted))
                }
                Step::Print(of, at) => ("print", world.hear(print(&at.to_string(), 1).of(of))),
                Step::Rate(of, percent) => {
                    let currency = ["USD", "EUR", "GBP"][of as usize];
                    let at = format!("{}.{:02}", percent / 100, percent % 100);
                    ("rate", world.hear(rate(currency, &at)))
                }
                Step::Buy(who, of, lots) => ("order", world.hear(buy(who, lots).of(of))),
                Step::Sell(who, of, lots) => ("order", world.hear(sell(who, lots).of(of))),
                Step::Roll => {
                    day += 1;
                    ("roll", world.roll(day))
                }
            };
            let is_abroad = |event: &EventKind| {
                matches!(event, EventKind::BreachPosition(held) if held.instrument.0 > 0)
            };
            if events.iter().any(is_abroad) {
                *broken.borrow_mut().entry(by).or_default() += 1;
            }
        }
        world.agrees();
        Ok(())
    });
    lived.unwrap();
    let broken = broken.into_inner();
    let least = ["own price", "price", "print", "rate"].map(|by| broken.get(by).copied());
    assert!(least.iter().all(|times| *times > Some(20)), "{broken:?}");
}
