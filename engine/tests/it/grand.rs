//! One long story with everything in it at once: orders on their way, held, waiting, trailing, resting
//! in queues, in auctions, timed; changes on their way; algos; books, bars, depth, bookings and
//! verdicts.

use engine::Limits;
use rules::{Allowance, DailyAnchor, DailyLoss, MaxLoss, Plan, StopTrailing, TrailSource};
use types::{
    AccountId, AlgoKind, BarPath, CancelModel, Codec, Command, CompetitionId, CurveId, Effect,
    FeeSchedule, FillRule, Funding, Instrument, InstrumentStatus, Latency, LatencyId,
    LatencySample, Leg, Margin, MarketData, NewAlgo, PaperModel, PositionMode, Ratio, Requirement,
    SelfTrade, Side, Sizes, Slippage, Terms,
};

use crate::words::{
    Of, Words, algo, amend_price, amend_qty, amend_trigger, bar, bracket, buy, cancel, cancel_all,
    cover, delta, depth, disconnect, market, oco, oto, print, quote, sell, sized, status, whole,
};
use crate::world::{SECOND, World, crossed, define, label, money, open, paper, plan, price};

const BOOK: u32 = 0;
const QUEUE: u32 = 1;
const DEPTH: u32 = 2;
const EURO: u32 = 3;
const CALL: u32 = 4;

fn instruments() -> [Instrument; 5] {
    let fees = FeeSchedule {
        taker: Ratio(700_000),
        maker: Ratio(-200_000),
        per_unit: money("0.01"),
        minimum: money("0.5"),
    };
    let margin = Margin {
        initial: Requirement {
            rate: Ratio::percent(10),
            per_unit: money("0.1"),
        },
        maintenance: Requirement {
            rate: Ratio::percent(9),
            per_unit: money("0.1"),
        },
    };
    let away = LatencySample {
        order_ns: 2_500_000_000,
        ack_ns: 9,
    };
    let queue = PaperModel {
        fill: FillRule::Queue(CancelModel::Power(2)),
        sizes: Sizes::Unlimited,
        slippage: Slippage::None,
        latency: Latency::Constant(away),
        bars: BarPath::Ignored,
    };
    let depth = PaperModel {
        fill: FillRule::Through,
        sizes: Sizes::Displayed,
        slippage: Slippage::Impact { ticks: 1 },
        latency: Latency::None,
        bars: BarPath::Walked,
    };
    let euro = PaperModel {
        latency: Latency::Recorded(LatencyId(0)),
        slippage: Slippage::Ticks(1),
        ..PaperModel::default()
    };
    [
        Instrument {
            fees,
            margin,
            collar: Ratio::percent(20),
            breaker: Ratio::percent(30),
            ..crossed()
        },
        Instrument {
            fees,
            ..paper(queue)
        },
        Instrument {
            margin,
            ..paper(depth)
        },
        Instrument {
            currency: label("EUR"),
            ..paper(euro)
        },
        Instrument {
            breaker: Ratio::percent(5),
            ..crossed()
        },
    ]
}

fn plans() -> [Plan; 3] {
    let daily = DailyLoss {
        anchor: DailyAnchor::IntradayPeak,
        allowance: Allowance::Fixed(money("300")),
        effect: Effect::LockForDay,
        touch_is_breach: false,
        changes: rules::DailyChanges::default(),
    };
    let max = MaxLoss {
        trail: TrailSource::TickEquity,
        allowance: Allowance::Fixed(money("5000")),
        stop: StopTrailing::Never,
        effect: Effect::Fail,
        touch_is_breach: false,
    };
    [
        Plan {
            max_loss: Some(max),
            ..plan("100000")
        },
        Plan {
            daily_loss: Some(daily),
            terms: Terms {
                mode: PositionMode::Hedging,
                ..Terms::default()
            },
            ..plan("100000")
        },
        Plan {
            terms: Terms {
                funding: Funding::Margin {
                    rate_min: Ratio::percent(5),
                },
                ..Terms::default()
            },
            ..plan("500")
        },
    ]
}

/// Accounts 0, 1 and 2 net, 3 hedges, 4 trades on margin.
pub(crate) fn grand() -> World {
    let mut world = World::audited(Limits::default());
    world.tell(Command::DefineLatency {
        samples: [500_000_000, 1_500_000_000, 3_500_000_000]
            .map(|order_ns| LatencySample {
                order_ns,
                ack_ns: 3,
            })
            .to_vec(),
    });
    world.tell(Command::DefineCurve {
        weights: vec![1, 4, 2],
    });
    world.tell(Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: price("1.0837"),
    });
    world.tell_all(instruments().map(|it| Command::RegisterInstrument(Box::new(it))));
    world.tell_all(plans().map(|plan| define(&plan)));
    world.tell(Command::DefineCompetition {
        spec: crate::plans::competition(0).to_bytes().into(),
    });
    world.roll(1);
    for plan in [0, 0, 0, 1, 2] {
        world.tell(open(plan));
    }
    world.tell(Command::EnterCompetition {
        competition: CompetitionId(0),
        account: AccountId(1),
        team: None,
    });
    quotes(&mut world);
    rest_everywhere(&mut world);
    trade(&mut world);
    close(&mut world);
    world
}

fn quotes(world: &mut World) {
    world.tell(sized("98", 10, "101", 10).of(QUEUE));
    world.tell(
        depth(
            &[("98", 4), ("97", 6), ("95", 9)],
            &[("101", 5), ("102", 3), ("104", 8)],
        )
        .of(DEPTH),
    );
    world.tell(quote("50", "51").of(EURO));
    world.tell(status(InstrumentStatus::PreOpen).of(CALL));
}

/// Orders in every place that there is.
fn rest_everywhere(world: &mut World) {
    for step in 0..8 {
        let (bid, ask) = (whole(99 - step), whole(101 + step));
        world.tell(buy(step as u32 % 3, 3 + step).at(&bid).of(BOOK));
        world.tell(sell((step as u32 + 1) % 3, 2 + step).at(&ask).of(BOOK));
    }
    world.tell_all([
        sell(0, 20).at("103").show(4),
        buy(1, 30).at("97").show(7).client(77),
        sell(1, 4).stop("98"),
        sell(2, 4).stop("96").on_last(),
        buy(2, 5).stop_limit("103", "105").on_last(),
        sell(0, 3).trail("2"),
        buy(1, 3).trail_share(Ratio::percent(3)).on_last(),
        sell(2, 3).at("104").day().in_session(),
        buy(3, 6).at("100").leg(Leg::Long),
        sell(3, 4).stop("97").leg(Leg::Short),
    ]);
    world.tell(bracket(&[
        buy(0, 9).at("100"),
        sell(0, 9).at("102"),
        sell(0, 9).stop("95"),
    ]));
    world.tell(cover([sell(1, 6).at("103"), buy(1, 6).trail("4")]));
    world.tell(oto(&[
        buy(2, 4).at("96"),
        sell(2, 4).at("106"),
        buy(2, 2).at("90"),
    ]));
    world.tell(oco(&[sell(0, 5).at("105"), sell(0, 5).stop("93")]));
    let date = world.now() + 40 * SECOND;
    world.tell(buy(2, 7).at("94").until(date));

    world.tell_all(
        [buy(0, 5).at("98"), sell(1, 5).at("101"), buy(2, 3).at("97")].map(|o| o.of(QUEUE)),
    );
    world.tell_all([sell(0, 2).stop("95"), sell(1, 4).trail("3")].map(|order| order.of(QUEUE)));
    world.tell_all([buy(0, 7), sell(2, 3), buy(1, 9).at("99")].map(|order| order.of(DEPTH)));
    world.tell(sell(0, 7).stop("94").of(DEPTH));
    // 5 at 105, 3 at 106, and of the rest at 108 there are 8: 10% of 2,139, 0.1 each, and 179 less at 98.
    world.tell(buy(4, 20).of(DEPTH));
    world.tell_all(
        [buy(0, 6), buy(1, 8).at("49"), sell(2, 4).stop("48")].map(|order| order.of(EURO)),
    );
    world.tell_all([
        buy(0, 10).at("100").of(CALL),
        sell(1, 8).at("98").of(CALL),
        buy(2, 5).at_open().of(CALL),
        sell(0, 3).at("99").at_open().of(CALL),
        sell(2, 4).at_close().of(CALL),
        buy(1, 4).at("97").at_close().of(CALL),
    ]);

    let now = world.now();
    let window = (now + 5 * SECOND, now + 45 * SECOND);
    let twap = algo(0, Side::Buy, 11, AlgoKind::Twap { slices: 5 }, window);
    world.tell(NewAlgo {
        limit: Some(price("100")),
        ..twap.of(BOOK)
    });
    let curve = CurveId(0);
    world.tell(algo(1, Side::Sell, 9, AlgoKind::Vwap { curve }, window).of(QUEUE));
    let rate = Ratio::percent(30);
    world.tell(algo(2, Side::Buy, 12, AlgoKind::Pov { rate }, window).of(BOOK));
    world.tell(algo(0, Side::Sell, 12, AlgoKind::Pov { rate }, window).of(DEPTH));
}

/// The market moves, and everybody does something about it.
fn trade(world: &mut World) {
    world.tell(buy(2, 6).of(BOOK));
    world.tell(sell(1, 11).against_itself(SelfTrade::Decrement).of(BOOK));
    world.tell(amend_qty(0, 1, 2));
    world.tell(amend_price(1, 3, "100"));
    world.tell(print("98", 4).of(QUEUE));
    world.tell(sized("98", 7, "100", 10).of(QUEUE));
    world.tell(print("101", 6).of(QUEUE));
    world.tell(delta(&[("98", 2)], &[("101", 0), ("103", 4)]).of(DEPTH));
    world.tell(print("97", 5).of(DEPTH));
    world.tell(quote("48", "49").of(EURO));
    world.tell(status(InstrumentStatus::Open).of(CALL));
    // On the way when somebody else's turn comes.
    world.tell(buy(1, 3).at("97").of(QUEUE));
    let flying = world.working_ids().last().copied().unwrap();
    world.tell(amend_qty(1, flying, 2));
    world.tell(sell(0, 4).of(EURO));
    world.tell(cancel(1, flying));
    world.tell(sell(0, 12).of(BOOK));
    world.tell(amend_trigger(2, 20, "97"));
    world.tell(sell(2, 9).at("98").of(BOOK));
    world.tell(sell(2, 9).at("95").ioc().of(BOOK));
    world.tell(buy(1, 20).at("101").of(BOOK));
    world.tell(buy(0, 14).of(BOOK));
    world.tell(market(MarketData::Dividend {
        per_unit: money("0.37"),
    }));
    world.tell(bar(["100", "103", "93", "97"]).of(DEPTH));
    world.tell(quote("103", "99").of(QUEUE));
    world.tell(sized("94", 9, "96", 9).of(QUEUE));
    world.tell(disconnect(2));
    world.tell(cancel(2, 1_000));
    world.roll(2);
}

/// The session ends, a split comes, and so does the day after.
fn close(world: &mut World) {
    world.tell(status(InstrumentStatus::PreClose).of(CALL));
    world.tell(sell(0, 2).at("97").of(CALL));
    world.tell(status(InstrumentStatus::Closed).of(CALL));
    world.tell(Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: price("0.97"),
    });
    world.tell(buy(3, 30).leg(Leg::Long).of(BOOK));
    world.tell(sell(1, 25).of(BOOK));
    world.tell(market(MarketData::Split { new: 3, old: 2 }).of(QUEUE));
    world.tell(quote("64", "65").of(QUEUE));
    world.tell(buy(0, 5).at("64").of(QUEUE));
    world.tell(depth(&[("80", 90)], &[("81", 90)]).of(DEPTH));
    world.tell(sell(3, 3).at("90").leg(Leg::Short).of(BOOK));
    world.tell(cancel_all(0));
    world.tell(status(InstrumentStatus::Halted).of(BOOK));
    world.tell(status(InstrumentStatus::Open).of(BOOK));
    world.until(world.now() + 100 * SECOND);
    world.roll(3);
}
