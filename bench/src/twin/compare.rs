//! One stream through the shard, through the same shard restored from its snapshots, and through the
//! naive twin; facts, state and invariants are compared after every input.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::naive::Naive;
use engine::portrait::{OrderPortrait, OrderStage, Portrait};
use engine::{EventBuf, Limits, Shard};
use types::{
    AccountState, Command, DenyReason, Event, EventKind, Input, InputKind, InstrumentStatus, Label,
    Money, NewOrder, ShardId, TimeInForce,
};

use super::difference::{Difference, Found, bare, of_events, of_portraits};
use super::words::plain;

/// What the shard is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Its naive twin after every input, and itself restored now and then.
    Naive,
    /// Itself restored every few inputs.
    Restored,
    /// Nothing but the invariants.
    Alone,
    /// Nothing but the wish that this kind of fact never be, named as in
    /// [`EVENT_KINDS`](super::coverage::EVENT_KINDS): the first that is counts as a difference.
    Never(&'static str),
}

impl Mode {
    /// After how many inputs the replica is made anew from a snapshot.
    const fn restore_every(self) -> u64 {
        match self {
            Self::Naive => 40,
            Self::Restored => 5,
            Self::Alone | Self::Never(_) => u64::MAX,
        }
    }
}

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the messages of panics for the difference instead of printing them: a panic of either side is
/// a difference like any other. For programs, not for tests.
pub fn keep_panics() {
    std::panic::set_hook(Box::new(|info| {
        let message = info.to_string();
        PANIC.with(|kept| *kept.borrow_mut() = Some(message));
    }));
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let kept = PANIC.with(|kept| kept.borrow_mut().take());
    kept.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

pub(super) fn caught<T>(who: &str, work: impl FnOnce() -> T) -> Result<T, Found> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let message = panic_message(payload.as_ref());
        let place: Vec<&str> = message.lines().take(1).collect();
        (
            format!("panic: {who} {}", place.join("")),
            format!("  {message}"),
        )
    })
}

/// What the shard says of an order before it is sent.
struct Foretold {
    request: NewOrder,
    denied: Option<DenyReason>,
}

/// A shard and what it is compared with.
#[derive(Debug)]
pub struct Comparison {
    mode: Mode,
    shard: Shard,
    replica: Shard,
    naive: Option<Naive>,
    events: EventBuf,
    replica_events: EventBuf,
    portrait: Portrait,
    /// Of each account.
    currencies: Vec<Label>,
    applied: u64,
    /// Whether a balance has reached the end of its range.
    is_full: bool,
}

impl Comparison {
    /// Empty shards.
    pub fn new(limits: Limits, mode: Mode) -> Self {
        let shard = Shard::new(ShardId(1), limits);
        Self {
            mode,
            portrait: shard.portrait(),
            shard,
            replica: Shard::new(ShardId(1), limits),
            naive: (mode == Mode::Naive).then(|| Naive::new(limits)),
            events: EventBuf::default(),
            replica_events: EventBuf::default(),
            currencies: Vec::new(),
            applied: 0,
            is_full: false,
        }
    }

    /// The shard.
    pub const fn shard(&self) -> &Shard {
        &self.shard
    }

    /// Its state after the last input.
    pub const fn portrait(&self) -> &Portrait {
        &self.portrait
    }

    /// Its facts of the last input.
    pub fn events(&self) -> &[Event] {
        self.events.as_slice()
    }

    /// Applies an input to all sides.
    ///
    /// # Errors
    /// The first difference; the comparison is over then.
    pub fn apply(&mut self, input: &Input) -> Result<(), Box<Difference>> {
        self.applied += 1;
        self.events.clear();
        self.replica_events.clear();
        self.compare(input).map_err(|(class, text)| {
            Box::new(Difference {
                seq: input.seq,
                class,
                text,
            })
        })
    }

    fn compare(&mut self, input: &Input) -> Result<(), Found> {
        let foretold = caught("what-if", || self.foretold(input))?;
        caught("shard", || self.shard.apply(input, &mut self.events))?;
        found(self.of_foretold(foretold))?;
        self.portrait = caught("shard", || self.shard.portrait())?;
        let shard_events = self.events.as_slice();
        if let Some(naive) = &mut self.naive {
            let events = caught("twin", || naive.apply(input))?;
            found(of_events(shard_events, &events, "twin"))?;
            let portrait = caught("twin", || naive.portrait())?;
            if portrait.house != naive.house() {
                return Err(invariant("the twin's house is not its portrait's"));
            }
            found(of_portraits(&self.portrait, &portrait, "twin"))?;
            if self.applied.is_multiple_of(self.mode.restore_every())
                && portrait.hash() != self.portrait.hash()
            {
                return Err(invariant("equal portraits have other hashes"));
            }
        }
        if let Mode::Never(kind) = self.mode {
            let found = shard_events.iter().find(|event| bare(&event.kind) == kind);
            return found.map_or(Ok(()), |event| {
                Err((format!("fact: {kind}"), format!("  {}", plain(&event.kind))))
            });
        }
        if self.mode != Mode::Alone {
            self.compare_replica(input)?;
        }
        self.learn_currencies();
        self.check_money()?;
        self.check_proofs()?;
        self.check_books()?;
        if let Err(error) = self.shard.audit() {
            return Err(invariant(&error.to_string()));
        }
        if self.applied.is_multiple_of(self.mode.restore_every()) {
            self.check_snapshot()?;
        }
        Ok(())
    }

    /// What the shard says beforehand of an order: why it would be denied, if it would.
    fn foretold(&self, input: &Input) -> Option<Foretold> {
        let InputKind::Command(Command::SubmitOrder(request)) = &input.kind else {
            return None;
        };
        // It is told as of the newest input: the order may not be over then, and what is on its way may arrive without
        // a fact.
        let is_over =
            matches!(request.tif, TimeInForce::GoodTillDate { until } if until <= input.ts);
        let flies = |order: &OrderPortrait| order.stage == OrderStage::InFlight;
        if is_over || self.portrait.orders.iter().any(flies) {
            return None;
        }
        let told = self.shard.what_if(request).ok()?;
        Some(Foretold {
            request: *request,
            denied: told.denied,
        })
    }

    /// What came of an order is what was said beforehand, where nothing came between.
    fn of_foretold(&self, foretold: Option<Foretold>) -> Option<Found> {
        let Foretold { request, denied } = foretold?;
        let came = match self.events.as_slice().first()?.kind {
            EventKind::OrderAccepted { request: of, .. } if of == request => None,
            EventKind::OrderDenied {
                request: of,
                reason,
            } if of == request => Some(reason),
            _ => return None,
        };
        // How many its sender has sent is not foretold.
        if came == denied || matches!(came, Some(DenyReason::OrderRate { .. })) {
            return None;
        }
        Some((
            "what-if: another answer".to_owned(),
            format!("  foretold {}\n  came {}", plain(&denied), plain(&came)),
        ))
    }

    fn compare_replica(&mut self, input: &Input) -> Result<(), Found> {
        let shard_events = self.events.as_slice();
        caught("replica", || {
            self.replica.apply(input, &mut self.replica_events);
        })?;
        let replica_events = self.replica_events.as_slice();
        found(of_events(shard_events, replica_events, "replica"))?;
        if self.mode == Mode::Restored {
            let portrait = caught("replica", || self.replica.portrait())?;
            found(of_portraits(&self.portrait, &portrait, "replica"))?;
        }
        Ok(())
    }

    fn learn_currencies(&mut self) {
        for event in self.events.as_slice() {
            if let EventKind::AccountOpened { plan, .. } = event.kind
                && let Some(plan) = self.shard.plan(plan)
            {
                self.currencies.push(plan.currency);
            }
        }
    }

    /// In every currency: what accounts have is what was put in, less what trading and fees took.
    ///
    /// A balance at the end of the range of [`Money`] has lost what was past it, so that nothing adds
    /// up from there on.
    fn check_money(&mut self) -> Result<(), Found> {
        let mut balances: BTreeMap<Label, i128> = BTreeMap::new();
        let is_end = |balance: Money| balance.0 == i64::MAX || balance.0 == i64::MIN;
        self.is_full |= self.events.as_slice().iter().any(|event| match event.kind {
            EventKind::Booked { balance, .. } | EventKind::Adjusted { balance, .. } => {
                is_end(balance)
            }
            EventKind::Fill(fill) => is_end(fill.balance),
            _ => false,
        });
        if self.is_full {
            return Ok(());
        }
        for (account, currency) in self.portrait.accounts.iter().zip(&self.currencies) {
            *balances.entry(*currency).or_default() += i128::from(account.balance.0);
            for (foreign, balance) in &account.foreign {
                *balances.entry(*foreign).or_default() += i128::from(balance.0);
            }
        }
        for (currency, house) in &self.portrait.house {
            let there = balances.remove(currency).unwrap_or_default();
            let due = house.funded - house.trading - house.fees;
            if there != due {
                let text = format!("  {currency}: balances {there}, house {due} ({house:?})");
                return Err(("invariant: money is not conserved".to_owned(), text));
            }
        }
        match balances.iter().find(|(_, balance)| **balance != 0) {
            None => Ok(()),
            Some((currency, balance)) => Err((
                "invariant: money is not conserved".to_owned(),
                format!("  {currency}: balances {balance}, and no house"),
            )),
        }
    }

    /// Every verdict follows from what it says it rests on. A figure at the end of its range has lost what
    /// was past it, and need not.
    fn check_proofs(&self) -> Result<(), Found> {
        if self.is_full {
            return Ok(());
        }
        let facts = self.events.as_slice();
        let verdicts = facts.iter().filter(|fact| match fact.kind {
            EventKind::Breach(_)
            | EventKind::Inactive { .. }
            | EventKind::Lapsed(_)
            | EventKind::PayoutDenied { .. } => true,
            EventKind::StateChanged { to, .. } => to == AccountState::Passed,
            _ => false,
        });
        let proofs = self.shard.proofs(facts);
        if proofs.len() != verdicts.count() {
            return Err(invariant("a verdict without a proof"));
        }
        for proof in proofs {
            if let Err(faults) = proof.verify(proof.digest()) {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                let text = format!("  {}\n  {}", faults.join("\n  "), plain(&proof));
                return Err(("invariant: a proof that does not come out".to_owned(), text));
            }
        }
        Ok(())
    }

    /// No book that trades is crossed; levels show what their orders do.
    fn check_books(&self) -> Result<(), Found> {
        for (id, market) in self.portrait.markets.iter().enumerate() {
            // One that was halted in a call keeps the crossed book that it gathered.
            if market.status == InstrumentStatus::Open
                && let (Some(bid), Some(ask)) = (market.bids.first(), market.asks.first())
                && bid.0 >= ask.0
            {
                let text = format!("  instrument {id}: bid {}, ask {}", bid.0, ask.0);
                return Err(("invariant: a book is crossed".to_owned(), text));
            }
            let mut shown = BTreeMap::new();
            for order in &self.portrait.orders {
                shown.insert(order.id, order.displayed.0);
            }
            for (price, displayed, orders) in market.bids.iter().chain(&market.asks) {
                let sum: i64 = orders.iter().filter_map(|id| shown.get(id)).sum();
                if sum != displayed.0 {
                    let text = format!("  instrument {id} at {price}: {displayed}, orders {sum}");
                    return Err(("invariant: a level is not its orders".to_owned(), text));
                }
            }
        }
        Ok(())
    }

    /// Bytes, back to a shard, to the same bytes; and two shards with the same inputs have the same.
    fn check_snapshot(&mut self) -> Result<(), Found> {
        let encoded = |shard: &Shard| {
            let mut bytes = Vec::new();
            shard.encode(&mut bytes);
            bytes
        };
        let bytes = encoded(&self.shard);
        if bytes != encoded(&self.replica) {
            return Err(invariant("the same inputs give other bytes of state"));
        }
        let restored = caught("restore", || Shard::restore(&bytes))?;
        let restored = restored.map_err(|error| {
            (
                format!("invariant: its own snapshot is refused: {error}"),
                format!("  {}", bare(&error)),
            )
        })?;
        if encoded(&restored) != bytes || restored.state_hash() != self.shard.state_hash() {
            return Err(invariant("a restored shard has other bytes of state"));
        }
        self.replica = restored;
        Ok(())
    }
}

fn found(found: Option<Found>) -> Result<(), Found> {
    found.map_or(Ok(()), Err)
}

fn invariant(what: &str) -> Found {
    (format!("invariant: {what}"), String::new())
}
