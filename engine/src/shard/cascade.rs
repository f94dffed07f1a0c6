//! The end of a step: what the step's fills set off runs to its fixed point, then the accounts that it
//! touched are judged; what the judging sets off runs again, until nothing is left.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::hint::select_unpredictable;

use types::{AccountId, InstrumentId, Lots, OrderId, Ticks};

use super::Shard;
use super::invariants::{Booked, ChangedLevel, SOUNDED_LEVELS_MAX, Violation};
use super::peaks::Seen;
use crate::book::UncrossBuffer;
use crate::event_buf::EventBuf;
use crate::market::Touch;

/// What one step leaves for its end, and one input for its own. Empty between inputs; kept for its memory.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Exits and children that a fill sends to the market, first in, first out.
    pub(super) activations: VecDeque<Activation>,
    /// Entries that traded in a book in this input, and of which an exit did after them: they end, first in, first out.
    pub(super) left: VecDeque<OrderId>,
    /// Instruments whose waiting orders may be due.
    pub(super) dirty: Vec<InstrumentId>,
    /// Instruments whose marks changed.
    pub(super) marked: Vec<InstrumentId>,
    /// Instruments that printed, which algos follow.
    pub(super) printed: Vec<InstrumentId>,
    /// Accounts to judge.
    pub(super) touched: Vec<Touched>,
    /// What accounts saw in this input that moves their floors when it is over.
    pub(super) seen: Vec<Seen>,
    /// Instruments of whose marks the high-water marks know when this input is over.
    pub(super) noted: Vec<InstrumentId>,
    /// Accounts of high-water marks that the mark fell back from within this input.
    pub(super) fallen: Vec<AccountId>,
    /// Accounts that are being judged, and the one whose turn it is.
    judging: Vec<Touched>,
    pub(super) judged: Option<AccountId>,
    /// What the event of this step found.
    pub(super) before: Option<Before>,
    /// The instrument whose book is being matched; its touch is what the match comes to.
    pub(super) matching: Option<InstrumentId>,
    /// The bar that is being filled along.
    pub(super) walked: Option<Walked>,
    /// Orders that one event made due.
    pub(super) due: Vec<DueOrder>,
    /// Orders of books whose trigger was reached, until their turn. They are in no list.
    pub(super) reached: Vec<(InstrumentId, DueOrder)>,
    /// Resting orders that one print meets.
    pub(super) prints: Vec<MetOrder>,
    /// What is left of that print for each account, ascending.
    pub(super) shares: Vec<Share>,
    /// Ids that one command goes through.
    pub(super) ids: Vec<OrderId>,
    /// Algos that follow what printed, and what they should have sent by now.
    pub(super) followers: Vec<(OrderId, Lots)>,
    /// Orders of one auction.
    pub(super) auction: Vec<OrderId>,
    /// Orders that one split ends.
    pub(super) split: Vec<OrderId>,
    /// Holdings that one booking goes through.
    pub(super) rows: Vec<u32>,
    /// Currencies that this input booked in.
    pub(super) booked: Booked,
    /// Levels that a sounded input changed.
    pub(super) levels: Vec<ChangedLevel>,
    pub(super) uncross: UncrossBuffer,
}

impl Pending {
    pub(super) fn new() -> Self {
        Self {
            // Which input is sounded has nothing to do with how long a shard runs already.
            levels: Vec::with_capacity(SOUNDED_LEVELS_MAX),
            ..Self::default()
        }
    }

    /// Whether the step set nothing off.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        // All of them together, for one branch.
        let looks = self.marked.len() | self.touched.len();
        looks | self.cascades() == 0
    }

    /// Whether orders or algos are to be run before anybody is judged.
    #[inline]
    fn has_cascade(&self) -> bool {
        self.cascades() != 0
    }

    #[inline]
    fn cascades(&self) -> usize {
        self.dirty.len() | self.activations.len() | self.left.len() | self.printed.len()
    }
}

/// An account that the step touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touched {
    pub(super) account: AccountId,
    pub(super) by: TouchedBy,
}

impl Touched {
    /// Its place among others, as a number.
    #[inline(always)]
    const fn rank(self) -> u64 {
        (self.account.0 as u64) << 8 | self.by as u64
    }
}

/// The most entries that [`sort`] sorts by counting.
const COUNTED_MAX: usize = 16;

/// Sorts what one step touched. Who of two comes first is a coin toss, so that an ordinary sort of a few waits
/// for its branches more than it works: each entry's place is the number of those below it.
#[inline]
fn sort(touched: &mut [Touched]) {
    match touched {
        [] | [_] => {}
        // One trade touches two.
        [first, second] => {
            let is_behind = first.rank() > second.rank();
            (*first, *second) = (
                select_unpredictable(is_behind, *second, *first),
                select_unpredictable(is_behind, *first, *second),
            );
        }
        few if few.len() <= COUNTED_MAX => sort_few(few),
        many => many.sort_unstable(),
    }
}

#[inline(never)]
fn sort_few(touched: &mut [Touched]) {
    let mut before = [Touched {
        account: AccountId(0),
        by: TouchedBy::Mark,
    }; COUNTED_MAX];
    // With its index in the last bits no two are the same.
    let mut keys = [0; COUNTED_MAX];
    let len = touched.len().min(COUNTED_MAX);
    for (index, of) in touched.iter().take(len).enumerate() {
        before[index] = *of;
        keys[index] = of.rank() << 8 | index as u64;
    }
    for index in 0..len {
        let below = keys[..len]
            .iter()
            .map(|key| usize::from(*key < keys[index]));
        touched[below.sum::<usize>()] = before[index];
    }
}

/// What touched an account; more says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TouchedBy {
    /// A mark: its equity may have changed.
    Mark,
    /// A fill or a booking: its balance may have changed.
    Booking,
    /// A fill or a booking that realised profit or loss.
    Close,
}

/// A bar that is being filled along.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walked {
    pub(super) instrument: InstrumentId,
    /// Its low and its high, once its open is behind: what executes from then on does so on a leg.
    pub(super) legs: Option<[Ticks; 2]>,
}

/// A touch that a market event replaced, or left as it was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    pub(super) touch: Touch,
    /// Whether orders traded at it. What it displayed and an order within its price did not get, the account had
    /// taken, or could not pay.
    pub(super) could_fill: bool,
}

/// An order that waits for its parent goes to the market with this much more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Activation {
    pub(super) order: OrderId,
    pub(super) lots: Lots,
    /// Where the path of a bar was on a leg when it was sent.
    pub(super) at: Option<Ticks>,
}

/// An order whose price is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DueOrder {
    pub(super) id: OrderId,
    /// Of an order that waits for a trigger, the price that reached it.
    pub(super) reference: Option<Ticks>,
}

/// A resting order that a print meets. The better price comes first, then the older order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MetOrder {
    pub(super) side: u8,
    pub(super) key: Reverse<i64>,
    pub(super) id: OrderId,
}

/// What is left of a print for the orders of an account that it has not met yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share {
    pub(super) account: AccountId,
    pub(super) lots: Lots,
}

/// Adds to a list that stays small and has everything once.
pub(super) fn note(list: &mut Vec<InstrumentId>, instrument: InstrumentId) {
    if !list.contains(&instrument) {
        list.push(instrument);
    }
}

fn take_least(list: &mut Vec<InstrumentId>) -> Option<InstrumentId> {
    let least = list.iter().copied().min()?;
    list.retain(|&instrument| instrument != least);
    Some(least)
}

impl Shard {
    /// The account has to be judged.
    #[inline]
    pub(super) fn touch_account(&mut self, account: AccountId, by: TouchedBy) {
        // What an account's own liquidation does to it was decided when it was judged.
        let touched = Touched { account, by };
        // Whoever sweeps a book is the second that its first trade touches, and is noted once.
        if self.pending.judged != Some(account) && self.pending.touched.get(1) != Some(&touched) {
            self.pending.touched.push(touched);
        }
    }

    /// The marks of an instrument changed.
    #[inline]
    pub(super) fn note_marked(&mut self, instrument: InstrumentId) {
        note(&mut self.pending.marked, instrument);
    }

    /// Orders that wait for a price of this instrument may be due.
    #[inline]
    pub(super) fn note_dirty(&mut self, instrument: InstrumentId) {
        note(&mut self.pending.dirty, instrument);
    }

    /// Runs everything that the step set off.
    #[inline(always)]
    pub(super) fn settle(&mut self, events: &mut EventBuf) {
        if !self.pending.is_empty() {
            self.settle_all(events);
        }
    }

    #[inline(never)]
    fn settle_all(&mut self, events: &mut EventBuf) {
        loop {
            if self.pending.has_cascade() {
                self.cascade(events);
            }
            self.collect_marked();
            if self.pending.touched.is_empty() {
                return;
            }
            self.judge_touched(events);
            if self.pending.is_empty() {
                return;
            }
        }
    }

    /// Most steps have nothing for it, and its large frame is its own.
    #[inline(never)]
    fn cascade(&mut self, events: &mut EventBuf) {
        loop {
            if let Some(entry) = self.pending.left.pop_front() {
                self.leave_entry(entry, events);
            } else if let Some(activation) = self.pending.activations.pop_front() {
                self.activate(activation, events);
            } else if !self.pending.dirty.is_empty() {
                if let Some(instrument) = take_least(&mut self.pending.dirty) {
                    self.run_due_orders(instrument, events);
                }
            } else if !self.pending.printed.is_empty() {
                self.follow_prints(events);
            } else {
                return;
            }
        }
    }

    /// Algos follow what printed; what their own slices print is for the next turn.
    fn follow_prints(&mut self, events: &mut EventBuf) {
        let mut followers = std::mem::take(&mut self.pending.followers);
        followers.clear();
        self.pending.printed.sort_unstable();
        for instrument in self.pending.printed.drain(..) {
            for algo in &self.algos {
                if algo.request.instrument == instrument
                    && let Some(target) = algo.volume_target(self.ts)
                {
                    followers.push((algo.id, target));
                }
            }
        }
        for &(algo, target) in &followers {
            self.follow_volume(algo, target, events);
        }
        self.pending.followers = followers;
    }

    /// The accounts whose positions need a look at their marks of now are touched; of all others whose peaks
    /// follow the mark it is noted.
    fn collect_marked(&mut self) {
        if !self.pending.seen.is_empty() {
            self.touch_seen();
        }
        for index in 0..self.pending.marked.len() {
            let instrument = self.pending.marked[index];
            if self.markets[instrument.0 as usize].is_wrongly_crossed() {
                self.stop_at(Violation::Crossed { instrument });
            }
            let market = &mut self.markets[instrument.0 as usize];
            let (holdings, touched) = (&self.holdings, &mut self.pending.touched);
            market.leaving(|holding| {
                touched.push(Touched {
                    account: holdings.get(holding).account,
                    by: TouchedBy::Mark,
                });
            });
        }
        // Who is looked at is tested against the floors as they stood before this input.
        for index in 0..self.pending.touched.len() {
            self.catch_up(self.pending.touched[index].account);
        }
        while let Some(instrument) = self.pending.marked.pop() {
            if self.markets[instrument.0 as usize].note_marks(self.seq, self.ts) {
                note(&mut self.pending.noted, instrument);
            }
        }
    }

    /// Judges the accounts in `touched`, each once, in ascending order of their ids.
    fn judge_touched(&mut self, events: &mut EventBuf) {
        std::mem::swap(&mut self.pending.touched, &mut self.pending.judging);
        let mut judging = std::mem::take(&mut self.pending.judging);
        sort(&mut judging);
        let mut kept = 0;
        for index in 0..judging.len() {
            let touched = judging[index];
            // Sorted, so the last that touched an account says the most.
            let is_last = judging
                .get(index + 1)
                .is_none_or(|next| next.account != touched.account);
            // A mark that changes nothing for an account gives it no turn in this round.
            if is_last && (touched.by > TouchedBy::Mark || self.is_stirred(touched.account)) {
                judging[kept] = touched;
                kept += 1;
            }
        }
        judging.truncate(kept);
        for &Touched { account, by } in &judging {
            if self.judge_usual(account, by) {
                continue;
            }
            self.pending.judged = Some(account);
            self.judge(account, by, events);
            self.pending.judged = None;
        }
        judging.clear();
        self.pending.judging = judging;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts_as_the_library_does(pairs in prop::collection::vec((0_u32..12, 0_u8..3), 0..24)) {
            let mut touched: Vec<Touched> = pairs
                .into_iter()
                .map(|(account, by)| Touched {
                    account: AccountId(account.wrapping_sub(1)),
                    by: [TouchedBy::Mark, TouchedBy::Booking, TouchedBy::Close][usize::from(by)],
                })
                .collect();
            let mut expected = touched.clone();
            expected.sort();
            sort(&mut touched);
            prop_assert_eq!(touched, expected);
        }
    }
}
