//! Whether decoded state hangs together: every id and handle leads to what belongs there, and every
//! list holds what it should, so that a restored shard cannot stumble later. Whether the numbers are
//! those that were written is for the checksum around the snapshot.

use types::{
    AccountId, AlgoKind, CodecError, Funding, InstrumentId, Lots, OrderId, OrderRole, Ratio,
    TriggerOn,
};

use super::SnapshotError;
use crate::account::{Account, CurrencyId, EntryPlace};
use crate::agenda::DueKind;
use crate::algo::Algo;
use crate::book::{NIL as NO_ORDER, key_of};
use crate::market::TriggerList;
use crate::order::{Flags, Form, Order, Stage, Tif};
use crate::shard::Shard;
use crate::slab::NIL;

pub(super) fn ensure(holds: bool, what: &'static str) -> Result<(), SnapshotError> {
    if holds {
        Ok(())
    } else {
        Err(SnapshotError::Inconsistent(what))
    }
}

impl Shard {
    /// Walks the whole state and says what does not hold: levels and their totals, what waits where, the
    /// sums of working orders, the exposure index and its bands, who stands below a floor, and that no money was made or lost.
    /// For replicas and tests; the live shard asserts what it can in constant time.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn audit(&self) -> Result<(), SnapshotError> {
        self.check_state()?;
        self.check_totals()?;
        self.check_exposure()?;
        self.check_below()?;
        self.check_conservation()
    }

    /// Who stands below a floor is known, and nobody else: the next input judges them.
    fn check_below(&self) -> Result<(), SnapshotError> {
        let accounts = (0..).map(AccountId).zip(&self.accounts);
        let below = accounts.filter(|(_, account)| self.stands_below(&self.caught_up(account)));
        ensure(
            below.map(|(id, _)| id).eq(self.below.iter().copied()),
            "accounts below a floor",
        )
    }

    /// Level totals are the sums of their orders.
    fn check_totals(&self) -> Result<(), SnapshotError> {
        for market in &self.markets {
            market
                .book
                .check(&self.orders.nodes)
                .map_err(SnapshotError::Inconsistent)?;
            for ladder in &market.triggers {
                ladder
                    .check(&self.orders.nodes)
                    .map_err(SnapshotError::Inconsistent)?;
            }
        }
        Ok(())
    }

    /// Every open position has its row, and within its band there is nothing to say about its account.
    fn check_exposure(&self) -> Result<(), SnapshotError> {
        let mut open = 0;
        for (handle, held) in self.holdings.iter() {
            if held.lots == Lots(0) {
                ensure(held.row.is_none(), "exposure index")?;
                continue;
            }
            open += 1;
            let market = self.market_of(held);
            let bands = market.bands(held.lots, held.mark);
            let row = bands.and_then(|bands| bands.holdings().get(held.row.0 as usize));
            ensure(row == Some(&handle), "exposure index")?;
            let account = &self.accounts[held.account.0 as usize];
            let all_in_bands = self.are_all_in_bands(account);
            let equity = self.equity_of(account);
            let rules = self.rules_of(account);
            let is_quiet = !account.is_trading() || rules.is_quiet(equity, account.day_locked);
            ensure(!all_in_bands || is_quiet, "band")?;
            let bests = bands.map(|bands| bands.high_water.best(held.row.0));
            let trails = bests.is_some_and(|best| best.is_some());
            ensure(trails == account.is_trailing.0, "high-water marks")?;
        }
        let mut rows = 0;
        for market in &self.markets {
            let own: usize = market.all_bands().map(|(bands, ..)| bands.len()).sum();
            let usual = market.longs.len() + market.shorts.len();
            let others = market.others_open as usize;
            ensure(own == usual + others, "positions with a mark of their own")?;
            rows += own;
        }
        ensure(rows == open, "exposure index")
    }

    fn are_all_in_bands(&self, account: &Account) -> bool {
        let mut held = self
            .account_holdings(account)
            .filter(|held| held.lots != Lots(0));
        held.all(|held| {
            let market = self.market_of(held);
            market
                .bands(held.lots, held.mark)
                .zip(market.mark(held.lots, held.mark))
                .is_some_and(|(bands, mark)| !bands.is_left(held.row.0, mark, held.lots))
        })
    }

    /// In every currency, what accounts have is what the house funded less what it won and took in fees.
    fn check_conservation(&self) -> Result<(), SnapshotError> {
        let sums = self.sum_cash();
        ensure(sums == self.cash, "the running sum of cash")?;
        for (sum, house) in sums.into_iter().zip(&self.house) {
            ensure(sum == house.given(), "money that was made or lost")?;
        }
        Ok(())
    }

    /// By currency: what all accounts have.
    fn sum_cash(&self) -> Vec<i128> {
        let mut sums = vec![0_i128; self.currencies.len()];
        for account in &self.accounts {
            sums[account.currency.0 as usize] += i128::from(account.balance.0);
            for (currency, cash) in account.foreign.iter() {
                sums[currency.0 as usize] += i128::from(cash.0);
            }
        }
        sums
    }

    pub(super) fn check_links(&mut self) -> Result<(), SnapshotError> {
        self.orders
            .index(self.limits.orders_max.saturating_add(Self::TAKERS_MAX))
            .map_err(|_: CodecError| SnapshotError::Inconsistent("more orders than orders_max"))?;
        self.check_state()?;
        // The shard goes on from the sums, and stops where they do not add up.
        self.cash = self.sum_cash();
        self.check_conservation()
    }

    fn check_state(&self) -> Result<(), SnapshotError> {
        self.check_counters()?;
        self.check_currencies()?;
        self.check_windows()?;
        self.check_contests()?;
        self.check_markets()?;
        self.check_holdings()?;
        self.check_orders()?;
        self.check_members()?;
        self.check_sums()?;
        self.check_books()?;
        self.check_agenda()?;
        let (mut orders, mut holdings) = (0, 0);
        for (index, account) in self.accounts.iter().enumerate() {
            let id = AccountId(index as u32);
            self.check_plan_and_entry(id, account)?;
            orders += self.check_order_list(id, account)?;
            holdings += self.check_holding_list(id, account)?;
        }
        ensure(orders == self.orders.len(), "orders without an account")?;
        ensure(
            holdings == self.holdings.len(),
            "holdings without an account",
        )?;
        let entrants = self.contests.iter().flat_map(|contest| &contest.entries);
        let mut accounts = entrants.map(|entrant| entrant.account.0 as usize);
        ensure(
            accounts.all(|account| account < self.accounts.len()),
            "entrant of a competition",
        )
    }

    /// Nothing is near the end of its range, and the ring of client order ids is whole.
    fn check_counters(&self) -> Result<(), SnapshotError> {
        let counters = [self.seq.0, self.market_events, self.last_order.0];
        ensure(counters.iter().all(|&count| count >> 63 == 0), "counters")?;
        let sums = |house: &crate::account::House| [house.funded, house.trading, house.fees];
        let mut house = self.house.iter().flat_map(sums);
        ensure(house.all(|sum| sum.unsigned_abs() >> 120 == 0), "house")?;
        let (used, max) = (
            self.used_client_orders.len(),
            self.limits.client_orders_max as usize,
        );
        let next = self.used_client_orders_next as usize;
        ensure(
            if used < max {
                next == used
            } else {
                used == max && next < max.max(1)
            },
            "client orders",
        )
    }

    fn check_currencies(&self) -> Result<(), SnapshotError> {
        let is_known = |id: CurrencyId| (id.0 as usize) < self.currencies.len();
        let markets = self.markets.iter().map(|market| market.currency);
        let plans = self.plans.iter().map(|plan| plan.currency);
        let accounts = self.accounts.iter().flat_map(|account| {
            let foreign = account.foreign.iter().map(|(currency, _)| currency);
            foreign.chain([account.currency])
        });
        let rates = self
            .conversions
            .iter()
            .flat_map(|rate| [rate.from, rate.to]);
        let mut all = markets.chain(plans).chain(accounts).chain(rates);
        ensure(all.all(is_known), "currency")?;
        let count = self.currencies.len();
        ensure(count <= 1 << 16 && self.house.len() == count, "house")?;
        let latencies = self.markets.iter().filter_map(|market| market.paper());
        let mut is_recorded = latencies.map(|model| match model.latency {
            types::Latency::Recorded(latency) => (latency.0 as usize) < self.latencies.len(),
            _ => true,
        });
        // An instrument that is still to be registered may take any of them.
        let mut has_samples = self.latencies.iter().map(|samples| !samples.is_empty());
        ensure(
            is_recorded.all(|known| known) && has_samples.all(|has| has),
            "latency",
        )
    }

    /// What markets show is something that a market can show.
    fn check_markets(&self) -> Result<(), SnapshotError> {
        for market in &self.markets {
            let touch = market.touch.is_none_or(|touch| {
                touch.bid_qty.0 >= 0 && touch.ask_qty.0 >= 0 && touch.bid <= touch.ask
            });
            // A call of a crossed instrument may gather bids above asks.
            ensure(touch || market.is_crossed(), "touch")?;
            let consumed = market.consumed.iter().all(|taken| taken.lots.0 > 0);
            ensure(consumed && market.consumed.is_sorted(), "consumed depth")?;
            ensure(market.depth.is_sound(), "depth")?;
            ensure(market.stale || !market.lost, "lost market")?;
            // The matching relies on it.
            ensure(!market.is_wrongly_crossed(), "crossed book")?;
        }
        Ok(())
    }

    /// What markets value, and one holding of an instrument and leg for an account.
    fn check_holdings(&self) -> Result<(), SnapshotError> {
        let holdings = self.holdings.iter();
        let key = |held: &crate::holding::Holding| (held.account, held.instrument, held.leg);
        let mut keys: Vec<_> = holdings.map(|(_, held)| key(held)).collect();
        keys.sort_unstable();
        ensure(keys.is_sorted_by(|left, right| left < right), "holding")?;
        for (_, held) in self.holdings.iter() {
            let market = self.markets.get(held.instrument.0 as usize);
            let account = self.accounts.get(held.account.0 as usize);
            let account = account.is_some_and(|account| account.terms.mark == held.mark);
            let has_mark = held.lots == Lots(0)
                || market.is_some_and(|market| market.mark(held.lots, held.mark).is_some());
            ensure(
                market.is_some() && account && has_mark && !held.is_idle(),
                "holding",
            )?;
        }
        Ok(())
    }

    fn check_orders(&self) -> Result<(), SnapshotError> {
        let mut extras = 0;
        for (handle, id, order) in self.orders.iter() {
            let has_holding = self.holdings.is_used(order.holding);
            ensure(has_holding, "working order")?;
            if order.extra != NIL {
                extras += 1;
                ensure(
                    self.orders.extras.is_used(order.extra)
                        && self.orders.extras.get(order.extra).order == id,
                    "working order",
                )?;
            }
            let held = self.holdings.get(order.holding);
            let node = self.orders.nodes.get(handle);
            let is_known = id > OrderId(0) && id <= self.last_order;
            // An exit may be held with nothing to close.
            let is_sized = order.filled >= Lots(0)
                && order.qty.0.checked_sub(order.filled.0).is_some()
                && (order.leaves() > Lots(0)
                    || (order.stage == Stage::Held && order.leaves() == Lots(0)));
            // Before anybody asks for its leaves.
            ensure(is_sized, "working order")?;
            let market = self.market_of(held);
            let largest = market.instrument.order_qty_max.0 / market.instrument.lot_size.0;
            let extra = self.orders.extra(handle);
            // A split makes the stop of a cover order as large as its position.
            let is_within = order.qty.0 <= largest || order.role == OrderRole::CoverStop;
            let has_sense = is_within
                && extra.is_none_or(|extra| {
                    let queue = extra.queue;
                    (0..=order.qty.0.max(largest)).contains(&extra.display.0)
                        && queue.ahead >= 0
                        && queue.shown >= 0
                        && queue.printed >= 0
                        && extra.sent >= Lots(0)
                        && (extra.sent > Lots(0)) == (order.role == OrderRole::OtoParent)
                        && extra.trail.is_some() == (extra.asked == Form::TrailingStop)
                        && (order.form == extra.asked || order.form == extra.asked.fired())
                });
            ensure(has_sense, "working order")?;
            let request = self.request_of(handle);
            let terms = &self.accounts[request.account.0 as usize].terms;
            let shorts = self.markets[request.instrument.0 as usize].allows_shorts(terms);
            let flags = Flags::of(&request, shorts, terms.funding == Funding::Cash);
            ensure(order.flags.as_sent() == flags, "working order")?;
            let rests = order.stage == Stage::Resting || order.stage == Stage::Waiting;
            let in_queue = node.is_queued() == (rests && self.has_key(handle, order));
            // What is not hidden is shown: nothing would show it later.
            let has_hidden = extra.is_some_and(|extra| extra.display > Lots(0));
            let is_shown = order.stage != Stage::Resting
                || node.lots == order.leaves()
                || (has_hidden && node.lots > Lots(0) && node.lots < order.leaves());
            let stands = order.stage != Stage::Entering
                && (order.stage != Stage::Resting || order.form == Form::Limit)
                && (order.stage != Stage::Waiting || order.form.is_triggered());
            ensure(
                is_known && in_queue && is_shown && stands && node.account == held.account,
                "working order",
            )?;
            ensure(
                order.extra != NIL || !order.form.is_triggered(),
                "working order",
            )?;
        }
        ensure(extras == self.orders.extras.len(), "working orders")
    }

    /// Whether a resting or waiting order stands under a key.
    fn has_key(&self, handle: u32, order: &Order) -> bool {
        order.stage == Stage::Resting
            || self
                .orders
                .extra(handle)
                .is_some_and(|extra| extra.has_trigger)
    }

    /// Every order is in the list in which it waits, under its price.
    fn check_books(&self) -> Result<(), SnapshotError> {
        let mut queued = 0;
        for (index, market) in self.markets.iter().enumerate() {
            let instrument = InstrumentId(index as u32);
            let is_of = |handle: u32| {
                self.orders.nodes.is_used(handle) && self.instrument_of(handle) == instrument
            };
            for side in [types::Side::Buy, types::Side::Sell] {
                let ladder = market.book.ladder(side);
                for (key, ..) in ladder.iter_levels() {
                    for handle in ladder.iter_queue(&self.orders.nodes, key) {
                        let order = self.orders.get(handle);
                        queued += 1;
                        ensure(
                            is_of(handle)
                                && order.stage == Stage::Resting
                                && order.side == side
                                && key_of(side, order.limit) == key,
                            "book",
                        )?;
                    }
                }
            }
            for (place, ladder) in market.triggers.iter().enumerate() {
                for (key, ..) in ladder.iter_levels() {
                    for handle in ladder.iter_queue(&self.orders.nodes, key) {
                        let order = self.orders.get(handle);
                        queued += 1;
                        let extra = self.orders.extra(handle);
                        let on = extra.map_or(TriggerOn::Quote, |extra| extra.on);
                        let list = TriggerList::of(order.side, on, order.form.is_stop());
                        let is_listed = extra.is_some_and(|extra| list.key(extra.trigger) == key);
                        ensure(
                            is_of(handle)
                                && order.stage == Stage::Waiting
                                && is_listed
                                && list.index() == place,
                            "trigger list",
                        )?;
                    }
                }
            }
            let lists = [
                (&market.trailing, Stage::Waiting),
                (&market.auction, Stage::Auction),
            ];
            for (list, stage) in lists {
                let mut before = OrderId(0);
                for &handle in list {
                    ensure(
                        is_of(handle)
                            && self.orders.get(handle).stage == stage
                            && self.orders.id(handle) > before,
                        "list of waiting orders",
                    )?;
                    before = self.orders.id(handle);
                }
            }
        }
        let count = |picks: fn(&Order) -> bool| {
            let orders = self.orders.iter();
            orders.filter(|(_, _, order)| picks(order)).count()
        };
        let listed = |pick: fn(&crate::market::Market) -> usize| {
            self.markets.iter().map(pick).sum::<usize>()
        };
        let in_auctions = count(|order| order.stage == Stage::Auction);
        let trailing =
            count(|order| order.stage == Stage::Waiting && order.form == Form::TrailingStop);
        ensure(
            in_auctions == listed(|market| market.auction.len())
                && trailing == listed(|market| market.trailing.len()),
            "lists of waiting orders",
        )?;
        let nodes = self.orders.nodes.iter();
        ensure(
            queued == nodes.filter(|(_, node)| node.is_queued()).count(),
            "queued orders",
        )
    }

    /// A competition's life counts the entrants that it has, its boards name them, and nobody is on the
    /// board and off it.
    fn check_contests(&self) -> Result<(), SnapshotError> {
        for contest in &self.contests {
            ensure(contest.competition.validate().is_ok(), "competition")?;
            let (life, entries) = (&contest.life, &contest.entries);
            ensure(life.entrants() as usize == entries.len(), "entrants")?;
            let account = |entrant: u32| entries.get(entrant as usize).map(|it| it.account);
            for board in [life.board(), life.public_board()] {
                let mut places = board.top(board.len());
                let is_known =
                    places.all(|place| account(place.entrant) == Some(place.key.account));
                ensure(is_known, "board")?;
            }
            let disqualified = life.disqualified();
            let is_off = |row: &rules::Disqualified| {
                account(row.entrant).is_some()
                    && life.board().key_of(row.entrant).is_none()
                    && row
                        .key
                        .is_none_or(|key| account(row.entrant) == Some(key.account))
            };
            let ascends = disqualified.is_sorted_by(|left, right| left.entrant < right.entrant);
            ensure(
                ascends && disqualified.iter().all(is_off),
                "disqualified entrants",
            )?;
            let frozen = entries.iter().filter_map(|entrant| entrant.frozen.as_ref());
            let mut seen = entries
                .iter()
                .map(|entrant| &entrant.entry)
                .chain(frozen.map(|frozen| &frozen.entry));
            ensure(seen.all(rules::Entry::is_sound), "competition entry")?;
        }
        Ok(())
    }

    /// Plans are valid; what opens, and what is open, is a window of its plan.
    fn check_windows(&self) -> Result<(), SnapshotError> {
        for plan in &self.plans {
            ensure(plan.plan.validate().is_ok(), "plan")?;
            let windows = plan.plan.conduct.windows.len();
            ensure(plan.windows.len() == windows, "windows")?;
        }
        let is_window = |opening: &crate::windows::Opening| {
            self.plans
                .get(opening.plan.0 as usize)
                .is_some_and(|plan| usize::from(opening.window) < plan.windows.len())
        };
        let openings = self.windows.openings();
        ensure(openings.iter().all(is_window), "window openings")
    }

    /// Algos ascend, and what is due belongs to something that works.
    fn check_agenda(&self) -> Result<(), SnapshotError> {
        let mut before = OrderId(0);
        for algo in &self.algos {
            let request = &algo.request;
            let is_shaped = match request.kind {
                AlgoKind::Twap { slices } => slices > 0,
                AlgoKind::Vwap { curve } => (curve.0 as usize) < self.curves.len(),
                AlgoKind::Pov { rate } => rate > Ratio::ZERO && rate <= Ratio::ONE,
            };
            ensure(
                algo.id > before
                    && algo.id <= self.last_order
                    && (request.account.0 as usize) < self.accounts.len()
                    && (request.instrument.0 as usize) < self.markets.len()
                    && algo.lots > Lots(0)
                    && (Lots(0)..=algo.lots).contains(&algo.filled)
                    && algo.volume >= Lots(0)
                    && is_shaped,
                "algo",
            )?;
            before = algo.id;
        }
        let mut followers = vec![0; self.markets.len()];
        for algo in &self.algos {
            let follows = matches!(algo.request.kind, AlgoKind::Pov { .. });
            followers[algo.request.instrument.0 as usize] += u32::from(follows);
        }
        let known = self.markets.iter().map(|market| market.followers);
        ensure(known.eq(followers), "algos")?;
        ensure(
            self.curves
                .iter()
                .all(|curve| curve.sums.last().is_some_and(|&sum| sum > 0)),
            "curve",
        )?;
        let (mut changes, mut timed, mut resumed, mut ends) = (0, 0, 0, 0);
        // What each thing is for, so that nothing is done twice.
        let mut whose = Vec::new();
        for (_, due) in self.agenda.iter() {
            whose.push(match due.kind {
                DueKind::Arrival | DueKind::Expiry => (DueKind::Arrival, due.order.0),
                DueKind::Slice | DueKind::End => (due.kind, due.order.0),
                DueKind::Change | DueKind::Resume => (due.kind, due.change.into()),
            });
            let belongs = match due.kind {
                DueKind::Arrival | DueKind::Expiry => {
                    timed += 1;
                    self.orders.find(due.order).is_some_and(|handle| {
                        let order = self.orders.get(handle);
                        let is_flying = order.stage == Stage::InFlight;
                        let is_dated = order.tif == Tif::GoodTillDate;
                        let is_due = match due.kind {
                            DueKind::Arrival => is_flying,
                            _ => is_dated,
                        };
                        order.extra != NIL && is_due
                    })
                }
                DueKind::Resume => {
                    resumed += 1;
                    let account = self.accounts.get(due.change as usize);
                    let suspension = account.and_then(|account| account.life.suspension());
                    suspension.is_some_and(|suspension| suspension.until == Some(due.at))
                }
                DueKind::Change => {
                    changes += 1;
                    self.changes.is_used(due.change)
                }
                DueKind::Slice => {
                    let algo = self.algo(due.order);
                    algo.is_some_and(|algo| algo.next_slice < self.slices_of(algo))
                }
                DueKind::End => {
                    ends += 1;
                    self.algo(due.order).is_some()
                }
            };
            ensure(belongs, "agenda")?;
        }
        whose.sort_unstable();
        ensure(whose.is_sorted_by(|left, right| left < right), "agenda")?;
        ensure(ends == self.algos.len(), "algos on the agenda")?;
        // One thing for each order that flies or has a deadline.
        let waiting = self.orders.iter().filter(|(_, _, order)| {
            order.stage == Stage::InFlight || order.tif == Tif::GoodTillDate
        });
        ensure(timed == waiting.count(), "orders on the agenda")?;
        ensure(changes == self.changes.len(), "changes on their way")?;
        let suspensions = self
            .accounts
            .iter()
            .filter_map(|account| account.life.suspension());
        let ending = suspensions.filter(|suspension| suspension.until.is_some());
        ensure(resumed == ending.count(), "suspensions on the agenda")
    }

    pub(super) fn algo(&self, id: OrderId) -> Option<&Algo> {
        let index = self.algos.binary_search_by_key(&id, |algo| algo.id);
        index.ok().map(|index| &self.algos[index])
    }

    /// Slices of an algo, which has none when it follows volume.
    fn slices_of(&self, algo: &Algo) -> u32 {
        match algo.request.kind {
            AlgoKind::Twap { slices } => slices.into(),
            AlgoKind::Vwap { curve } => self.curves[curve.0 as usize].sums.len() as u32,
            AlgoKind::Pov { .. } => 0,
        }
    }

    fn check_plan_and_entry(&self, id: AccountId, account: &Account) -> Result<(), SnapshotError> {
        let plan = self.plans.get(account.plan.0 as usize);
        ensure(
            plan.is_some_and(|plan| {
                plan.currency == account.currency
                    && plan.plan.terms == account.terms
                    && (plan.plan.conduct != rules::Conduct::default()) == account.has_conduct
                    && account.rules.is_sound(&plan.plan)
            }),
            "account's plan",
        )?;
        let is_later = account.parent.is_none_or(|parent| parent.account < id);
        ensure(is_later, "account's parent")?;
        let is_entered = account
            .entry
            .is_none_or(|EntryPlace { competition, index }| {
                let contest = self.contests.get(competition.0 as usize);
                contest
                    .and_then(|contest| contest.entries.get(index as usize))
                    .is_some_and(|entrant| entrant.account == id)
            });
        ensure(is_entered, "account's competition entry")
    }

    /// How many orders are on the account's list.
    fn check_order_list(&self, id: AccountId, account: &Account) -> Result<u32, SnapshotError> {
        let (mut previous, mut handle, mut count) = (NO_ORDER, account.orders.first, 0);
        let mut newest = OrderId(0);
        while handle != NO_ORDER {
            ensure(self.orders.nodes.is_used(handle), "account's orders")?;
            let (order, node) = (self.orders.get(handle), self.orders.nodes.get(handle));
            // Ids only rise along the list, so it ends.
            let is_next = node.account == id && order.previous == previous && node.id > newest;
            ensure(is_next, "account's orders")?;
            newest = node.id;
            (previous, handle, count) = (handle, order.next, count + 1);
        }
        let is_whole = account.orders.last == previous && account.orders_len == count;
        ensure(is_whole, "account's orders")?;
        Ok(count)
    }

    /// Each holding has the sums of its working orders.
    fn check_sums(&self) -> Result<(), SnapshotError> {
        let mut sums: Vec<(Lots, Lots, u32)> = Vec::new();
        for (_, _, order) in self.orders.iter() {
            let place = order.holding as usize;
            sums.resize(sums.len().max(place + 1), Default::default());
            let (buys, sells, count) = &mut sums[place];
            *count += 1;
            if !order.flags.is_closing() {
                let sum = match order.side {
                    types::Side::Buy => buys,
                    types::Side::Sell => sells,
                };
                *sum = sum.saturating_add(order.leaves());
            }
        }
        let mut holdings = self.holdings.iter();
        let is_sum = holdings.all(|(handle, held)| {
            let known = sums.get(handle as usize).copied().unwrap_or_default();
            known == (held.buys(), held.sells(), held.orders)
        });
        ensure(is_sum, "sums of working orders")
    }

    /// How many holdings are on the account's list.
    fn check_holding_list(&self, id: AccountId, account: &Account) -> Result<u32, SnapshotError> {
        let (mut previous, mut handle, mut count) = (NIL, account.holdings.first, 0);
        while handle != NIL {
            ensure(self.holdings.is_used(handle), "account's holdings")?;
            let held = self.holdings.get(handle);
            count += 1;
            let is_next =
                held.account == id && held.previous == previous && count <= self.holdings.len();
            ensure(is_next, "account's holdings")?;
            (previous, handle) = (handle, held.next);
        }
        ensure(account.holdings.last == previous, "account's holdings")?;
        Ok(count)
    }
}
