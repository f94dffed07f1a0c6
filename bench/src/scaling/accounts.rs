//! Accounts, each with one open long position under a daily and a live trailing maximum loss, and the
//! quotes that move nothing, the peaks of a hundred or of all, or on which everybody must be looked at.

use std::time::Instant;

use rules::{BoardKind, Competition, ContestRules, Plan, TrailSource};
use types::{
    AccountId, AdjustKind, Codec, Command, CompetitionId, FeeSchedule, InputKind, InstrumentId,
    Liquidity, Margin, Money, NewOrder, OrderKind, PaperModel, Qty, RollSchedule, Side, Terms,
};

use super::columns::Columns;
use super::harness::{Harness, TICK_VALUE, instrument, label, plan, quote};
use super::measure::{Round, Shape, round};

/// Accounts whose peak moves in [`Quotes::Leaders`].
pub const LEADERS: u32 = 100;
/// Positions open in this stride of account ids, so that neighbours in one table are strangers in the
/// other. Prime, so that every account has its turn.
const STRIDE: u64 = 7_368_787;
/// The bid at which positions open, ticks.
const OPENING: i64 = 100_000;
/// How far below everybody's peak quiet quotes stay, ticks.
const QUIET_DEPTH: i64 = 4_096;
const QUIET_SAMPLES: usize = 20_000;
const LEADER_SAMPLES: usize = 1_000;
/// How far below everybody's peak the leaders start, ticks: both passes end below it.
const LEADERS_DEPTH: i64 = 2 * LEADER_SAMPLES as i64 + 1;
/// Accounts judged in one pass of a sweep, about.
const SWEPT: usize = 4_000_000;

/// What the quotes do to the accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quotes {
    /// No verdict changes: the mark stays in everybody's band.
    Quiet,
    /// As [`Quotes::Quiet`], and then every account's band is compared with the mark: the plain sweep
    /// over columns that the index of bands saves.
    Swept,
    /// As [`Quotes::Quiet`], and then every account is marked and judged: [`Columns::sweep`].
    Judged,
    /// The peaks of [`LEADERS`] accounts rise, spread over all; the others' bands have the mark.
    Leaders,
    /// Everybody's peak rises; in a competition everybody is looked at then; no events.
    Peaks,
    /// Everybody's lowest equity since the peak falls, which only a competition remembers; no events.
    Troughs,
}

/// Where the market stands.
#[derive(Debug, Clone, Copy)]
struct Course {
    /// The highest bid that there was, ticks: everybody's peak.
    peak: i64,
    /// Quotes since it was prepared.
    turn: i64,
}

impl Course {
    fn next(&mut self, quotes: Quotes) -> InputKind {
        quote(self.bid(quotes))
    }

    /// The bid of the next quote, ticks.
    fn bid(&mut self, quotes: Quotes) -> i64 {
        self.turn += 1;
        match quotes {
            Quotes::Quiet | Quotes::Swept | Quotes::Judged => {
                self.peak - QUIET_DEPTH / 2 + self.turn % 2
            }
            Quotes::Leaders => self.peak - LEADERS_DEPTH + self.turn,
            Quotes::Peaks => {
                self.peak += 1;
                self.peak
            }
            Quotes::Troughs => self.peak - self.turn,
        }
    }
}

/// A shard full of exposed accounts.
#[derive(Debug)]
pub struct Exposure {
    harness: Harness,
    accounts: u32,
    in_competition: bool,
    course: Course,
}

impl Exposure {
    /// So many accounts, in a competition or not, each long one to four lots and at its peak.
    pub fn new(accounts: u32, in_competition: bool) -> Self {
        let mut exposure = Self::exposed(accounts, in_competition);
        exposure.raise();
        exposure
    }

    /// The same before the first quote that everybody is looked at on.
    pub fn exposed(accounts: u32, in_competition: bool) -> Self {
        Self::flat(accounts).bought(in_competition)
    }

    /// Everybody buys, and enters a competition or not.
    fn bought(self, in_competition: bool) -> Self {
        let mut exposure = self;
        let accounts = exposure.accounts;
        let harness = &mut exposure.harness;
        let stranger = |place: u32| (u64::from(place) * STRIDE % u64::from(accounts)) as u32;
        for account in (0..accounts).map(stranger) {
            let order = NewOrder::new(
                AccountId(account),
                InstrumentId(0),
                Side::Buy,
                OrderKind::Market,
                Qty::whole(lots(account)),
            );
            harness.command(Command::SubmitOrder(order));
        }
        exposure.in_competition = in_competition;
        let harness = &mut exposure.harness;
        if in_competition {
            let spec = competition().to_bytes().into();
            harness.command(Command::DefineCompetition { spec });
            for account in 0..accounts {
                harness.command(Command::EnterCompetition {
                    competition: CompetitionId(0),
                    account: AccountId(account),
                    team: None,
                });
            }
            let entrants = harness.shard.entrant_count(CompetitionId(0));
            assert_eq!(entrants, accounts, "every account enters");
        }
        exposure
    }

    /// So many accounts before they trade.
    pub fn flat(accounts: u32) -> Self {
        // Still so wide that nobody breaks it, and in the range of the plain sweep's columns.
        let plan = Plan {
            initial_balance: Money::whole(1_000_000),
            ..plan(TrailSource::TickEquity, Terms::default())
        };
        Self::under(&plan, accounts)
    }

    /// So many accounts of a plan before they trade.
    fn under(plan: &Plan, accounts: u32) -> Self {
        let paper = Liquidity::Paper(PaperModel::default());
        let mut harness = Harness::new(
            instrument(paper, Margin::default(), FeeSchedule::default()),
            plan,
            accounts,
            1,
            accounts,
        );
        harness.apply(quote(OPENING));
        Self {
            harness,
            accounts,
            in_competition: false,
            course: Course {
                peak: OPENING + 1,
                turn: 0,
            },
        }
    }

    /// A quote above all before it: everybody's peak rises.
    fn raise(&mut self) {
        let before = self.peak(0);
        let quote = self.course.next(Quotes::Peaks);
        self.harness.apply(quote);
        assert!(before < self.peak(0), "every peak rises");
    }

    /// What an account's maximum loss is measured from.
    fn peak(&self, account: u32) -> Option<Money> {
        let view = self.harness.shard.account_view(AccountId(account))?;
        view.limits.last().map(|max| max.limit.baseline)
    }

    /// Brings the market to where the quotes start.
    pub fn prepare(&mut self, quotes: Quotes) {
        self.raise();
        self.course.turn = 0;
        let peak = self.course.peak;
        match quotes {
            Quotes::Quiet | Quotes::Swept | Quotes::Judged => {
                // A competition remembers the lowest mark, so it is below those that are measured.
                for below in [QUIET_DEPTH, QUIET_DEPTH / 2, QUIET_DEPTH / 2 - 1] {
                    self.harness.apply(quote(peak - below));
                }
            }
            Quotes::Leaders => {
                // With everybody at the peak, every band ends there exactly.
                self.harness.apply(quote(peak - LEADERS_DEPTH));
                for leader in self.leaders() {
                    let amount = Money(TICK_VALUE.0 * LEADERS_DEPTH * lots(leader));
                    self.harness.command(Command::Adjust {
                        account: AccountId(leader),
                        kind: AdjustKind::ProfitAndLoss,
                        amount,
                    });
                }
            }
            Quotes::Peaks | Quotes::Troughs => {}
        }
    }

    /// Accounts spread evenly over all.
    fn leaders(&self) -> impl Iterator<Item = u32> + use<> {
        let step = (self.accounts / LEADERS).max(1);
        (0..self.accounts)
            .step_by(step as usize)
            .take(LEADERS as usize)
    }

    /// Applies the next quote of a kind that was prepared for and says how many events it caused.
    pub fn turn(&mut self, quotes: Quotes) -> usize {
        let quote = self.course.next(quotes);
        self.harness.apply(quote)
    }

    /// One round of quiet quotes, each with a plain sweep after it: of bands, or of accounts.
    fn swept(&mut self, quotes: Quotes) -> Round {
        self.prepare(quotes);
        let bid = self.course.bid(quotes);
        self.harness.apply(quote(bid));
        let mut columns = self.columns(bid);
        let mut times = Vec::new();
        for _ in 0..Self::sweeps(self.accounts as usize).clamp(1_000, QUIET_SAMPLES) {
            let bid = self.course.bid(quotes);
            let start = Instant::now();
            let events = self.harness.apply(quote(bid));
            let found = match quotes {
                Quotes::Judged => columns.sweep(bid as i32),
                _ => self.harness.shard.sweep_bands(InstrumentId(0)),
            };
            times.push(start.elapsed());
            assert_eq!((events, found), (0, 0), "nobody is judged");
        }
        Round::of(&times)
    }

    /// All accounts as columns, with the bid at so many ticks.
    fn columns(&self, bid: i64) -> Columns {
        Columns::of(&self.harness.shard, bid)
            .unwrap_or_else(|| unreachable!("everybody is under the harness's plan"))
    }

    /// One round of samples.
    pub fn round(&mut self, quotes: Quotes) -> Round {
        if matches!(quotes, Quotes::Swept | Quotes::Judged) {
            return self.swept(quotes);
        }
        let everybody = self.accounts as usize;
        let (samples, chunk) = match quotes {
            Quotes::Peaks if self.in_competition => (Self::sweeps(everybody), 1),
            Quotes::Quiet | Quotes::Swept | Quotes::Judged | Quotes::Peaks => (QUIET_SAMPLES, 256),
            Quotes::Leaders => (LEADER_SAMPLES, 16),
            Quotes::Troughs => (Self::sweeps(everybody), 1),
        };
        let shape = Shape {
            samples,
            chunk,
            inputs: 1,
            events: (0, 0),
        };
        self.prepare(quotes);
        // A leader, and an account that is none where there is one.
        let watched = [0, 1 % self.accounts];
        let before = watched.map(|account| self.peak(account));
        let course = &mut self.course;
        let found = round(&mut self.harness, shape, |samples, chunk| {
            let next = (0..samples).map(|_| course.next(quotes));
            chunk.timed.extend(next);
        });
        // Nothing is told of a peak that moves, so it is asked for.
        let rose = |place: usize| before[place] < self.peak(watched[place]);
        let (leads, follows) = (rose(0), rose(1));
        match quotes {
            Quotes::Quiet | Quotes::Swept | Quotes::Judged | Quotes::Troughs => {
                assert!(!leads && !follows);
            }
            Quotes::Leaders => assert!(leads && (!follows || self.accounts <= LEADERS)),
            Quotes::Peaks => assert!(leads && follows, "every peak rises"),
        }
        found
    }

    fn sweeps(accounts: usize) -> usize {
        (SWEPT / accounts).clamp(8, 2_000)
    }
}

/// Lots of an account's position.
const fn lots(account: u32) -> i64 {
    1 + (account % 4) as i64
}

fn competition() -> Competition {
    Competition {
        name: label("Scaling"),
        kind: BoardKind::Paper,
        weights: Competition::standard_weights(),
        loss_limit: Competition::standard_loss_limit(),
        gates: Competition::standard_gates(),
        days: rules::TradingDays::default(),
        schedule: RollSchedule {
            zone: label("UTC"),
            minute: 0,
        },
        contest: ContestRules::default(),
    }
}

#[cfg(test)]
mod tests {
    use types::{AccountState, EventKind};

    use super::*;

    // A round asserts its events, so that every quote does what it is named for.
    #[test]
    fn quotes_judge_whom_they_are_meant_to() {
        let mut plain = Exposure::new(200, false);
        for _ in 0..2 {
            for quotes in [
                Quotes::Quiet,
                Quotes::Swept,
                Quotes::Judged,
                Quotes::Leaders,
                Quotes::Peaks,
            ] {
                plain.round(quotes);
            }
        }
        let mut entered = Exposure::new(200, true);
        for quotes in [Quotes::Troughs, Quotes::Quiet, Quotes::Peaks] {
            entered.round(quotes);
        }
    }

    // 200 accounts of 1,000.00 may lose 500.00 in a day and 600.00 from their peak; a tick is 0.01 to 0.04 to them. The
    // walk goes up by some 15,000 ticks, which lifts the trailing floor above the day's for all, and down by 47,000: two
    // lots lose 600.00 in 30,000 ticks, one in 60,000.
    #[test]
    fn the_plain_sweep_finds_whom_the_shard_finds() {
        let mut small = plan(TrailSource::TickEquity, Terms::default());
        small.initial_balance = Money::whole(1_000);
        let mut exposure = Exposure::under(&small, 200).bought(false);
        let mut columns = exposure.columns(OPENING);
        let mut bid = OPENING;
        let mut broken = 0;
        for step in 0..400_i64 {
            let rises = if step < 100 { 4 } else { 1 };
            bid += if step % 5 < rises {
                200 + step * 7 % 100
            } else {
                -260
            };
            exposure.harness.apply(quote(bid));
            let breaches = (exposure.harness.events.as_slice().iter())
                .filter(|event| matches!(event.kind, EventKind::Breach(_)))
                .count();
            assert_eq!(
                columns.sweep(bid as i32),
                breaches,
                "step {step}, bid {bid}"
            );
            broken += breaches;
            for account in 0..200 {
                let view = exposure.harness.shard.account_view(AccountId(account));
                let view = view.unwrap_or_else(|| unreachable!("it was opened"));
                if view.row.state == AccountState::Evaluation {
                    let floor = view.limits.iter().map(|it| it.limit.floor).max();
                    assert_eq!(floor, Some(columns.floor(account)), "step {step}");
                }
            }
        }
        assert_eq!(broken, 150, "those with two lots or more");
    }

    #[test]
    fn a_single_account_is_swept() {
        let mut exposure = Exposure::new(1, false);
        exposure.prepare(Quotes::Peaks);
        assert_eq!(exposure.turn(Quotes::Peaks), 0);
        exposure.prepare(Quotes::Quiet);
        assert_eq!(exposure.turn(Quotes::Quiet), 0);
    }
}
