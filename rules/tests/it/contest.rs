//! A competition's life as short stories, and random ones against a list of what happened.

use proptest::prelude::*;
use rules::{
    Award, Contest, ContestChange, ContestRules, EntryFee, EntryRules, Key, Prize, PrizeAmount,
    PrizePool, TeamRules, TotalReturn, Window,
};
use types::ContestRefusal as Refusal;
use types::{
    AccountId, Codec, CompetitionState, DisqualificationReason, Money, Ratio, TeamId, TimestampNs,
};

use crate::plans::usd;

const REASON: DisqualificationReason = DisqualificationReason::CopiedTrades;

const fn second(second: u64) -> TimestampNs {
    TimestampNs(second * 1_000_000_000)
}

/// Accounts have numbers of their own.
const fn who(entrant: u32) -> AccountId {
    AccountId(entrant + 100)
}

fn key(entrant: u32, points: i64) -> Key {
    Key {
        total: points,
        total_return: TotalReturn::ZERO,
        max_drawdown: Ratio::ZERO,
        attained_at: TimestampNs(0),
        entrant,
        account: AccountId(entrant),
    }
}

/// From second 100 to second 200, frozen from second 170 on.
fn rules() -> ContestRules {
    ContestRules {
        window: Some(Window {
            start: second(100),
            end: second(200),
        }),
        freeze_s: 30,
        ..ContestRules::default()
    }
}

/// All changes that are due.
fn advance(contest: &mut Contest, rules: &ContestRules, now: TimestampNs) -> Vec<ContestChange> {
    std::iter::from_fn(|| contest.advance(rules, now)).collect()
}

fn order(contest: &Contest) -> Vec<u32> {
    let places = contest.board().top(u32::MAX);
    places.map(|place| place.entrant).collect()
}

fn public(contest: &Contest) -> Vec<u32> {
    let places = contest.public_board().top(u32::MAX);
    places.map(|place| place.entrant).collect()
}

#[test]
fn time_takes_it_from_upcoming_to_review() {
    let rules = rules();
    assert_eq!(rules.validate(), Ok(()));
    let mut contest = Contest::new(&rules);
    assert_eq!(contest.state(), CompetitionState::Upcoming);
    assert_eq!(
        contest.due(&rules),
        Some((second(100), ContestChange::Started))
    );
    assert_eq!(contest.advance(&rules, TimestampNs(99_999_999_999)), None);
    assert_eq!(
        advance(&mut contest, &rules, second(100)),
        [ContestChange::Started]
    );
    assert_eq!(contest.state(), CompetitionState::Live);
    assert_eq!(
        contest.due(&rules),
        Some((second(170), ContestChange::Frozen))
    );
    assert_eq!(
        advance(&mut contest, &rules, second(200)),
        [ContestChange::Frozen, ContestChange::Ended]
    );
    assert_eq!(contest.state(), CompetitionState::InReview);
    assert_eq!(contest.due(&rules), None);
}

#[test]
fn the_public_board_stands_still_until_the_end_of_the_review() {
    let rules = rules();
    let mut contest = Contest::new(&rules);
    for _ in 0..3 {
        contest.enter(&rules, None).unwrap();
    }
    advance(&mut contest, &rules, second(100));
    for (entrant, points) in [(0, 10), (1, 20), (2, 30)] {
        contest
            .score(entrant, who(entrant), Some(key(entrant, points)))
            .unwrap();
    }
    advance(&mut contest, &rules, second(170));
    contest.score(0, who(0), Some(key(0, 40))).unwrap();
    assert_eq!(
        (order(&contest), public(&contest)),
        (vec![0, 2, 1], vec![2, 1, 0])
    );
    assert!(contest.is_frozen());
    advance(&mut contest, &rules, second(200));
    contest.disqualify(2, who(2), REASON, second(300)).unwrap();
    assert_eq!(
        (order(&contest), public(&contest)),
        (vec![0, 1], vec![2, 1, 0])
    );
    contest.finalise(&rules).unwrap();
    assert_eq!(public(&contest), [0, 1]);
}

#[test]
fn a_disqualified_entrant_comes_back_with_the_score_it_has_by_then() {
    let rules = ContestRules::default();
    let mut contest = Contest::new(&rules);
    assert_eq!(contest.state(), CompetitionState::Live);
    for entrant in 0..3 {
        assert_eq!(contest.enter(&rules, None), Ok(entrant));
        contest
            .score(entrant, who(entrant), Some(key(entrant, 10)))
            .unwrap();
    }
    contest.disqualify(0, who(0), REASON, second(1)).unwrap();
    assert_eq!(order(&contest), [1, 2]);
    assert_eq!(contest.board().rank_of(1), Some(1));
    contest.score(0, who(0), Some(key(0, 5))).unwrap();
    assert_eq!(order(&contest), [1, 2]);
    let row = contest.disqualified()[0];
    assert_eq!((row.entrant, row.reason, row.at), (0, REASON, second(1)));
    assert_eq!(
        contest.disqualify(0, who(0), REASON, second(2)),
        Err(Refusal::IsDisqualified(who(0)))
    );
    contest.end(&rules).unwrap();
    assert_eq!(
        Contest::from_bytes(&contest.to_bytes()).as_ref(),
        Ok(&contest)
    );
    contest.reinstate(0, who(0)).unwrap();
    assert_eq!(order(&contest), [1, 2, 0]);
    assert_eq!(
        contest.reinstate(0, who(0)),
        Err(Refusal::IsNotDisqualified(who(0)))
    );
    assert_eq!(
        contest.reinstate(3, who(3)),
        Err(Refusal::UnknownEntrant(who(3)))
    );
}

#[test]
fn entries_are_taken_as_the_rules_say() {
    let strict = ContestRules {
        entry: EntryRules {
            late: false,
            entrants_max: 2,
            ..EntryRules::default()
        },
        ..rules()
    };
    let mut contest = Contest::new(&strict);
    assert_eq!(contest.enter(&strict, None), Ok(0));
    assert_eq!(
        contest.enter(&strict, Some(TeamId(1))),
        Err(Refusal::HasNoTeams)
    );
    let mut late = contest.clone();
    assert_eq!(contest.enter(&strict, None), Ok(1));
    assert_eq!(contest.enter(&strict, None), Err(Refusal::Full { max: 2 }));
    advance(&mut late, &strict, second(100));
    assert_eq!(late.enter(&strict, None), Err(Refusal::LateEntry));
    assert_eq!(late.enter(&rules(), None), Ok(1));
    advance(&mut late, &strict, second(200));
    let over = Refusal::State(CompetitionState::InReview);
    assert_eq!(late.enter(&rules(), None), Err(over));
    assert_eq!(over.to_string(), "the competition is in_review");
    assert_eq!(contest.end(&strict), Err(Refusal::EndsByItself));
    let upcoming = Refusal::State(CompetitionState::Upcoming);
    assert_eq!(contest.score(0, who(0), None), Err(upcoming));
    assert_eq!(contest.finalise(&strict), Err(upcoming));
}

#[test]
fn prizes_are_awarded_when_the_review_ends() {
    let rules = ContestRules {
        entry: EntryRules {
            fee: EntryFee {
                fee: usd(10),
                to_pool: Ratio::percent(50),
            },
            ..EntryRules::default()
        },
        prizes: Some(PrizePool {
            pool: usd(85),
            unit: Money(10_000),
            places: vec![
                Prize {
                    first: 1,
                    last: 1,
                    each: PrizeAmount::Share(Ratio::percent(60)),
                },
                Prize {
                    first: 2,
                    last: 3,
                    each: PrizeAmount::Share(Ratio::percent(20)),
                },
            ],
        }),
        ..ContestRules::default()
    };
    assert_eq!(rules.validate(), Ok(()));
    assert_eq!(
        ContestRules::from_bytes(&rules.to_bytes()).as_ref(),
        Ok(&rules)
    );
    let mut contest = Contest::new(&rules);
    for entrant in 0..3 {
        contest.enter(&rules, None).unwrap();
        contest
            .score(entrant, who(entrant), Some(key(entrant, 9)))
            .unwrap();
    }
    contest.disqualify(1, who(1), REASON, second(1)).unwrap();
    contest.end(&rules).unwrap();
    assert_eq!(contest.awards(), None);
    contest.finalise(&rules).unwrap();
    // 85 + 3 x 10 / 2 is 100. Two equal entries share 60 + 20; nobody took the third place's 20.
    let awards = contest.awards().unwrap();
    let award = |account, whole| Award {
        account: AccountId(account),
        amount: usd(whole),
    };
    assert_eq!(awards.paid, [award(0, 40), award(2, 40)]);
    assert_eq!(awards.unclaimed, usd(20));
}

#[test]
fn nothing_changes_a_final_competition() {
    let rules = ContestRules::default();
    let mut contest = Contest::new(&rules);
    contest.enter(&rules, None).unwrap();
    contest.enter(&rules, None).unwrap();
    contest.disqualify(1, who(1), REASON, second(1)).unwrap();
    contest.end(&rules).unwrap();
    contest.finalise(&rules).unwrap();
    let bytes = contest.to_bytes();
    let refusal = Err(Refusal::State(CompetitionState::Final));
    assert_eq!(contest.score(0, who(0), Some(key(0, 1))), refusal);
    assert_eq!(contest.disqualify(0, who(0), REASON, second(2)), refusal);
    assert_eq!(contest.reinstate(1, who(1)), refusal);
    assert_eq!(contest.end(&rules), refusal);
    assert_eq!(contest.finalise(&rules), refusal);
    assert_eq!(contest.enter(&rules, None).map(drop), refusal);
    assert_eq!(contest.advance(&rules, TimestampNs(u64::MAX)), None);
    assert_eq!(contest.to_bytes(), bytes);
}

#[test]
fn teams_move_with_their_members() {
    let teams = TeamRules {
        count: 1,
        members_min: 1,
    };
    let rules = ContestRules {
        teams: Some(teams),
        ..ContestRules::default()
    };
    let mut contest = Contest::new(&rules);
    assert_eq!(contest.enter(&rules, None), Err(Refusal::NeedsTeam));
    for team in [7, 8, 7] {
        contest.enter(&rules, Some(TeamId(team))).unwrap();
    }
    for (entrant, points) in [(0, 30), (1, 20), (2, 10)] {
        contest
            .score(entrant, who(entrant), Some(key(entrant, points)))
            .unwrap();
    }
    let order = |contest: &Contest| -> Vec<u32> {
        let board = contest.team_board(contest.board(), teams);
        board.iter().map(|team| team.team.0).collect()
    };
    assert_eq!(order(&contest), [7, 8]);
    contest.disqualify(0, who(0), REASON, second(1)).unwrap();
    assert_eq!(order(&contest), [8, 7]);
    assert_eq!(contest.team_of(2), Some(TeamId(7)));
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let why = |change: fn(&mut ContestRules)| {
        let mut rules = rules();
        change(&mut rules);
        rules.validate().map_err(|error| error.path)
    };
    assert_eq!(why(|_| {}), Ok(()));
    assert_eq!(why(|rules| rules.freeze_s = 100), Ok(()));
    assert_eq!(why(|rules| rules.freeze_s = 101), Err("freeze_s"));
    assert_eq!(why(|rules| rules.window = None), Err("freeze_s"));
    let empty = |rules: &mut ContestRules| {
        rules.window = Some(Window {
            start: second(5),
            end: second(5),
        });
    };
    assert_eq!(why(empty), Err("window.end"));
    let shut = |rules: &mut ContestRules| {
        *rules = ContestRules::default();
        rules.entry.late = false;
    };
    assert_eq!(why(shut), Err("entry.late"));
    assert_eq!(
        why(|rules| rules.entry.entrants_max = 0),
        Err("entry.entrants_max")
    );
    assert_eq!(
        why(|rules| rules.entry.entrants_max = 1_000_001),
        Err("entry.entrants_max")
    );
    let lost = |rules: &mut ContestRules| rules.entry.fee.to_pool = Ratio::percent(1);
    assert_eq!(why(lost), Err("entry.fee.to_pool"));
    let teamless = |rules: &mut ContestRules| {
        rules.teams = Some(TeamRules {
            count: 0,
            members_min: 1,
        });
    };
    assert_eq!(why(teamless), Err("teams.count"));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Advance(u64),
    Enter,
    Score(u32, Option<i64>),
    Disqualify(u32),
    Reinstate(u32),
    End,
    Finalise,
}

fn step() -> impl Strategy<Value = Step> {
    let entrant = || 0_u32..5;
    prop_oneof![
        3 => (0_u64..25).prop_map(Step::Advance),
        4 => Just(Step::Enter),
        9 => (entrant(), prop::option::weighted(0.8, 0_i64..5))
            .prop_map(|(entrant, points)| Step::Score(entrant, points)),
        3 => entrant().prop_map(Step::Disqualify),
        2 => entrant().prop_map(Step::Reinstate),
        1 => Just(Step::End),
        1 => Just(Step::Finalise),
    ]
}

/// What happened, and everything else recomputed from it.
#[derive(Debug, Default)]
struct History {
    now: u64,
    done: Vec<(u64, Step)>,
}

impl History {
    fn entrants(&self) -> u32 {
        let entered = self
            .done
            .iter()
            .filter(|(_, step)| matches!(step, Step::Enter));
        entered.count() as u32
    }

    fn happened(&self, wanted: fn(&Step) -> bool) -> bool {
        self.done.iter().any(|(_, step)| wanted(step))
    }

    fn state(&self, rules: &ContestRules) -> CompetitionState {
        if self.happened(|step| matches!(step, Step::Finalise)) {
            CompetitionState::Final
        } else if let Some(window) = rules.window {
            match TimestampNs(self.now) {
                now if now < window.start => CompetitionState::Upcoming,
                now if now < window.end => CompetitionState::Live,
                _ => CompetitionState::InReview,
            }
        } else if self.happened(|step| matches!(step, Step::End)) {
            CompetitionState::InReview
        } else {
            CompetitionState::Live
        }
    }

    fn is_out(&self, entrant: u32, before: u64) -> bool {
        let about = self.done.iter().rfind(|(at, step)| {
            *at < before
                && matches!(step, Step::Disqualify(id) | Step::Reinstate(id) if *id == entrant)
        });
        matches!(about, Some((_, Step::Disqualify(_))))
    }

    /// The order at the end of the moment before this one.
    fn order(&self, before: u64) -> Vec<u32> {
        let mut rows: Vec<(i64, u32)> = (0..self.entrants())
            .filter(|&entrant| !self.is_out(entrant, before))
            .filter_map(|entrant| {
                let last = self.done.iter().rev().find_map(|(at, step)| match *step {
                    Step::Score(id, points) if id == entrant && *at < before => Some(points),
                    _ => None,
                });
                Some((-last.flatten()?, entrant))
            })
            .collect();
        rows.sort_unstable();
        rows.into_iter().map(|(_, entrant)| entrant).collect()
    }

    fn public(&self, rules: &ContestRules) -> Vec<u32> {
        let is_final = self.state(rules) == CompetitionState::Final;
        match rules.freeze_at() {
            Some(at) if at.0 <= self.now && !is_final => self.order(at.0),
            _ => self.order(u64::MAX),
        }
    }

    /// Whether the step may be done.
    fn allows(&self, step: Step, rules: &ContestRules) -> bool {
        let state = self.state(rules);
        let exists = |entrant| entrant < self.entrants();
        match step {
            Step::Advance(_) => true,
            Step::Enter => {
                let is_open = state == CompetitionState::Upcoming
                    || state == CompetitionState::Live && rules.entry.late;
                is_open && self.entrants() < rules.entry.entrants_max
            }
            Step::Score(entrant, _) => state == CompetitionState::Live && exists(entrant),
            Step::Disqualify(entrant) => {
                state < CompetitionState::Final
                    && exists(entrant)
                    && !self.is_out(entrant, u64::MAX)
            }
            Step::Reinstate(entrant) => {
                state < CompetitionState::Final && exists(entrant) && self.is_out(entrant, u64::MAX)
            }
            Step::End => rules.window.is_none() && state == CompetitionState::Live,
            Step::Finalise => state == CompetitionState::InReview,
        }
    }
}

proptest! {
    #[test]
    fn a_contest_is_what_its_history_says(
        window in any::<bool>(),
        late in any::<bool>(),
        freeze_s in 0_u32..=50,
        steps in prop::collection::vec(step(), 0..60),
    ) {
        // Windows from 20 s to 70 s; each step a nanosecond after the one before, unless it is time itself.
        let rules = ContestRules {
            window: window.then_some(Window { start: second(20), end: second(70) }),
            freeze_s: if window { freeze_s } else { 0 },
            entry: EntryRules { late: late || !window, entrants_max: 4, ..EntryRules::default() },
            ..ContestRules::default()
        };
        prop_assert_eq!(rules.validate(), Ok(()));
        let mut contest = Contest::new(&rules);
        let mut history = History::default();
        for step in steps {
            history.now += match step {
                Step::Advance(seconds) => second(seconds).0,
                _ => 1,
            };
            let now = TimestampNs(history.now);
            let before = contest.state();
            while contest.advance(&rules, now).is_some() {}
            prop_assert!(contest.state() >= before);
            let unchanged = contest.clone();
            let done = match step {
                Step::Advance(_) => Ok(()),
                Step::Enter => contest.enter(&rules, None).map(drop),
                Step::Score(entrant, points) => {
                    contest.score(entrant, who(entrant), points.map(|points| key(entrant, points)))
                }
                Step::Disqualify(entrant) => contest.disqualify(entrant, who(entrant), REASON, now),
                Step::Reinstate(entrant) => contest.reinstate(entrant, who(entrant)),
                Step::End => contest.end(&rules),
                Step::Finalise => contest.finalise(&rules),
            };
            prop_assert_eq!(done.is_ok(), history.allows(step, &rules), "{:?}", done);
            if done.is_ok() {
                history.done.push((history.now, step));
            } else {
                prop_assert_eq!(&contest, &unchanged);
            }
            prop_assert_eq!(contest.state(), history.state(&rules));
            prop_assert_eq!(contest.entrants(), history.entrants());
            prop_assert_eq!(order(&contest), history.order(u64::MAX));
            prop_assert_eq!(public(&contest), history.public(&rules));
            let out: Vec<u32> = contest.disqualified().iter().map(|row| row.entrant).collect();
            let expected = (0..history.entrants()).filter(|&id| history.is_out(id, u64::MAX));
            prop_assert!(out.into_iter().eq(expected));
        }
        prop_assert_eq!(Contest::from_bytes(&contest.to_bytes()), Ok(contest));
    }
}
