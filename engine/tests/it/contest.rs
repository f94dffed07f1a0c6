//! Competitions: when scores count, what the public sees, who is taken off and who is paid.
//!
//! Scores are profit alone: `P = 50 (1 + g(R, 10%))` with `g(x, k) = x / (|x| + k)`, so that a return of
//! 10% is 75 points, 5% is 66.666666666, 2.5% is 60, nothing is 50, and a loss of 10% is 25.

use engine::Limits;
use rules::{
    Allowance, BoardKind, Competition, Conduct, ContestRules, EntryFee, EntryRules, Gates, MaxLoss,
    Plan, Prize, PrizeAmount, PrizePool, StopTrailing, TeamRules, TrailSource, Weights, Window,
    WindowAction, WindowRule,
};
use types::{
    AccountId, Calendar, Codec, Command, CompetitionChange, CompetitionId, DisqualificationReason,
    Effect, Interval, Money, PaperModel, Ratio, TeamId, TimestampNs,
};

use crate::words::{Words, buy, quote, sell};
use crate::world::{SECOND, World, label, money, paper, plan, schedule};

const CUP: CompetitionId = CompetitionId(0);
/// The window of a timed competition, and when its board stands still.
const START: u64 = 100 * SECOND;
const FREEZE: u64 = 170 * SECOND;
const END: u64 = 200 * SECOND;

fn timed() -> ContestRules {
    ContestRules {
        window: Some(Window {
            start: TimestampNs(START),
            end: TimestampNs(END),
        }),
        freeze_s: 30,
        ..ContestRules::default()
    }
}

/// Profit alone, no gates.
pub(crate) fn cup(contest: ContestRules) -> Competition {
    Competition {
        name: label("cup"),
        kind: BoardKind::Paper,
        weights: Weights {
            profit: Ratio::ONE,
            risk: Ratio::ZERO,
            consistency: Ratio::ZERO,
            drawdown: Ratio::ZERO,
        },
        loss_limit: Competition::standard_loss_limit(),
        gates: Gates {
            active_days: 0,
            round_turns: 0,
        },
        days: rules::TradingDays::default(),
        schedule: schedule(),
        contest,
    }
}

fn define(competition: &Competition) -> Command {
    Command::DefineCompetition {
        spec: competition.to_bytes().into(),
    }
}

fn enter(account: u32) -> Command {
    join(account, None)
}

fn join(account: u32, team: Option<u32>) -> Command {
    Command::EnterCompetition {
        competition: CUP,
        account: AccountId(account),
        team: team.map(TeamId),
    }
}

fn change(change: CompetitionChange) -> Command {
    Command::ChangeCompetition {
        competition: CUP,
        change,
    }
}

fn disqualify(account: u32) -> Command {
    change(CompetitionChange::Disqualify {
        account: AccountId(account),
        reason: DisqualificationReason::CopiedTrades,
    })
}

fn reinstate(account: u32) -> Command {
    change(CompetitionChange::Reinstate {
        account: AccountId(account),
    })
}

/// A share at 100, four accounts of 10,000 under this plan, and a competition.
fn world_of(plan: &Plan, competition: &Competition) -> World {
    let share = paper(PaperModel::default());
    let mut world = World::limited(Limits::default(), &[share], plan, 4);
    world.tell(quote("100", "100"));
    world.tell(define(competition));
    world
}

fn world(contest: ContestRules) -> World {
    world_of(&plan("10000"), &cup(contest))
}

/// The same with these accounts in it.
fn entered(contest: ContestRules, accounts: u32) -> World {
    let mut world = world(contest);
    for account in 0..accounts {
        assert_eq!(world.tell(enter(account)), ["CompetitionEntered"]);
    }
    world
}

/// Rank, account and points of everybody on a board; a dash for whoever has no rank.
fn board(world: &World, public: bool) -> Vec<String> {
    let rows = world.shard.board(CUP, public).unwrap().rows;
    let row = |row: &engine::view::BoardRow| {
        let rank = row.rank.map_or("-".to_owned(), |rank| rank.to_string());
        // 1e-9 of a point.
        let points = Ratio(row.score.total);
        format!("{rank}: {} {points}", row.account)
    };
    rows.iter().map(row).collect()
}

fn points(world: &World, account: u32) -> String {
    let score = world.shard.portrait().accounts[account as usize]
        .score
        .unwrap();
    Ratio(score.total).to_string()
}

// When scores count.

#[test]
fn entries_start_anew_when_the_window_does() {
    let mut world = entered(timed(), 1);
    // 100 shares from 100 to 110: equity 11,000 before the start.
    world.tell(buy(0, 100));
    world.tell(quote("110", "110"));
    assert_eq!(points(&world, 0), "50");
    assert_eq!(world.until(START - 1), [""; 0]);
    assert_eq!(world.until(START), ["competition 0 Live"]);
    assert_eq!(points(&world, 0), "50");
    // From 11,000 to 12,100: 10%. Of the 10,000 that it entered with it would be 21%.
    world.tell(quote("121", "121"));
    assert_eq!(points(&world, 0), "75");
    let score = world.shard.portrait().accounts[0].score.unwrap();
    assert_eq!(score.total_return, Ratio::percent(10));
}

#[test]
fn an_account_without_equity_starts_at_the_least_there_is() {
    let mut world = entered(timed(), 1);
    world.tell(buy(0, 100));
    // All of it is in shares that are worth nothing: the entry starts at 1e-17.
    world.tell(quote("0", "0"));
    assert_eq!(world.equity(0), "0");
    world.until(START);
    // 100 is so many times that: all points, but for rounding down.
    world.tell(quote("1", "1"));
    assert_eq!(points(&world, 0), "99.999999999");
}

#[test]
fn who_starts_below_zero_has_used_the_day_before_the_first_roll() {
    let mut world = entered(timed(), 1);
    // 200 shares at 100, worth nothing: 10,000 less 20,000, where the least that an entry starts at is 1e-17.
    world.tell(buy(0, 200));
    world.tell(quote("0", "0"));
    assert_eq!(world.equity(0), "-10000");
    world.until(START);
    let days = |world: &World| world.shard.portrait().accounts[0].score.unwrap().days;
    assert_eq!(days(&world), 1);
    world.roll(2);
    assert_eq!(days(&world), 2);
    world.agrees();
}

/// The gates ask for a day with an opening fill and for a round turn.
#[test]
fn a_fill_counts_from_the_start_on_and_not_at_the_end() {
    let gated = Competition {
        gates: Gates {
            active_days: 1,
            round_turns: 1,
        },
        ..cup(timed())
    };
    let mut world = world_of(&plan("10000"), &gated);
    for account in 0..4 {
        world.tell(enter(account));
    }
    let done = |world: &World, account: usize| {
        let score = world.shard.portrait().accounts[account].score.unwrap();
        (score.active_days, score.round_turns)
    };
    // Account 0 one nanosecond before the start: neither its day nor its turn counts.
    world.tell_at(START - 1, buy(0, 10));
    world.tell_at(START - 1, sell(0, 10));
    // Account 1 at the start, account 2 one nanosecond before the end, account 3 at the end.
    assert_eq!(
        world.tell_at(START, buy(1, 10))[..2],
        ["competition 0 Live", "#3 accepted"]
    );
    world.tell_at(START, sell(1, 10));
    world.tell_at(END - 1, buy(2, 10));
    world.tell_at(END - 1, sell(2, 10));
    assert_eq!(
        world.tell_at(END, buy(3, 10))[..2],
        ["competition 0 InReview", "#7 accepted"]
    );
    world.tell_at(END, sell(3, 10));
    let all = [0, 1, 2, 3].map(|account| done(&world, account));
    assert_eq!(all, [(0, 0), (1, 1), (1, 1), (0, 0)]);
    // Those who pass the gates are ranked.
    assert_eq!(
        board(&world, false),
        ["1: 1 50", "2: 2 50", "-: 0 50", "-: 3 50"]
    );
}

#[test]
fn a_price_counts_until_just_before_the_end() {
    let mut world = entered(timed(), 1);
    world.tell(buy(0, 50));
    world.until(START);
    // 50 x 10 of 10,000: 5%; the price at the end itself comes too late.
    world.tell_at(END - 1, quote("110", "110"));
    assert_eq!(
        world.tell_at(END, quote("120", "120")),
        ["competition 0 InReview"]
    );
    assert_eq!(points(&world, 0), "66.666666666");
    assert_eq!(world.equity(0), "11000");
}

#[test]
fn a_day_that_rolls_outside_the_window_closes_no_day() {
    let mut world = entered(timed(), 1);
    let days = |world: &World| world.shard.portrait().accounts[0].score.unwrap().days;
    world.roll(2);
    world.until(START);
    assert_eq!(days(&world), 1);
    world.roll(3);
    assert_eq!(days(&world), 2);
    world.until(END);
    world.roll(4);
    assert_eq!(days(&world), 2);
}

#[test]
fn what_an_account_does_after_the_end_changes_no_result() {
    let fragile = Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("1000")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        ..plan("10000")
    };
    let mut world = world_of(&fragile, &cup(timed()));
    world.tell_all([enter(0), enter(1)]);
    world.until(START);
    world.tell_all([buy(0, 60), buy(1, 100)]);
    // Account 1 fails at 89, 1,100 below where it began, and is not ranked.
    world.tell(quote("89", "89"));
    world.tell(quote("110", "110"));
    world.until(END);
    // 60 x 10 of 10,000: 6%, and 0.06 / 0.16 is 0.375.
    let result = ["1: 0 68.75", "-: 1 23.809523809"];
    assert_eq!(board(&world, false), result);
    // Account 0 fails as well, after the end.
    world.tell(quote("80", "80"));
    assert_eq!(world.equity(0), "8800");
    assert_eq!(board(&world, false), result);
}

/// An input that comes late finds everything that was due before it, in order of time, each competition
/// by itself; what was due at one time goes by windows of plans, competitions, orders.
#[test]
fn time_works_in_order_before_the_input_that_it_came_with() {
    let news = Calendar::Named(label("NEWS"));
    let careful = Plan {
        conduct: Conduct {
            windows: vec![WindowRule {
                calendar: news,
                before_s: 0,
                after_s: 0,
                action: WindowAction::BlockAll,
                symbols: Vec::new(),
            }],
            ..Conduct::default()
        },
        ..plan("10000")
    };
    let mut world = world_of(&careful, &cup(timed()));
    world.tell(define(&cup(timed())));
    let interval = Interval {
        start: TimestampNs(START),
        end: TimestampNs(END),
    };
    world.tell(Command::AnnounceWindow {
        calendar: news,
        interval,
    });
    world.tell(buy(0, 1).at("90").until(START));
    world.tell(buy(0, 1).at("90").until(END));
    assert_eq!(world.shard.next_due(), Some(TimestampNs(START)));
    assert_eq!(
        world.tell_at(END, buy(0, 1)),
        [
            "window 0 of plan 0 opens until 200000000000",
            "competition 0 Live",
            "competition 1 Live",
            "#1 cancelled 1 Expired",
            "competition 0 frozen",
            "competition 1 frozen",
            "window 0 of plan 0 closes",
            "competition 0 InReview",
            "competition 1 InReview",
            "#2 cancelled 1 Expired",
            "#3 accepted",
            "#3 buys 1 at 100 (Touch)",
        ]
    );
}

#[test]
fn a_window_that_is_over_when_it_is_defined_runs_at_once() {
    let mut world = World::limited(Limits::default(), &[], &plan("10000"), 1);
    world.until(2 * END);
    assert_eq!(
        world.tell(define(&cup(timed()))),
        [
            "CompetitionDefined",
            "competition 0 Live",
            "competition 0 frozen",
            "competition 0 InReview"
        ]
    );
    assert_eq!(
        world.tell(enter(0)),
        ["competition 0 denied: the competition is in_review"]
    );
}

// Who may enter.

#[test]
fn late_entries_are_taken_where_the_rules_say_so() {
    for (late, told) in [
        (true, "CompetitionEntered"),
        (
            false,
            "competition 0 denied: the competition takes no late entries",
        ),
    ] {
        let entry = EntryRules {
            late,
            ..EntryRules::default()
        };
        let mut world = world(ContestRules { entry, ..timed() });
        assert_eq!(world.tell_at(START - 1, enter(0)), ["CompetitionEntered"]);
        assert_eq!(world.tell_at(START, enter(1)), ["competition 0 Live", told]);
        // Twice, or without a plan that may: an input that makes no sense.
        assert_eq!(
            world.tell(enter(0)),
            ["rejected CannotEnter(Entered { competition: CompetitionId(0) })"]
        );
    }
}

#[test]
fn a_full_competition_and_teams() {
    let entry = EntryRules {
        entrants_max: 2,
        ..EntryRules::default()
    };
    let teams = TeamRules {
        count: 1,
        members_min: 1,
    };
    let mut world = world(ContestRules {
        entry,
        teams: Some(teams),
        ..ContestRules::default()
    });
    let needs = "competition 0 denied: an entrant of this competition needs a team";
    assert_eq!(world.tell(join(0, None)), [needs]);
    assert_eq!(world.tell(join(0, Some(7))), ["CompetitionEntered"]);
    assert_eq!(world.tell(join(1, Some(7))), ["CompetitionEntered"]);
    let full = "competition 0 denied: the competition is full with 2 entrants";
    assert_eq!(world.tell(join(2, Some(8))), [full]);
    let entrants = &world.shard.portrait().contests[0].entrants;
    let joined: Vec<_> = entrants.iter().map(|it| (it.account.0, it.team)).collect();
    assert_eq!(joined, [(0, Some(TeamId(7))), (1, Some(TeamId(7)))]);

    let mut world = entered(ContestRules::default(), 1);
    let none = "competition 0 denied: this competition has no teams";
    assert_eq!(world.tell(join(1, Some(7))), [none]);
}

// What the public sees.

#[test]
fn the_public_board_stands_still_while_the_reviewers_board_moves() {
    let mut world = entered(timed(), 2);
    world.until(START);
    // 100 shares gain 10 each: 10%. Account 1 is short as many.
    world.tell_all([buy(0, 100), sell(1, 100)]);
    world.tell(quote("110", "110"));
    let before = ["1: 0 75", "2: 1 25"];
    assert_eq!(board(&world, true), before);
    assert_eq!(world.until(FREEZE), ["competition 0 frozen"]);
    // Back to 100 and down to 90: who led lost 10%, who had lost it won it.
    world.tell(quote("90", "90"));
    assert_eq!(board(&world, true), before);
    assert_eq!(board(&world, false), ["1: 1 75", "2: 0 25"]);
    // Somebody who enters now is on the reviewers' board alone.
    world.tell(enter(2));
    assert_eq!(board(&world, true), before);
    assert_eq!(board(&world, false), ["1: 1 75", "2: 2 50", "3: 0 25"]);
    world.until(END);
    assert_eq!(board(&world, true), before);
    assert_eq!(
        world.tell(change(CompetitionChange::Finalise)),
        ["competition 0 Final"]
    );
    assert_eq!(board(&world, true), ["1: 1 75", "2: 2 50", "3: 0 25"]);
    assert!(!world.shard.board(CUP, true).unwrap().is_frozen);
}

#[test]
fn the_public_board_keeps_who_had_failed_and_who_was_off_it_at_the_freeze() {
    let fragile = Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("500")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        ..plan("10000")
    };
    let mut world = world_of(&fragile, &cup(timed()));
    world.tell_all([0, 1, 2].map(enter));
    world.tell_at(START, buy(0, 10));
    world.tell(disqualify(1));
    let before = ["1: 0 50", "2: 2 50", "-: 1 50"];
    assert_eq!(board(&world, true), before);
    world.until(FREEZE);
    // After the freeze account 0 fails, 1 comes back and 2 is taken off: the public sees none of it.
    world.tell(quote("50", "50"));
    world.tell_all([reinstate(1), disqualify(2)]);
    assert_eq!(board(&world, true), before);
    // 10 x 50 of 10,000 is 5%: 50 (1 - 1/3), rounded down.
    assert_eq!(
        board(&world, false),
        ["1: 1 50", "-: 0 33.333333333", "-: 2 50"]
    );
}

// Who is taken off.

#[test]
fn a_disqualification_moves_the_others_up_and_a_reinstatement_moves_them_back() {
    let mut world = entered(ContestRules::default(), 3);
    world.tell_all([buy(0, 100), buy(1, 50), buy(2, 25)]);
    world.tell(quote("110", "110"));
    let ranked = ["1: 0 75", "2: 1 66.666666666", "3: 2 60"];
    assert_eq!(board(&world, false), ranked);
    assert_eq!(world.tell(disqualify(0)), ["Disqualified"]);
    assert_eq!(
        board(&world, false),
        ["1: 1 66.666666666", "2: 2 60", "-: 0 75"]
    );
    let twice = "competition 0 denied: account 0 is disqualified already";
    assert_eq!(world.tell(disqualify(0)), [twice]);
    assert_eq!(world.tell(reinstate(0)), ["Reinstated"]);
    assert_eq!(board(&world, false), ranked);
    let twice = "competition 0 denied: account 0 is not disqualified";
    assert_eq!(world.tell(reinstate(0)), [twice]);
    for stranger in [3, 77] {
        let unknown =
            format!("competition 0 denied: account {stranger} has not entered the competition");
        for said in [disqualify(stranger), reinstate(stranger)] {
            assert_eq!(world.tell(said), std::slice::from_ref(&unknown));
        }
    }
    // In review as well, with what the entrant scored; and the prizes go by that.
    world.tell(disqualify(0));
    world.tell(change(CompetitionChange::End));
    world.tell(reinstate(0));
    assert_eq!(board(&world, false), ranked);
    world.tell(change(CompetitionChange::Finalise));
    let over = "competition 0 denied: the competition is final";
    assert_eq!(world.tell(disqualify(0)), [over]);
}

// Who is paid.

/// Three thirds of a pool of 100 in whole units.
fn thirds() -> PrizePool {
    PrizePool {
        pool: Money::whole(100),
        unit: Money::whole(1),
        places: vec![
            Prize {
                first: 1,
                last: 1,
                each: PrizeAmount::Share(Ratio(333_333_334)),
            },
            Prize {
                first: 2,
                last: 3,
                each: PrizeAmount::Share(Ratio(333_333_333)),
            },
        ],
    }
}

fn paid(entry: EntryRules) -> ContestRules {
    ContestRules {
        entry,
        prizes: Some(thirds()),
        ..ContestRules::default()
    }
}

#[test]
fn prizes_go_by_the_largest_remainder_and_those_who_tie_share() {
    // Entries of 20, half of which goes to the pool: 100, or 100 + 3 x 10.
    let entry = EntryRules {
        fee: EntryFee {
            fee: Money::whole(20),
            to_pool: Ratio::percent(50),
        },
        ..EntryRules::default()
    };
    for (rules, expected) in [
        // 33.33 each; the unit left over to the first place: 34, 33, 33. Accounts 0 and 1 tie for 34 + 33.
        (paid(EntryRules::default()), ["34", "33", "33"]),
        // 43.33 each: 44, 43, 43. They tie for 87.
        (paid(entry), ["44", "43", "43"]),
    ] {
        let mut world = entered(rules, 3);
        world.tell_all([buy(0, 100), buy(1, 100), buy(2, 50)]);
        world.tell(quote("110", "110"));
        assert_eq!(
            world.tell(change(CompetitionChange::End)),
            ["competition 0 InReview"]
        );
        let told = world.tell(change(CompetitionChange::Finalise));
        let wins = (0..3).zip(expected);
        let wins: Vec<_> = wins
            .map(|(account, amount)| format!("account {account} wins {amount}"))
            .collect();
        assert_eq!(told[0], "competition 0 Final");
        assert_eq!(told[1..], wins);
    }
}

#[test]
fn prizes_of_places_that_nobody_took_are_unclaimed() {
    let mut world = entered(paid(EntryRules::default()), 3);
    world.tell(buy(1, 100));
    world.tell(quote("110", "110"));
    world.tell(change(CompetitionChange::End));
    // Taken off in review: the place and its prize are open.
    world.tell(disqualify(0));
    assert_eq!(
        world.tell(change(CompetitionChange::Finalise)),
        [
            "competition 0 Final",
            "account 1 wins 34",
            "account 2 wins 33",
            "unclaimed 33"
        ]
    );
}

#[test]
fn a_competition_ends_and_is_finalised_in_its_turn() {
    let denied = |why: &str| [format!("competition 0 denied: {why}")];
    let finalise = || change(CompetitionChange::Finalise);
    let end = || change(CompetitionChange::End);
    let mut world = entered(timed(), 1);
    assert_eq!(
        world.tell(finalise()),
        denied("the competition is upcoming")
    );
    assert_eq!(world.tell(end()), denied("the competition ends by itself"));
    world.until(START);
    assert_eq!(world.tell(finalise()), denied("the competition is live"));
    assert_eq!(world.tell(end()), denied("the competition ends by itself"));
    world.until(END);
    assert_eq!(world.tell(finalise()), ["competition 0 Final"]);
    assert_eq!(world.tell(finalise()), denied("the competition is final"));

    let mut world = entered(ContestRules::default(), 1);
    assert_eq!(world.tell(finalise()), denied("the competition is live"));
    assert_eq!(world.tell(end()), ["competition 0 InReview"]);
    assert_eq!(world.tell(end()), denied("the competition is in_review"));
    assert_eq!(world.tell(finalise()), ["competition 0 Final"]);
    assert_eq!(world.tell(end()), denied("the competition is final"));

    assert_eq!(
        world.tell(Command::ChangeCompetition {
            competition: CompetitionId(9),
            change: CompetitionChange::End,
        }),
        ["rejected UnknownCompetition"]
    );
}
