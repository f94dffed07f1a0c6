//! The shard: one writer, one door. [`Shard::apply`] takes a sequenced input and says what happened.
//!
//! Order of work on one input: who stands below a floor since the last one is judged; then market and fills,
//! positions, equity; then every rule of every touched account against its floors *as they stood before the input*, with lock, cancel and flatten where one is
//! violated; then targets are tested and scores observe; only when the input is over peaks and floors move.
//! Touched accounts are judged in ascending order of their ids.

mod activate;
mod adjust;
mod algos;
mod amend;
mod auction;
mod bars;
mod bookings;
mod calm;
mod cancel;
mod cascade;
mod check;
mod conduct;
mod contest;
mod cost;
mod crossed;
mod data;
mod enter;
mod fills;
mod foresight;
mod funds;
mod holdings;
mod invariants;
mod judge;
mod life;
mod lists;
mod market;
mod paper;
mod peaks;
mod portrait;
mod prints;
mod queue;
mod registry;
mod roll;
mod room;
mod submit;
mod timed;
mod walk;
mod windows;

use rules::{Competition, Entry, OpenWindows, Plan, TradingDays};
use types::{
    AccountId, ClientOrderId, Command, CompetitionId, DisqualificationReason, Input, InputKind,
    Label, LatencySample, Leg, OrderId, PlanHash, Price, RollSchedule, Seq, ShardId, Timer,
    TimestampNs, TradingDay, codec_struct,
};

use crate::account::{Account, At, CurrencyId, House};
use crate::agenda::Agenda;
use crate::algo::{Algo, Curve};
use crate::event_buf::EventBuf;
use crate::holding::Holding;
use crate::limits::Limits;
use crate::market::Market;
use crate::orders::Orders;
use crate::slab::Slab;
use crate::table::Table;
use crate::windows::Windows;
pub(crate) use calm::Calm;
use cascade::Pending;
pub(crate) use check::{is_beyond, trailed};
pub use foresight::Foresight;
use timed::Change;

/// A plan and the hash of its canonical bytes.
#[derive(Debug)]
pub(crate) struct KnownPlan {
    pub(crate) plan: Plan,
    pub(crate) hash: PlanHash,
    pub(crate) currency: CurrencyId,
    pub(crate) windows: OpenWindows,
}

codec_struct!(KnownPlan {
    plan,
    hash,
    currency,
    windows
});

/// A competition, where it is in its life, and its entrants in order of entry.
#[derive(Debug)]
pub(crate) struct Contest {
    pub(crate) competition: Competition,
    pub(crate) life: rules::Contest,
    pub(crate) entries: Vec<Entrant>,
}

codec_struct!(Contest {
    competition,
    life,
    entries
});

/// An entrant.
#[derive(Debug)]
pub(crate) struct Entrant {
    pub(crate) account: AccountId,
    pub(crate) entry: Entry,
    /// The entry as the public sees it while the board stands still.
    pub(crate) frozen: Option<Frozen>,
    /// Whether its account had violated a hard rule when the competition ended.
    pub(crate) breached: bool,
}

codec_struct!(Entrant {
    account,
    entry,
    frozen,
    breached
});

/// An entry at a moment.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) entry: Entry,
    /// Whether its account had violated a hard rule.
    pub(crate) breached: bool,
    /// Why it was off the board.
    pub(crate) disqualified: Option<DisqualificationReason>,
}

codec_struct!(Frozen {
    entry,
    breached,
    disqualified
});

/// A schedule that some plan or competition has, and the day that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenDay {
    pub(crate) schedule: RollSchedule,
    pub(crate) day: Option<TradingDay>,
}

codec_struct!(OpenDay { schedule, day });

/// A client order id that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UsedClientOrder {
    pub(crate) account: AccountId,
    pub(crate) client: ClientOrderId,
}

codec_struct!(UsedClientOrder { account, client });

/// What one unit of a currency is worth in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conversion {
    pub(crate) from: CurrencyId,
    pub(crate) to: CurrencyId,
    pub(crate) rate: Price,
}

codec_struct!(Conversion { from, to, rate });

/// An account, instrument and leg.
pub(crate) type HoldingKey = (u32, u32, Leg);

/// A single-writer engine: all the state that inputs change.
#[derive(Debug)]
pub struct Shard {
    pub(crate) id: ShardId,
    pub(crate) limits: Limits,
    pub(crate) seq: Seq,
    pub(crate) ts: TimestampNs,
    pub(crate) market_events: u64,
    pub(crate) last_market: Seq,
    pub(crate) last_order: OrderId,
    pub(crate) currencies: Vec<Label>,
    pub(crate) conversions: Vec<Conversion>,
    pub(crate) curves: Vec<Curve>,
    pub(crate) latencies: Vec<Vec<LatencySample>>,
    pub(crate) markets: Vec<Market>,
    pub(crate) plans: Vec<KnownPlan>,
    pub(crate) contests: Vec<Contest>,
    /// When time does something to a competition; follows from them.
    pub(crate) contest_due: TimestampNs,
    pub(crate) windows: Windows,
    pub(crate) open_days: Vec<OpenDay>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) orders: Orders,
    pub(crate) holdings: Slab<Holding>,
    /// Ascending by id.
    pub(crate) algos: Vec<Algo>,
    /// Cancels and amendments on their way.
    pub(crate) changes: Slab<Change>,
    pub(crate) agenda: Agenda,
    pub(crate) used_client_orders: Vec<UsedClientOrder>,
    /// Where the next used client order id goes once the list is full.
    pub(crate) used_client_orders_next: u32,
    /// By currency.
    pub(crate) house: Vec<House>,
    /// By currency: what all accounts have. Follows from them.
    pub(crate) cash: Vec<i128>,
    pub(crate) holding_handles: Table<HoldingKey>,
    pub(crate) client_orders: Table<(u32, u128)>,
    /// Accounts that stand below a floor, or below where they are to be warned of one, since the newest input is over,
    /// ascending: the next one judges them first. Follows from their equity and limits.
    pub(crate) below: Vec<AccountId>,
    /// Inputs that did more than to show what concerned nobody; no part of the state.
    stirs: u64,
    /// What one input fills and empties; kept for its memory, no part of the state.
    pending: Pending,
}

impl Shard {
    /// Orders that work beside the limit while they take: one, and one of an algo that it sets off.
    pub(crate) const TAKERS_MAX: u32 = 64;

    /// An empty shard.
    pub fn new(id: ShardId, limits: Limits) -> Self {
        let limits = limits.held();
        Self {
            id,
            limits,
            seq: Seq::default(),
            ts: TimestampNs::default(),
            market_events: 0,
            last_market: Seq::default(),
            last_order: OrderId::default(),
            currencies: Vec::new(),
            conversions: Vec::new(),
            curves: Vec::new(),
            latencies: Vec::new(),
            markets: Vec::new(),
            plans: Vec::new(),
            contests: Vec::new(),
            contest_due: TimestampNs(u64::MAX),
            windows: Windows::new(),
            open_days: Vec::new(),
            accounts: Vec::new(),
            orders: Orders::new(limits.orders_max.saturating_add(Self::TAKERS_MAX)),
            holdings: Slab::new(),
            algos: Vec::new(),
            changes: Slab::new(),
            agenda: Agenda::new(),
            used_client_orders: Vec::new(),
            used_client_orders_next: 0,
            house: Vec::new(),
            cash: Vec::new(),
            holding_handles: Table::new(),
            client_orders: Table::new(),
            below: Vec::new(),
            stirs: 0,
            pending: Pending::new(),
        }
    }

    /// Makes room, so that so many working orders and holdings need no allocation later.
    pub fn reserve(&mut self, orders: u32, holdings: u32) {
        self.orders.reserve(orders.min(self.limits.orders_max));
        let holdings = holdings.min(self.limits.positions_max);
        self.holdings.reserve(holdings);
        self.holding_handles.reserve(holdings);
        self.client_orders.reserve(self.limits.client_orders_max);
    }

    /// Applies one input and appends what happened to `events`.
    ///
    /// # Panics
    /// When the input is not the next in sequence or goes back in time: then the journal or the
    /// sequencer is broken, and nothing may be published.
    pub fn apply(&mut self, input: &Input, events: &mut EventBuf) {
        assert_eq!(input.seq, self.seq.next(), "input out of sequence");
        assert!(input.ts >= self.ts, "input {} goes back in time", input.seq);
        self.seq = input.seq;
        self.ts = input.ts;
        if let InputKind::Market(event) = &input.kind
            && self.pass_market(event)
        {
            return;
        }
        self.stirs += 1;
        events.begin(input.seq, input.ts);
        if !self.below.is_empty() {
            self.judge_below(events);
        }
        if let InputKind::Timer(Timer::DayRoll { schedule, day }) = input.kind {
            self.roll_first(schedule, day, events);
            return self.end_input(events);
        }
        self.run_timed(events);
        match &input.kind {
            InputKind::Market(event) => self.on_market(event, events),
            InputKind::Command(command) => self.on_command(command, events),
            InputKind::Timer(Timer::DayRoll { .. } | Timer::Clock) => {}
        }
        self.settle(events);
        // What the input itself started and is due already, such as an algo's first slice.
        self.run_timed(events);
        self.end_input(events);
    }

    /// The input that is applied, else the newest.
    pub(crate) const fn at(&self) -> At {
        At {
            seq: self.seq,
            ts: self.ts,
        }
    }

    /// When something is due that needs no market and no command: an expiry, an arrival, a slice, a window
    /// or a competition. After a roll that may be the time of the roll itself, and waits for the next
    /// input that is none.
    pub fn next_due(&self) -> Option<TimestampNs> {
        let due = self.agenda.next().map(|due| due.at);
        let edge = self.windows.next();
        let contest = (self.contest_due.0 != u64::MAX).then_some(self.contest_due);
        due.into_iter().chain(edge).chain(contest).min()
    }

    #[inline(always)]
    fn on_command(&mut self, command: &Command, events: &mut EventBuf) {
        match command {
            Command::SubmitOrder(order) => self.submit_order(order, events),
            Command::CancelOrder { account, order } => {
                self.cancel_order(*account, *order, events);
            }
            _ => self.on_other_command(command, events),
        }
    }

    /// All but the two commands that most are, apart from them for its large frame.
    #[inline(never)]
    fn on_other_command(&mut self, command: &Command, events: &mut EventBuf) {
        match command {
            Command::SubmitOrder(_) | Command::CancelOrder { .. } => {}
            Command::RegisterInstrument(instrument) => {
                self.register_instrument(instrument, events);
            }
            Command::DefinePlan { spec } => self.define_plan(spec, events),
            Command::DefineCompetition { spec } => self.define_competition(spec, events),
            Command::OpenAccount(open) => self.open_account(open, events),
            Command::EnterCompetition {
                competition,
                account,
                team,
            } => {
                self.enter_competition(*competition, *account, *team, events);
            }
            Command::ChangeCompetition {
                competition,
                change,
            } => self.change_competition(*competition, *change, events),
            Command::SubmitList(list) => self.submit_list(list, events),
            Command::SubmitAlgo(algo) => self.submit_algo(algo, events),
            Command::AmendOrder {
                account,
                order,
                qty,
                price,
                trigger,
            } => {
                let amendment = amend::Amendment {
                    qty: *qty,
                    price: *price,
                    trigger: *trigger,
                };
                self.amend_order(*account, *order, amendment, events);
            }
            Command::CancelAll {
                account,
                instrument,
                side,
            } => self.cancel_all(*account, *instrument, *side, events),
            Command::Disconnect { account } => self.disconnect(*account, events),
            Command::DefineCurve { weights } => self.define_curve(weights, events),
            Command::DefineLatency { samples } => self.define_latency(samples, events),
            Command::SetConversion { from, to, rate } => {
                self.set_conversion(*from, *to, *rate, events);
            }
            Command::ChangeMarket { instrument, change } => {
                self.change_market(*instrument, change, events);
            }
            Command::ChangeAccount { account, change } => {
                self.change_account(*account, *change, events);
            }
            Command::AnnounceWindow { calendar, interval } => {
                self.announce_window(*calendar, *interval, events);
            }
            Command::Adjust {
                account,
                kind,
                amount,
            } => {
                self.adjust(*account, *kind, *amount, events);
            }
        }
    }

    /// How much it holds.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Which shard this is.
    pub const fn id(&self) -> ShardId {
        self.id
    }

    /// Place of the last applied input.
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// Time of the last applied input.
    pub const fn ts(&self) -> TimestampNs {
        self.ts
    }

    /// How many market inputs were applied.
    pub const fn market_events(&self) -> u64 {
        self.market_events
    }

    /// Place of the newest market input.
    pub const fn last_market(&self) -> Seq {
        self.last_market
    }

    /// Every schedule that a plan or competition has, with the day that is open.
    pub fn schedules(&self) -> impl Iterator<Item = (RollSchedule, Option<TradingDay>)> {
        self.open_days.iter().map(|open| (open.schedule, open.day))
    }

    /// The calendars of the plans and competitions that have this schedule.
    pub fn trading_days(&self, schedule: RollSchedule) -> impl Iterator<Item = &TradingDays> {
        let plans = self.plans.iter().map(|known| &known.plan);
        let plans = plans.map(|plan| (plan.schedule, &plan.days));
        let contests = self.contests.iter().map(|contest| &contest.competition);
        let contests = contests.map(|contest| (contest.schedule, &contest.days));
        plans
            .chain(contests)
            .filter(move |(of, _)| *of == schedule)
            .map(|(_, days)| days)
    }

    /// How many accounts were opened.
    pub const fn account_count(&self) -> u32 {
        self.accounts.len() as u32
    }

    /// How many plans were defined.
    pub const fn plan_count(&self) -> u32 {
        self.plans.len() as u32
    }

    /// Volume curves that are known.
    pub const fn curve_count(&self) -> u32 {
        self.curves.len() as u32
    }

    /// Recorded latencies that are known.
    pub const fn latency_count(&self) -> u32 {
        self.latencies.len() as u32
    }

    /// Units of one currency for a unit of another, where that was set.
    pub fn conversion_rate(&self, from: Label, to: Label) -> Option<Price> {
        let is_meant = |known: &&Conversion| {
            self.currencies[known.from.0 as usize] == from
                && self.currencies[known.to.0 as usize] == to
        };
        let known = self.conversions.iter().find(is_meant);
        known.map(|known| known.rate)
    }

    /// How many instruments were registered.
    pub const fn instrument_count(&self) -> u32 {
        self.markets.len() as u32
    }

    /// How many competitions were defined.
    pub const fn competition_count(&self) -> u32 {
        self.contests.len() as u32
    }

    /// How many accounts entered a competition.
    pub fn entrant_count(&self, competition: CompetitionId) -> u32 {
        let contest = self.contests.get(competition.0 as usize);
        contest.map_or(0, |contest| contest.entries.len() as u32)
    }

    fn account(&self, account: AccountId) -> Option<&Account> {
        self.accounts.get(account.0 as usize)
    }
}
