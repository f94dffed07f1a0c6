//! The shard: one writer, one door. [`Shard::apply`] takes a sequenced input and says what happened.
//!
//! Order of work on one input: market and fills, positions, equity; then every rule of every touched
//! account against its floors *as they stood*, with lock, cancel and flatten where one is violated;
//! only then peaks and floors move, targets are tested and scores observe. Touched accounts are
//! judged in ascending order of their ids.

mod adjust;
mod fills;
mod judge;
mod market;
mod orders;
mod registry;
mod roll;

use rules::{Competition, Entry, Plan};
use types::{
    AccountId, ClientOrderId, Command, CompetitionId, Input, InputKind, OrderId, PlanHash,
    RollSchedule, Seq, ShardId, Timer, TimestampNs, TradingDay, codec_struct,
};

use crate::account::{Account, House};
use crate::event_buf::EventBuf;
use crate::limits::Limits;
use crate::market::Market;
use crate::order::{Order, Waiter};
use crate::position::Position;
use crate::slab::Slab;
use crate::table::Table;

/// A plan and the hash of its canonical bytes.
#[derive(Debug)]
pub(crate) struct KnownPlan {
    pub(crate) plan: Plan,
    pub(crate) hash: PlanHash,
}

codec_struct!(KnownPlan { plan, hash });

/// A competition and its entrants, in order of entry.
#[derive(Debug)]
pub(crate) struct Contest {
    pub(crate) competition: Competition,
    pub(crate) entries: Vec<Entrant>,
}

codec_struct!(Contest {
    competition,
    entries
});

/// An entrant.
#[derive(Debug)]
pub(crate) struct Entrant {
    pub(crate) account: AccountId,
    pub(crate) entry: Entry,
}

codec_struct!(Entrant { account, entry });

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

/// Lists that one input fills and empties; kept for their memory, no part of the state.
#[derive(Debug, Default)]
struct Scratch {
    due: Vec<Waiter>,
    touched: Vec<Touched>,
}

/// An account that the input touched in a way that needs more than a new mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Touched {
    account: AccountId,
    /// Something was filled or booked.
    booked: bool,
}

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
    pub(crate) markets: Vec<Market>,
    pub(crate) plans: Vec<KnownPlan>,
    pub(crate) contests: Vec<Contest>,
    pub(crate) open_days: Vec<OpenDay>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) orders: Slab<Order>,
    pub(crate) positions: Slab<Position>,
    pub(crate) used_client_orders: Vec<UsedClientOrder>,
    /// Where the next used client order id goes once the list is full.
    pub(crate) used_client_orders_next: u32,
    pub(crate) house: House,
    pub(crate) order_handles: Table<u64>,
    pub(crate) client_orders: Table<(u32, u128)>,
    scratch: Scratch,
}

impl Shard {
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
            markets: Vec::new(),
            plans: Vec::new(),
            contests: Vec::new(),
            open_days: Vec::new(),
            accounts: Vec::new(),
            orders: Slab::new(),
            positions: Slab::new(),
            used_client_orders: Vec::new(),
            used_client_orders_next: 0,
            house: House::default(),
            order_handles: Table::new(limits.orders_max),
            client_orders: Table::new(limits.client_orders_max),
            scratch: Scratch::default(),
        }
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
        events.begin(input.seq, input.ts);
        match &input.kind {
            InputKind::Market(event) => self.on_market(event, events),
            InputKind::Command(command) => self.on_command(command, events),
            InputKind::Timer(Timer::DayRoll { schedule, day }) => {
                self.on_day_roll(*schedule, *day, events);
            }
            InputKind::Timer(Timer::Clock) => {}
        }
    }

    fn on_command(&mut self, command: &Command, events: &mut EventBuf) {
        match command {
            Command::RegisterInstrument(instrument) => {
                self.register_instrument(instrument, events);
            }
            Command::DefinePlan { spec } => self.define_plan(spec, events),
            Command::DefineCompetition { spec } => self.define_competition(spec, events),
            Command::OpenAccount(open) => self.open_account(open, events),
            Command::EnterCompetition {
                competition,
                account,
            } => {
                self.enter_competition(*competition, *account, events);
            }
            Command::SubmitOrder(order) => self.submit_order(order, events),
            Command::AmendOrder {
                account,
                order,
                qty,
                price,
            } => {
                self.amend_order(*account, *order, *qty, *price, events);
            }
            Command::CancelOrder { account, order } => {
                self.cancel_order(*account, *order, events);
            }
            Command::CancelAll { account } => self.cancel_all(*account, events),
            Command::Adjust {
                account,
                kind,
                amount,
            } => {
                self.adjust(*account, *kind, *amount, events);
            }
        }
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

    /// How many accounts were opened.
    pub const fn account_count(&self) -> u32 {
        self.accounts.len() as u32
    }

    /// How many plans were defined.
    pub const fn plan_count(&self) -> u32 {
        self.plans.len() as u32
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
