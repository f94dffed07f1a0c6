//! How long a board of many entrants takes to be brought up to date and shown: worked out anew with
//! every row as JSON, and kept with the first page as JSON.
//!
//! ```text
//! cargo run --release -p gateway --example board_refresh -- 100000
//! ```

#![expect(clippy::expect_used, reason = "a program to run by hand")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use gateway::dto::Names;
use gateway::dto::board::{BoardDto, BoardRowDto};
use rules::{BoardKind, Competition, Conduct, ContestRules, Gates, Life, Plan, Stage};
use runtime::{
    BOARD_ROWS_MAX, BoardPlace, BoardRow, BoardRows, BoardView, Boards, EventBuf, Limits, Shard,
};
use types::{
    AccountId, ClientOrderId, Codec, Command, CompetitionId, FeeSchedule, Input, InputKind,
    Instrument, InstrumentId, InstrumentKind, Liquidity, Margin, MarketData, MarketEvent, Money,
    NewOrder, OpenAccount, OrderKind, PaperModel, PlanId, Price, Qty, Quote, Ratio, RollSchedule,
    ShardId, Side, Terms, TimeInForce, TimestampNs,
};

const CUP: CompetitionId = CompetitionId(0);
const ROUNDS: u32 = 7;

struct Field {
    shard: Shard,
    events: EventBuf,
}

impl Field {
    fn input(&mut self, kind: InputKind) {
        let seq = self.shard.seq().next();
        // One input a millisecond, so that no account sends too many orders.
        let ts = TimestampNs(seq.0 * 1_000_000);
        self.events.clear();
        self.shard.apply(&Input { seq, ts, kind }, &mut self.events);
    }

    fn command(&mut self, command: Command) {
        self.input(InputKind::Command(command));
    }

    fn quote(&mut self, instrument: u32, cents: i64) {
        let quote = Quote {
            bid: Price(cents * 10_000_000),
            bid_qty: Qty::whole(1),
            ask: Price((cents + 1) * 10_000_000),
            ask_qty: Qty::whole(1),
        };
        self.input(InputKind::Market(MarketEvent {
            instrument: InstrumentId(instrument),
            ts_event: TimestampNs(0),
            data: MarketData::Quote(quote),
        }));
    }
}

fn instrument(symbol: &str) -> Command {
    Command::RegisterInstrument(Box::new(Instrument {
        symbol: symbol.parse().expect("a name"),
        kind: InstrumentKind::CryptoSpot,
        currency: "USD".parse().expect("a name"),
        tick_size: Price(10_000_000),
        lot_size: Qty(1_000_000),
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000),
        fees: FeeSchedule::default(),
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel::default()),
    }))
}

fn plan() -> Command {
    let plan = Plan {
        name: "P".parse().expect("a name"),
        version: 1,
        currency: "USD".parse().expect("a name"),
        initial_balance: Money::whole(100_000),
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: schedule(),
        stage: Stage::Evaluation { phase: 1 },
        daily_loss: None,
        max_loss: None,
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        terms: Terms::default(),
        conduct: Conduct::default(),
        life: Life::default(),
    };
    Command::DefinePlan {
        spec: plan.to_bytes().into(),
    }
}

fn schedule() -> RollSchedule {
    RollSchedule {
        zone: "UTC".parse().expect("a name"),
        minute: 0,
    }
}

/// Everybody holds the first instrument, in sizes that differ; every hundredth holds the second too.
fn field(entrants: u32) -> Field {
    let mut field = Field {
        shard: Shard::new(ShardId(0), Limits::default()),
        events: EventBuf::default(),
    };
    field.command(instrument("ALL"));
    field.command(instrument("FEW"));
    field.command(plan());
    let cup = Competition {
        name: "Cup".parse().expect("a name"),
        kind: BoardKind::Demo,
        weights: Competition::standard_weights(),
        loss_limit: Competition::standard_loss_limit(),
        gates: Gates {
            active_days: 0,
            round_turns: 0,
        },
        days: rules::TradingDays::default(),
        schedule: schedule(),
        contest: ContestRules::default(),
    };
    field.command(Command::DefineCompetition {
        spec: cup.to_bytes().into(),
    });
    field.quote(0, 10_000);
    field.quote(1, 10_000);
    for account in 0..entrants {
        field.command(Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: format!("trader {account}").parse().expect("a name"),
        }));
        field.command(Command::EnterCompetition {
            competition: CUP,
            account: AccountId(account),
            team: None,
        });
        // A multiplier of the golden ratio spreads the sizes.
        let lots = i64::from(account.wrapping_mul(2_654_435_769) >> 20) + 1;
        let side = if account % 2 == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        for instrument in 0..if account % 100 == 0 { 2 } else { 1 } {
            field.command(Command::SubmitOrder(NewOrder {
                client_order: ClientOrderId(u128::from(account) * 2 + u128::from(instrument) + 1),
                tif: TimeInForce::ImmediateOrCancel,
                ..NewOrder::new(
                    AccountId(account),
                    InstrumentId(instrument),
                    side,
                    OrderKind::Market,
                    Qty(lots * 1_000_000),
                )
            }));
        }
    }
    field
}

/// The least of several times: what else the machine does only adds to them.
fn least(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

fn main() {
    let argument = std::env::args().nth(1);
    let entrants = argument
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let mut field = field(entrants);
    let mut boards = Boards::default();
    let started = Instant::now();
    boards.refresh(&field.shard);
    println!(
        "{entrants} entrants; the first refresh takes {:.1?}",
        started.elapsed()
    );
    let names = Names::numbers();
    let first = BoardRows::From(BoardPlace::Rank(1), BOARD_ROWS_MAX);
    println!("what moved            anew: rows      as JSON   kept: refresh  page      as JSON");
    for (what, instrument) in [
        ("nobody", None),
        ("every hundredth", Some(1)),
        ("everybody", Some(0)),
    ] {
        let mut times: [Vec<Duration>; 5] = Default::default();
        for round in 0..ROUNDS {
            if let Some(instrument) = instrument {
                // Up and down, so that the losers of one round are the winners of the next.
                let away = 3 + i64::from(round);
                field.quote(
                    instrument,
                    if round % 2 == 0 {
                        10_000 + away
                    } else {
                        10_000 - away
                    },
                );
            }
            let shard = &field.shard;
            let mut clock = Instant::now();
            let mut lap = |place: usize, times: &mut [Vec<Duration>; 5]| {
                times[place].push(clock.elapsed());
                clock = Instant::now();
            };
            let anew = shard.board(CUP, true).expect("a board");
            lap(0, &mut times);
            for row in &anew.rows {
                let (_, number) = shard.entrance(row.account).expect("an entrant");
                let (entry, ..) = shard.entry(CUP, number, true).expect("an entry");
                let row = BoardRow {
                    rank: row.rank,
                    account: row.account,
                    name: row.name,
                    team: None,
                    score: row.score,
                    inputs: entry.inputs(),
                    attained_at: TimestampNs(0),
                    disqualified: None,
                    prize: None,
                };
                let row = BoardRowDto::new(&row, &names);
                black_box(serde_json::to_string(&row).expect("JSON"));
            }
            lap(1, &mut times);
            boards.refresh(shard);
            lap(2, &mut times);
            let page = boards
                .page(shard, CUP, BoardView::Public, first)
                .expect("a page");
            lap(3, &mut times);
            black_box(serde_json::to_string(&BoardDto::new(&page, &names)).expect("JSON"));
            lap(4, &mut times);
            let best = page.rows.first().map(|row| (row.rank, row.account));
            assert_eq!(best, anew.rows.first().map(|row| (row.rank, row.account)));
        }
        let [anew, all_json, kept, page, json] = times.map(least);
        println!(
            "{what:<20}  {anew:>10.1?}  {all_json:>10.1?}  {kept:>12.1?}  {page:>8.1?}  {json:>8.1?}"
        );
    }
}
