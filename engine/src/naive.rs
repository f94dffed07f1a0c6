//! The naive twin of the shard: slow, obvious, for tests and fuzzing only.
//!
//! It says what the shard must say, from the definitions: plain lists and ordered maps, every sum taken
//! anew at every question, every order and every account scanned in order of its id. It shares the
//! vocabulary, the rules crate and the limits with the shard, but none of its shortcuts.

mod account;
mod adjust;
mod algos;
mod auction;
mod bar;
mod booking;
mod change;
mod checks;
mod conduct;
mod contest;
mod crossed;
mod due;
mod entering;
mod feed;
mod fill;
mod funding;
mod judge;
mod life;
mod lists;
mod market;
mod money;
mod order;
mod paper;
mod portrait;
mod queue;
mod registry;
mod room;
#[cfg(test)]
mod tests;
mod timed;
mod windows;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rules::Plan;
use types::{
    AccountId, Calendar, ClientOrderId, Command, Event, EventKind, Input, InputKind,
    InputRejection, Interval, Label, LatencySample, LimitName, Price, RollSchedule, Seq, Timer,
    TimestampNs, TradingDay,
};

use account::Account;
use algos::{Algo, Print};
use change::{Amendment, Change, Flight};
use contest::Contest;
use judge::Cause;
use lists::Activation;
use market::Market;
use order::Order;
use windows::Extent;

use crate::limits::Limits;
use crate::view::House;

/// A slow and obvious shard.
#[derive(Debug)]
pub struct Naive {
    limits: Limits,
    seq: Seq,
    ts: TimestampNs,
    /// All that was due by then is done.
    worked_until: Option<u64>,
    facts: Vec<EventKind>,
    markets: Vec<Market>,
    plans: Vec<Plan>,
    contests: Vec<Contest>,
    curves: Vec<Vec<u32>>,
    latencies: Vec<Vec<LatencySample>>,
    /// Units of 1e-9 of the second currency for one of the first.
    conversions: BTreeMap<(Label, Label), Price>,
    open_days: BTreeMap<RollSchedule, Option<TradingDay>>,
    accounts: Vec<Account>,
    /// Suspensions so far.
    suspensions: u64,
    /// Intervals that were announced and are not long over, in this order.
    intervals: Vec<(Calendar, Interval)>,
    /// When windows of plans are open, or will be.
    extents: Vec<Extent>,
    /// Working orders by id.
    orders: BTreeMap<u64, Order>,
    /// Working algos by id.
    algos: BTreeMap<u64, Algo>,
    /// Changes on their way, in order of sending.
    flights: Vec<Flight>,
    /// Orders and algos accepted so far: the newest id.
    orders_accepted: u64,
    /// Times that an order went to the back of a queue.
    rank: u64,
    /// Client order ids that are remembered, oldest first.
    used_client_orders: VecDeque<(AccountId, u128)>,
    house: BTreeMap<Label, House>,
    /// Orders that a fill sends to the market, first in first out.
    pending: VecDeque<Activation>,
    /// Entries that traded in a book in this input, and those whose exits did after them.
    entered: BTreeSet<u64>,
    left: VecDeque<u64>,
    /// Instruments in which something may be due.
    dirty: BTreeSet<usize>,
    /// Instruments whose marks changed since the last round.
    marked: BTreeSet<usize>,
    /// What printed in this step.
    prints: Vec<Print>,
    /// Accounts to judge.
    touched: BTreeMap<usize, Cause>,
    /// The account that is being judged: nothing touches it.
    judging: Option<usize>,
    /// The instrument in which orders meet: its touch waits until they have met.
    matching: Option<usize>,
}

impl Naive {
    /// An empty twin.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: limits.held(),
            seq: Seq::default(),
            ts: TimestampNs::default(),
            worked_until: None,
            facts: Vec::new(),
            markets: Vec::new(),
            plans: Vec::new(),
            contests: Vec::new(),
            curves: Vec::new(),
            latencies: Vec::new(),
            conversions: BTreeMap::new(),
            open_days: BTreeMap::new(),
            accounts: Vec::new(),
            suspensions: 0,
            intervals: Vec::new(),
            extents: Vec::new(),
            orders: BTreeMap::new(),
            algos: BTreeMap::new(),
            flights: Vec::new(),
            orders_accepted: 0,
            rank: 0,
            used_client_orders: VecDeque::new(),
            house: BTreeMap::new(),
            pending: VecDeque::new(),
            entered: BTreeSet::new(),
            left: VecDeque::new(),
            dirty: BTreeSet::new(),
            marked: BTreeSet::new(),
            prints: Vec::new(),
            touched: BTreeMap::new(),
            judging: None,
            matching: None,
        }
    }

    /// Applies one input and says what happened: what is due by its time, then the input itself, then
    /// what it made due.
    pub fn apply(&mut self, input: &Input) -> Vec<Event> {
        self.seq = input.seq;
        self.ts = input.ts;
        // A roll comes before everything else of its time, which is left to an input that is no roll.
        let is_roll = matches!(input.kind, InputKind::Timer(Timer::DayRoll { .. }));
        let by = if is_roll {
            input.ts.0.checked_sub(1)
        } else {
            Some(input.ts.0)
        };
        self.worked_until = self.worked_until.max(by);
        // Who ended the last input below a floor is judged before anything else.
        for id in 0..self.accounts.len() {
            if self.stands_below(id) {
                self.touch(id, Cause::Mark);
            }
        }
        self.settle();
        self.do_due_work();
        match &input.kind {
            InputKind::Market(event) => self.on_market(event),
            InputKind::Command(command) => self.on_command(command),
            InputKind::Timer(Timer::DayRoll { schedule, day }) => {
                self.on_day_roll(*schedule, *day);
            }
            InputKind::Timer(Timer::Clock) => {}
        }
        self.settle();
        if !is_roll {
            self.do_due_work();
        }
        self.move_floors();
        self.entered.clear();
        let (seq, ts) = (input.seq, input.ts);
        std::mem::take(&mut self.facts)
            .into_iter()
            .map(|kind| Event { seq, ts, kind })
            .collect()
    }

    fn on_command(&mut self, command: &Command) {
        match command {
            Command::RegisterInstrument(instrument) => self.register_instrument(instrument),
            Command::DefinePlan { spec } => self.define_plan(spec),
            Command::DefineCompetition { spec } => self.define_competition(spec),
            Command::DefineCurve { weights } => self.define_curve(weights),
            Command::DefineLatency { samples } => self.define_latency(samples),
            Command::SetConversion { from, to, rate } => self.set_conversion(*from, *to, *rate),
            Command::ChangeMarket { instrument, change } => {
                self.change_market(*instrument, change);
            }
            Command::OpenAccount(open) => self.open_account(open),
            Command::EnterCompetition {
                competition,
                account,
                team,
            } => self.enter_competition(*competition, *account, *team),
            Command::ChangeCompetition {
                competition,
                change,
            } => self.change_competition(*competition, *change),
            Command::SubmitOrder(order) => self.submit(order),
            Command::SubmitList(list) => self.submit_list(list),
            Command::SubmitAlgo(algo) => self.submit_algo(algo),
            Command::AmendOrder {
                account,
                order,
                qty,
                price,
                trigger,
            } => {
                let amendment = Amendment {
                    qty: *qty,
                    price: *price,
                    trigger: *trigger,
                };
                self.ask(*account, *order, Change::Amend(amendment));
            }
            Command::CancelOrder { account, order } => {
                self.ask(*account, *order, Change::Cancel);
            }
            Command::CancelAll {
                account,
                instrument,
                side,
            } => self.cancel_all(*account, *instrument, *side),
            Command::Disconnect { account } => self.disconnect(*account),
            Command::ChangeAccount { account, change } => self.change_account(*account, *change),
            Command::AnnounceWindow { calendar, interval } => {
                self.announce_window(*calendar, *interval);
            }
            Command::Adjust {
                account,
                kind,
                amount,
            } => self.adjust(*account, *kind, *amount),
        }
    }

    /// Ends a step: what it made due is done, whom it touched is judged, until nothing is left.
    fn settle(&mut self) {
        loop {
            self.cascade();
            for instrument in std::mem::take(&mut self.marked) {
                self.touch_holders(instrument);
            }
            // A mark with nothing to say about an account gives it no turn in this round; it is only seen.
            let mut touched = std::mem::take(&mut self.touched);
            touched.retain(|&account, cause| {
                let has_turn = *cause != Cause::Mark || self.is_stirred(account);
                if !has_turn {
                    self.see_equity(account, self.equity_of(account));
                    self.observe(account);
                }
                has_turn
            });
            if touched.is_empty() {
                return;
            }
            for (account, cause) in touched {
                self.judge(account, cause);
            }
        }
    }

    fn cascade(&mut self) {
        loop {
            if let Some(entry) = self.left.pop_front() {
                self.end(entry, types::CancelReason::Sibling);
            } else if let Some(activation) = self.pending.pop_front() {
                self.activate(activation);
            } else if let Some(instrument) = self.dirty.pop_first() {
                self.run_due(instrument);
            } else if !self.prints.is_empty() {
                self.follow_volume();
            } else {
                return;
            }
        }
    }

    /// The firm's side of the ledger, ascending by currency.
    pub fn house(&self) -> Vec<(Label, House)> {
        let kept = self.house.iter();
        kept.filter(|(_, house)| **house != House::default())
            .map(|(currency, house)| (*currency, *house))
            .collect()
    }

    /// Name of an account.
    pub fn account_name(&self, account: AccountId) -> Option<Label> {
        let known = self.accounts.get(account.0 as usize);
        known.map(|account| account.name)
    }

    fn plan(&self, account: usize) -> &Plan {
        &self.plans[self.accounts[account].plan]
    }

    /// Whether work that is due at a time has its turn.
    fn has_come(&self, at: u64) -> bool {
        self.worked_until >= Some(at)
    }

    fn push(&mut self, kind: EventKind) {
        self.facts.push(kind);
    }

    fn reject(&mut self, reason: InputRejection) {
        self.push(EventKind::InputRejected { reason });
    }

    fn reject_full(&mut self, limit: LimitName) {
        let max = self.limits.of(limit);
        self.reject(InputRejection::LimitReached { limit, max });
    }

    /// An account is to be judged.
    fn touch(&mut self, account: usize, cause: Cause) {
        if self.judging != Some(account) {
            let known = self.touched.entry(account).or_insert(cause);
            *known = cause.max(*known);
        }
    }

    /// Remembers the newest ids up to the limit; the oldest is forgotten first.
    fn remember_client_order(&mut self, account: AccountId, client: ClientOrderId) {
        if client.0 == 0 {
            return;
        }
        self.used_client_orders.push_back((account, client.0));
        if self.used_client_orders.len() > self.limits.client_orders_max as usize {
            self.used_client_orders.pop_front();
        }
    }
}
