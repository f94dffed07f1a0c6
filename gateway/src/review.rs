//! What the reviewers of a competition should look at, gathered from the durable inputs as they pass.
//!
//! Facts are those of entrants while their competition is live. A quote's age is counted from the last
//! good input of market data of its instrument; a fill's counterparty is known where one order met another
//! in a book. A start that is shown the whole journal knows all of them. After one from a snapshot the
//! facts begin there: [`Report::since`] says when, and [`Report::is_complete`] whether any are missing.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rules::{Fact, Integrity, Missed, Signal, SignalLimits, SignalRules};
use runtime::Shard;
use types::{
    AccountId, CompetitionId, CompetitionState, Event, EventKind, Fill, FillModel, Input,
    InputKind, InstrumentId, MarketData, Side, TimestampNs,
};

/// Signals of one report; the weaker ones are left out.
pub const SIGNALS_MAX: usize = 1_000;

/// How much is remembered of each competition.
pub const LIMITS: SignalLimits = SignalLimits {
    pairs_max: 8_192,
    positions_max: 262_144,
    recent_max: 64,
    opposite_max: 64,
    instruments_max: 4_096,
};

/// The facts of every competition of one shard.
#[derive(Debug, Default)]
pub struct Review(Mutex<Inner>);

/// What a reviewer gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When something is worth a signal.
    pub rules: SignalRules,
    /// The time from which facts are known.
    pub since: TimestampNs,
    /// Whether these are all facts of the competition: it was not live before `since`.
    pub is_complete: bool,
    /// The time that open positions are counted to.
    pub until: TimestampNs,
    /// The strongest first, at most [`SIGNALS_MAX`], with the accounts they are about.
    pub signals: Vec<(Signal, AccountId, Option<AccountId>)>,
    /// How many more there are.
    pub left_out: usize,
    /// What was not looked at.
    pub missed: Missed,
}

#[derive(Debug, Default)]
struct Inner {
    now: TimestampNs,
    /// Time of the last good market data, by instrument.
    stated: Vec<Option<TimestampNs>>,
    /// By competition.
    contests: Vec<Contest>,
}

#[derive(Debug, Clone)]
struct Contest {
    integrity: Integrity,
    /// By entrant.
    accounts: Vec<AccountId>,
    is_live: bool,
    since: TimestampNs,
    is_complete: bool,
    ended: Option<TimestampNs>,
}

impl Review {
    /// Begins with a shard as it was restored: who is in which competition, and nothing of before.
    pub(crate) fn start(&self, shard: &Shard) {
        let mut inner = self.lock();
        *inner = Inner::default();
        inner.now = shard.ts();
        for id in (0..shard.competition_count()).map(CompetitionId) {
            let Some((_, life)) = shard.contest(id) else {
                continue;
            };
            let mut contest = Contest::new(shard.ts(), life.state() == CompetitionState::Live);
            contest.is_complete = life.state() == CompetitionState::Upcoming;
            // Of one that is over there is nothing more to come.
            contest.ended = matches!(
                life.state(),
                CompetitionState::InReview | CompetitionState::Final
            )
            .then(|| shard.ts());
            for number in 0..life.entrants() {
                contest.enter(shard, id, number);
            }
            inner.contests.push(contest);
        }
    }

    /// Takes note of a durable input and what it caused; `shard` has just applied it.
    pub(crate) fn observe(&self, input: &Input, events: &[Event], shard: &Shard) {
        let states_quote = stated(input, events);
        if states_quote.is_none() && events.is_empty() {
            return;
        }
        let mut inner = self.lock();
        inner.now = input.ts;
        if let Some(instrument) = states_quote {
            let place = instrument.0 as usize;
            if inner.stated.len() <= place {
                inner.stated.resize(place + 1, None);
            }
            inner.stated[place] = Some(input.ts);
        }
        for (place, event) in events.iter().enumerate() {
            match event.kind {
                EventKind::CompetitionDefined { competition } => {
                    let window = shard
                        .contest(competition)
                        .and_then(|(competition, _)| competition.contest.window);
                    inner
                        .contests
                        .push(Contest::new(event.ts, window.is_none()));
                }
                EventKind::CompetitionEntered {
                    competition,
                    account,
                } => {
                    let number = shard.entrance(account).map(|(_, number)| number);
                    let contest = inner.contests.get_mut(competition.0 as usize);
                    if let (Some(contest), Some(number)) = (contest, number) {
                        contest.enter(shard, competition, number);
                    }
                }
                EventKind::CompetitionChanged { competition, state } => {
                    if let Some(contest) = inner.contests.get_mut(competition.0 as usize) {
                        contest.is_live = state == CompetitionState::Live;
                        if state == CompetitionState::InReview {
                            contest.ended = Some(event.ts);
                        }
                    }
                }
                EventKind::Fill(fill) => {
                    let other = counterparty(events, place);
                    inner.fill(&fill, event.ts, other, shard);
                }
                _ => {}
            }
        }
    }

    /// What is worth a look; nothing where there is no such competition.
    pub fn report(&self, id: CompetitionId) -> Option<Report> {
        let (contest, now) = {
            let inner = self.lock();
            (inner.contests.get(id.0 as usize)?.clone(), inner.now)
        };
        let Contest {
            integrity,
            accounts,
            since,
            is_complete,
            ended,
            ..
        } = contest;
        let until = ended.unwrap_or(now);
        let report = integrity.report(until);
        let account = |number: u32| accounts.get(number as usize).copied();
        let left_out = report.signals.len().saturating_sub(SIGNALS_MAX);
        let signals = report.signals.into_iter().take(SIGNALS_MAX);
        let signals = signals.filter_map(|signal| {
            let other = signal.other.and_then(account);
            Some((signal, account(signal.entrant)?, other))
        });
        Some(Report {
            rules: SignalRules::standard(),
            since,
            is_complete,
            until,
            signals: signals.collect(),
            left_out,
            missed: report.missed,
        })
    }

    /// A panic leaves whole facts behind.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contest {
    fn new(since: TimestampNs, is_live: bool) -> Self {
        Self {
            integrity: Integrity::new(SignalRules::standard(), LIMITS),
            accounts: Vec::new(),
            is_live,
            since,
            is_complete: true,
            ended: None,
        }
    }

    fn enter(&mut self, shard: &Shard, id: CompetitionId, number: u32) {
        let (Some((_, life)), Some(account)) = (shard.contest(id), shard.entrant(id, number))
        else {
            return;
        };
        let entered = self.integrity.observe(Fact::Entered {
            entrant: number,
            owner: owner(shard, account).0,
            team: life.team_of(number),
        });
        debug_assert!(entered.is_ok(), "entrants are numbered one by one");
        self.accounts.push(account);
    }
}

impl Inner {
    fn fill(&mut self, fill: &Fill, ts: TimestampNs, other: Option<AccountId>, shard: &Shard) {
        let Some((id, entrant)) = shard.entrance(fill.account) else {
            return;
        };
        let stated = self.stated.get(fill.instrument.0 as usize).copied();
        let Some(contest) = self.contests.get_mut(id.0 as usize) else {
            return;
        };
        // An entry of this very input comes after its fills.
        if !contest.is_live || entrant as usize >= contest.accounts.len() {
            return;
        }
        let quote_age_ns = match (fill.model, stated.flatten()) {
            (FillModel::Touch, Some(stated)) => Some(ts.0.saturating_sub(stated.0)),
            _ => None,
        };
        let counterparty = other
            .and_then(|account| shard.entrance(account))
            .filter(|(of, number)| *of == id && (*number as usize) < contest.accounts.len())
            .map(|(_, number)| number);
        let instrument = fill.instrument;
        let filled = Fact::Filled {
            entrant,
            ts,
            instrument,
            side: fill.side,
            quote_age_ns,
            counterparty,
        };
        let signed = match fill.side {
            Side::Buy => fill.qty.0,
            Side::Sell => -fill.qty.0,
        };
        let (before, after) = (fill.position.0.saturating_sub(signed), fill.position.0);
        let side = |position: i64| if position > 0 { Side::Buy } else { Side::Sell };
        let turned = before.signum() != after.signum();
        let closed = (turned && before != 0).then(|| Fact::Closed {
            entrant,
            ts,
            instrument,
            side: side(before),
        });
        let opened = (turned && after != 0).then(|| Fact::Opened {
            entrant,
            ts,
            instrument,
            side: side(after),
        });
        for fact in [Some(filled), closed, opened].into_iter().flatten() {
            // Refused where a position went without a fill, as in a split: then it counts from before.
            let _ = contest.integrity.observe(fact);
        }
    }
}

/// Whose account it is: the first of those that led to it by resets and retries.
fn owner(shard: &Shard, account: AccountId) -> AccountId {
    let mut first = account;
    // A parent is older than its child, so this ends.
    while let Some((_, Some(parent))) = shard.account_name(first)
        && parent.account < first
    {
        first = parent.account;
    }
    first
}

/// The instrument whose quote an input states.
fn stated(input: &Input, events: &[Event]) -> Option<InstrumentId> {
    let InputKind::Market(event) = &input.kind else {
        return None;
    };
    let states = matches!(
        event.data,
        MarketData::Quote(_) | MarketData::DepthDelta(_) | MarketData::DepthSnapshot(_)
    );
    let is_refused = events
        .iter()
        .any(|event| matches!(event.kind, EventKind::InputRejected { .. }));
    (states && !is_refused).then_some(event.instrument)
}

/// Who was on the other side of a fill in a book: its maker is told first, its taker next.
fn counterparty(events: &[Event], place: usize) -> Option<AccountId> {
    let EventKind::Fill(fill) = &events.get(place)?.kind else {
        return None;
    };
    if fill.model != FillModel::Book {
        return None;
    }
    let fill_of = |event: &Event| match event.kind {
        EventKind::Fill(fill) => Some(fill),
        _ => None,
    };
    let other = if fill.maker {
        events[place + 1..].iter().find_map(fill_of)?
    } else {
        events[..place].iter().rev().find_map(fill_of)?
    };
    let is_match = other.model == FillModel::Book
        && other.maker != fill.maker
        && other.side != fill.side
        && (other.instrument, other.price, other.qty) == (fill.instrument, fill.price, fill.qty);
    is_match.then_some(other.account)
}
