use engine::{EventBuf, Limits};
use proptest::prelude::*;
use rules::Allowance;
use rules::{
    BoardKind, Conduct, ContestRules, EntryFee, EntryRules, Gates, Life, MaxLoss, Plan, Prize,
    PrizeAmount, PrizePool, Stage, StopTrailing, TeamRules, TrailSource, Window,
};
use types::{
    ClientOrderId, Codec, Command, CompetitionChange, Effect, FeeSchedule, Input, InputKind,
    Instrument, InstrumentId, InstrumentKind, Liquidity, Margin, MarketData, MarketEvent, NewOrder,
    OpenAccount, OrderKind, PaperModel, PlanId, Price, Qty, Quote, Ratio, RollSchedule, ShardId,
    Side, Terms, TimeInForce, Timer, TradingDay,
};

use super::*;

const CUP: CompetitionId = CompetitionId(0);
const ACCOUNTS: u32 = 7;
const SECOND: u64 = 1_000_000_000;

struct Bench {
    shard: Shard,
    boards: Boards,
    ts: u64,
    orders: u128,
    days: i32,
}

/// What may happen.
#[derive(Debug, Clone)]
enum Op {
    Pass(u64),
    Quote(i64),
    Order(u32, Side),
    Enter(u32),
    Disqualify(u32),
    Reinstate(u32),
    Finalise,
    Roll,
}

fn op() -> impl Strategy<Value = Op> {
    let account = 0..ACCOUNTS;
    let side = prop::sample::select(vec![Side::Buy, Side::Sell]);
    prop_oneof![
        3 => (0_u64..40).prop_map(Op::Pass),
        6 => (90_i64..110).prop_map(Op::Quote),
        6 => (account.clone(), side).prop_map(|(account, side)| Op::Order(account, side)),
        3 => account.clone().prop_map(Op::Enter),
        1 => account.clone().prop_map(Op::Disqualify),
        1 => account.prop_map(Op::Reinstate),
        1 => Just(Op::Finalise),
        1 => Just(Op::Roll),
    ]
}

fn schedule() -> RollSchedule {
    RollSchedule {
        zone: "UTC".parse().unwrap(),
        minute: 0,
    }
}

impl Bench {
    /// Seven accounts of 1,000 that fail at 900, and a cup from second 50 to 250, frozen at 150.
    fn new(with_window: bool) -> Self {
        let mut bench = Self {
            shard: Shard::new(ShardId(0), Limits::default()),
            boards: Boards::default(),
            ts: 0,
            orders: 0,
            days: 0,
        };
        bench.command(Command::RegisterInstrument(Box::new(Instrument {
            symbol: "X".parse().unwrap(),
            kind: InstrumentKind::CryptoSpot,
            currency: "USD".parse().unwrap(),
            tick_size: Price::whole(1),
            lot_size: Qty::whole(1),
            contract_size: Qty::ONE,
            order_qty_max: Qty::whole(100),
            fees: FeeSchedule::default(),
            margin: Margin::default(),
            shortable: true,
            collar: Ratio::ZERO,
            breaker: Ratio::ZERO,
            liquidity: Liquidity::Paper(PaperModel::default()),
        })));
        let plan = Plan {
            name: "P".parse().unwrap(),
            version: 1,
            currency: "USD".parse().unwrap(),
            initial_balance: Money::whole(1_000),
            days: rules::TradingDays::default(),
            day_profit: rules::DayProfit::Closed,
            schedule: schedule(),
            stage: Stage::Evaluation { phase: 1 },
            daily_loss: None,
            max_loss: Some(MaxLoss {
                trail: TrailSource::None,
                allowance: Allowance::Fixed(Money::whole(100)),
                stop: StopTrailing::Never,
                effect: Effect::Fail,
                touch_is_breach: true,
            }),
            profit_target: None,
            min_days: None,
            consistency: None,
            payout: None,
            scaling: None,
            terms: Terms::default(),
            conduct: Conduct::default(),
            life: Life::default(),
        };
        let spec = plan.to_bytes().into();
        bench.command(Command::DefinePlan { spec });
        for account in 0..ACCOUNTS {
            bench.command(Command::OpenAccount(OpenAccount {
                plan: PlanId(0),
                parent: None,
                name: format!("a{account}").parse().unwrap(),
            }));
        }
        let cup = Competition {
            name: "Cup".parse().unwrap(),
            kind: BoardKind::Demo,
            weights: Competition::standard_weights(),
            loss_limit: Competition::standard_loss_limit(),
            gates: Gates {
                active_days: 0,
                round_turns: 1,
            },
            days: rules::TradingDays::default(),
            schedule: schedule(),
            contest: ContestRules {
                window: with_window.then_some(Window {
                    start: TimestampNs(50 * SECOND),
                    end: TimestampNs(250 * SECOND),
                }),
                entry: EntryRules {
                    fee: EntryFee::default(),
                    late: true,
                    entrants_max: 100,
                },
                prizes: Some(PrizePool {
                    pool: Money::whole(100),
                    unit: Money::whole(1),
                    places: vec![Prize {
                        first: 1,
                        last: 2,
                        each: PrizeAmount::Share(Ratio::percent(50)),
                    }],
                }),
                freeze_s: if with_window { 100 } else { 0 },
                teams: Some(TeamRules {
                    count: 2,
                    members_min: 1,
                }),
            },
        };
        let spec = cup.to_bytes().into();
        bench.command(Command::DefineCompetition { spec });
        bench.apply(&Op::Quote(100));
        bench
    }

    fn input(&mut self, kind: InputKind) {
        let input = Input {
            seq: self.shard.seq().next(),
            ts: TimestampNs(self.ts),
            kind,
        };
        self.shard.apply(&input, &mut EventBuf::default());
    }

    fn command(&mut self, command: Command) {
        self.input(InputKind::Command(command));
    }

    fn change(&mut self, change: CompetitionChange) {
        self.command(Command::ChangeCompetition {
            competition: CUP,
            change,
        });
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Pass(seconds) => {
                self.ts += seconds * SECOND;
                self.input(InputKind::Timer(Timer::Clock));
            }
            Op::Quote(bid) => self.input(InputKind::Market(MarketEvent {
                instrument: InstrumentId(0),
                ts_event: TimestampNs(self.ts),
                data: MarketData::Quote(Quote {
                    bid: Price::whole(bid),
                    bid_qty: Qty::whole(100),
                    ask: Price::whole(bid + 1),
                    ask_qty: Qty::whole(100),
                }),
            })),
            Op::Order(account, side) => {
                self.orders += 1;
                self.command(Command::SubmitOrder(NewOrder {
                    client_order: ClientOrderId(self.orders),
                    tif: TimeInForce::ImmediateOrCancel,
                    ..NewOrder::new(
                        AccountId(account),
                        InstrumentId(0),
                        side,
                        OrderKind::Market,
                        Qty::whole(5),
                    )
                }));
            }
            Op::Enter(account) => self.command(Command::EnterCompetition {
                competition: CUP,
                account: AccountId(account),
                team: Some(TeamId(account % 3)),
            }),
            Op::Disqualify(account) => self.change(CompetitionChange::Disqualify {
                account: AccountId(account),
                reason: DisqualificationReason::Terms,
            }),
            Op::Reinstate(account) => self.change(CompetitionChange::Reinstate {
                account: AccountId(account),
            }),
            Op::Finalise => self.change(CompetitionChange::Finalise),
            Op::Roll => {
                self.days += 1;
                let (schedule, day) = (schedule(), TradingDay(self.days));
                self.input(InputKind::Timer(Timer::DayRoll { schedule, day }));
            }
        }
    }

    /// What is kept is what the shard works out anew; pages of two rows are the same rows.
    fn check(&mut self) -> Result<(), TestCaseError> {
        self.boards.refresh(&self.shard);
        for view in [BoardView::Public, BoardView::Review] {
            let plain = self.shard.board(CUP, view == BoardView::Public).unwrap();
            let from = |from, rows| BoardRows::From(from, rows);
            let page = |rows| self.boards.page(&self.shard, CUP, view, rows).unwrap();
            let whole = page(from(BoardPlace::Rank(1), u32::MAX));
            prop_assert_eq!(whole.next, None);
            let ranked = plain.rows.iter().filter(|row| row.rank.is_some()).count();
            prop_assert_eq!(whole.competition.ranked as usize, ranked);
            prop_assert_eq!(whole.competition.state, plain.state);
            let rows: Vec<_> = whole
                .rows
                .iter()
                .map(|row| (row.rank, row.account, row.name, row.score))
                .collect();
            let expected: Vec<_> = plain
                .rows
                .iter()
                .map(|row| (row.rank, row.account, row.name, row.score))
                .collect();
            prop_assert_eq!(rows, expected);

            let mut paged = Vec::new();
            let mut next = Some(BoardPlace::Rank(1));
            while let Some(place) = next {
                let part = page(from(place, 2));
                prop_assert!(part.rows.len() <= 2 && (!part.rows.is_empty() || paged.is_empty()));
                paged.extend(part.rows);
                next = part.next;
            }
            prop_assert_eq!(&paged, &whole.rows);

            for row in &whole.rows {
                let near = page(BoardRows::Around(row.account, 3)).rows;
                prop_assert!(near.contains(row));
                let first = near[0].rank.unwrap_or(1) as usize;
                // Three rows, as near to the middle as the ends allow.
                if let Some(rank) = row.rank {
                    let last = ranked.saturating_sub(2).max(1);
                    prop_assert_eq!(first, (rank as usize).saturating_sub(1).clamp(1, last));
                    prop_assert_eq!(near.len(), ranked.min(3));
                } else {
                    prop_assert_eq!(near.len(), 1);
                }
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn boards_that_are_kept_are_those_that_are_worked_out_anew(
        with_window in any::<bool>(),
        steps in prop::collection::vec((op(), any::<bool>()), 1..150),
    ) {
        let mut bench = Bench::new(with_window);
        for (op, is_looked_at) in &steps {
            bench.apply(op);
            if *is_looked_at {
                bench.check()?;
            }
        }
        bench.check()?;
    }
}

/// Buys five and sells them again when the bid is so much higher.
fn earn(bench: &mut Bench, account: u32, gain: i64) {
    bench.apply(&Op::Quote(100));
    bench.apply(&Op::Order(account, Side::Buy));
    bench.apply(&Op::Quote(101 + gain));
    bench.apply(&Op::Order(account, Side::Sell));
}

#[test]
fn a_frozen_board_hides_what_comes_after_and_the_final_one_has_the_prizes() {
    let mut bench = Bench::new(true);
    for account in [0, 1, 2] {
        bench.apply(&Op::Enter(account));
    }
    bench.apply(&Op::Pass(60));
    earn(&mut bench, 0, 3);
    earn(&mut bench, 1, 2);
    earn(&mut bench, 2, 1);
    let ranks = |bench: &mut Bench, view| {
        bench.boards.refresh(&bench.shard);
        let all = BoardRows::From(BoardPlace::Rank(1), 10);
        let page = bench.boards.page(&bench.shard, CUP, view, all).unwrap();
        let rows = page.rows.iter();
        rows.map(|row| (row.account.0, row.rank))
            .collect::<Vec<_>>()
    };
    let order = [(0, Some(1)), (1, Some(2)), (2, Some(3))];
    assert_eq!(ranks(&mut bench, BoardView::Public), order);

    // Second 160: the board stands still from 150 on.
    bench.apply(&Op::Pass(100));
    earn(&mut bench, 2, 5);
    bench.apply(&Op::Disqualify(0));
    assert_eq!(ranks(&mut bench, BoardView::Public), order);
    let reviewed = [(2, Some(1)), (1, Some(2)), (0, None)];
    assert_eq!(ranks(&mut bench, BoardView::Review), reviewed);

    // Second 260: over at 250. Two places of 50 each, and the fees are none.
    bench.apply(&Op::Pass(100));
    assert_eq!(ranks(&mut bench, BoardView::Public), order);
    bench.apply(&Op::Finalise);
    assert_eq!(ranks(&mut bench, BoardView::Public), reviewed);
    let all = BoardRows::From(BoardPlace::Rank(1), 10);
    let page = bench
        .boards
        .page(&bench.shard, CUP, BoardView::Public, all)
        .unwrap();
    let prizes: Vec<_> = page.rows.iter().map(|row| row.prize).collect();
    let fifty = Some(Money::whole(50));
    assert_eq!(prizes, [fifty, fifty, None]);
    assert_eq!(page.competition.unclaimed, Some(Money::ZERO));
    assert_eq!(
        page.rows[2].disqualified.unwrap().reason,
        DisqualificationReason::Terms
    );

    // Teams are the account's number modulo three: each has one member, and team 0 has lost its own.
    let teams = bench
        .boards
        .teams(&bench.shard, CUP, BoardView::Public)
        .unwrap();
    let teams: Vec<_> = teams.iter().map(|team| (team.team.0, team.rank)).collect();
    assert_eq!(teams, [(2, Some(1)), (1, Some(2)), (0, None)]);
}

#[test]
fn an_account_that_is_not_in_has_no_rows_around_it() {
    let mut bench = Bench::new(false);
    bench.apply(&Op::Enter(3));
    bench.boards.refresh(&bench.shard);
    let around = |account, id| {
        let rows = BoardRows::Around(AccountId(account), 5);
        bench.boards.page(&bench.shard, id, BoardView::Public, rows)
    };
    assert_eq!(around(3, CUP).unwrap().rows.len(), 1);
    assert_eq!(around(2, CUP), None);
    assert_eq!(around(3, CompetitionId(1)), None);
}
