//! The demo's source of inputs: first what has to be set up, then the recorded market, after each
//! event of which a trader may act.

use std::time::{Duration, Instant};

use marketdata::DemoMarket;
use marketdata::demo::EPOCH;
use runtime::{Next, Shard, Source};
use types::{
    AccountId, Command, CompetitionChange, CompetitionId, CompetitionState, InputKind, TimestampNs,
};

use super::tally::Tally;
use super::traders::{TRADERS, Traders};

/// The first six trading days go by at once, so that there are charts, ranks and verdicts to see.
const WARM_UP_NS: u64 = 6 * 86_400_000_000_000;

/// The cup's results are looked into for a day.
const REVIEW_NS: u64 = 86_400_000_000_000;

/// The competition that everybody is in.
const CUP: CompetitionId = CompetitionId(0);

/// How fast market time goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rate {
    /// As fast as the engine takes it.
    Max,
    /// So many seconds of the market in one of ours.
    Times(u64),
}

impl Rate {
    /// Market seconds in one of ours; `None` when there is no pace.
    pub(super) const fn times(self) -> Option<u64> {
        match self {
            Self::Max => None,
            Self::Times(times) => Some(times),
        }
    }
}

/// Where the clock was started.
#[derive(Debug, Clone, Copy)]
struct Start {
    wall: Instant,
    market: TimestampNs,
}

/// Specifications that the demo sets up, in their canonical form.
#[derive(Debug)]
pub(super) struct Setup {
    /// Plans.
    pub plans: Vec<Box<[u8]>>,
    /// The competition.
    pub competition: Box<[u8]>,
}

/// What a demo is made of.
#[derive(Debug)]
pub(super) struct Demo {
    /// The recorded market.
    pub(super) market: DemoMarket,
    /// What is set up first.
    pub(super) setup: Setup,
    /// What the traders' choices follow from.
    pub(super) seed: u64,
    /// How fast market time goes by.
    pub(super) rate: Rate,
    /// Where in the stream to stop.
    pub(super) events_max: Option<u64>,
    /// Told when the first input is about to be given.
    pub(super) tally: Tally,
}

/// The source. It goes on where the shard it is shown stands.
#[derive(Debug)]
pub(super) struct DemoSource {
    demo: Demo,
    traders: Traders,
    start: Option<Start>,
    entered: u32,
}

impl DemoSource {
    pub(super) fn new(demo: Demo) -> Self {
        Self {
            traders: Traders::new(demo.seed),
            demo,
            start: None,
            entered: 0,
        }
    }

    /// The next thing that is not set up yet.
    fn set_up(&mut self, shard: &Shard) -> Option<Command> {
        let instruments = self.demo.market.instruments();
        if let Some(instrument) = instruments.get(shard.instrument_count() as usize) {
            return Some(Command::RegisterInstrument(Box::new(*instrument)));
        }
        if let Some(spec) = self.demo.setup.plans.get(shard.plan_count() as usize) {
            return Some(Command::DefinePlan { spec: spec.clone() });
        }
        if shard.competition_count() == 0 {
            return Some(Command::DefineCompetition {
                spec: self.demo.setup.competition.clone(),
            });
        }
        let plans = self.demo.setup.plans.len() as u32;
        if shard.account_count() < TRADERS {
            return Some(Traders::open(shard.account_count(), plans, 0, None));
        }
        self.entered = self.entered.max(shard.entrant_count(CUP));
        if self.entered < TRADERS {
            let account = AccountId(self.entered);
            self.entered += 1;
            return Some(Command::EnterCompetition {
                competition: CUP,
                account,
                team: None,
            });
        }
        None
    }

    /// The end of the cup's review. Read off the shard like all else here.
    fn finalise(shard: &Shard) -> Option<Command> {
        let (competition, life) = shard.contest(CUP)?;
        let window = competition.contest.window?;
        let is_reviewed = life.state() == CompetitionState::InReview
            && shard.ts().0 >= window.end.0.saturating_add(REVIEW_NS);
        is_reviewed.then_some(Command::ChangeCompetition {
            competition: CUP,
            change: CompetitionChange::Finalise,
        })
    }

    /// How long until a moment of the market is due.
    fn wait(&mut self, ts: TimestampNs, now: Instant) -> Duration {
        let Rate::Times(rate) = self.demo.rate else {
            return Duration::ZERO;
        };
        if ts.0 < EPOCH.0 + WARM_UP_NS {
            return Duration::ZERO;
        }
        let start = *self.start.get_or_insert(Start {
            wall: now,
            market: ts,
        });
        let due = Duration::from_nanos(ts.0.saturating_sub(start.market.0) / rate.max(1));
        due.saturating_sub(now.saturating_duration_since(start.wall))
    }
}

impl Source for DemoSource {
    fn next(&mut self, shard: &Shard, now: Instant) -> Next {
        self.demo.tally.start();
        let place = shard.market_events();
        if place == 0
            && let Some(command) = self.set_up(shard)
        {
            let ts = self.demo.market.event(0).0;
            return Next::Input {
                ts,
                kind: InputKind::Command(command),
            };
        }
        if let Some(command) = Self::finalise(shard) {
            return Next::Input {
                ts: shard.ts(),
                kind: InputKind::Command(command),
            };
        }
        // Nothing has followed the newest market event yet, so somebody may answer it. Read off the
        // shard, so that a restart between the two goes on as if there had been none.
        if place > 0 && shard.last_market() == shard.seq() {
            let answered = place - 1;
            if let Some(command) = self.traders.act(&self.demo.market, shard, answered) {
                let kind = InputKind::Command(command);
                return Next::Input {
                    ts: shard.ts(),
                    kind,
                };
            }
        }
        if self.demo.events_max.is_some_and(|max| place >= max) {
            return Next::End;
        }
        let (ts, event) = self.demo.market.event(place);
        let wait = self.wait(ts, now);
        if !wait.is_zero() {
            return Next::Wait(wait);
        }
        Next::Input {
            ts,
            kind: InputKind::Market(event),
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime::{EventBuf, Limits};
    use types::{Input, InstrumentId, Money, ShardId, SignedQty};

    use super::*;

    fn demo(events: u64) -> DemoSource {
        DemoSource::new(Demo {
            market: DemoMarket::load().unwrap(),
            setup: super::super::set_up(&[]).unwrap(),
            seed: 1,
            rate: Rate::Max,
            events_max: Some(events),
            tally: Tally::default(),
        })
    }

    /// Applies what the source gives, at most so many inputs.
    fn run(source: &mut DemoSource, shard: &mut Shard, inputs_max: u64) {
        let mut facts = EventBuf::default();
        let last = shard.seq().0.saturating_add(inputs_max);
        while shard.seq().0 < last
            && let Next::Input { ts, kind } = source.next(shard, Instant::now())
        {
            facts.clear();
            let seq = shard.seq().next();
            shard.apply(&Input { seq, ts, kind }, &mut facts);
        }
    }

    fn empty() -> Shard {
        Shard::new(ShardId(0), Limits::default())
    }

    #[test]
    fn a_source_made_anew_goes_on_as_if_it_had_not_been() {
        const EVENTS: u64 = 400;
        let mut whole = empty();
        run(&mut demo(EVENTS), &mut whole, u64::MAX);
        let mut pieces = empty();
        while pieces.seq() < whole.seq() {
            run(&mut demo(EVENTS), &mut pieces, 7);
        }
        assert_eq!(pieces.state_hash(), whole.state_hash());
    }

    #[test]
    fn the_cup_is_final_a_day_after_its_end() {
        // The window has 61 days, a loop 40. Nobody rolls the days here, so nobody has three active ones.
        let events = DemoMarket::load().unwrap().len() * 2;
        let mut shard = empty();
        run(&mut demo(events), &mut shard, u64::MAX);
        let (_, life) = shard.contest(CUP).unwrap();
        assert_eq!(life.state(), CompetitionState::Final);
        let awards = life.awards().unwrap();
        assert_eq!(
            (awards.paid.len(), awards.unclaimed),
            (0, Money::whole(10_000))
        );
    }

    #[test]
    fn everybody_is_flat_when_the_recordings_start_again() {
        let events = DemoMarket::load().unwrap().len();
        let mut shard = empty();
        run(&mut demo(events), &mut shard, u64::MAX);
        assert_eq!(shard.market_events(), events);
        let held = (0..shard.account_count())
            .map(AccountId)
            .filter(|&account| {
                let mut instruments = (0..shard.instrument_count()).map(InstrumentId);
                instruments.any(|id| shard.position(account, id) != SignedQty::ZERO)
            });
        assert_eq!(held.count(), 0);
    }
}
