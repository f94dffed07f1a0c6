//! Inputs that are sequenced already: nothing is added, and what became of one account is looked at.

use engine::Shard;
use types::{Command, EventKind, Input, InputKind, MarketData};

use super::Driver;
use crate::outcome::Outcome;
use crate::run::{Observer, Replay, RunError, Sampling, Settings};

impl<'a> Driver<'a> {
    /// Goes on where `shard` stands.
    pub(in crate::run) fn of_shard(
        settings: &'a Settings,
        replay: &Replay,
        shard: Shard,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let mut driver = Self::new(settings, observer);
        driver.account = replay.account;
        let known = shard.instrument_views();
        driver.instruments = known.into_iter().map(|view| view.instrument).collect();
        driver.next_sample = match replay.sampling {
            Sampling::Every(every) => super::next_multiple(shard.ts().0, every),
            _ => 0,
        };
        if let Some(row) = shard.account_row(replay.account) {
            driver.initial = row.balance;
        }
        if let Some(view) = shard.account_view(replay.account) {
            driver.currency = view.currency;
        }
        driver.shard = shard;
        driver
    }

    pub(in crate::run) fn replay<E: std::error::Error + Send + Sync + 'static>(
        mut self,
        inputs: impl IntoIterator<Item = Result<Input, E>>,
    ) -> Result<Outcome, RunError> {
        let mut first = None;
        let mut since = None;
        for input in inputs {
            let input = input.map_err(|error| RunError::Input(Box::new(error)))?;
            if input.seq <= self.shard.seq() {
                continue;
            }
            let is_later = since.is_some_and(|since| input.ts > since);
            if is_later && self.settings.sampling == Sampling::Bars {
                self.sample(self.last);
                since = None;
            }
            self.note_equity(input.ts);
            self.last = input.ts;
            self.events.clear();
            self.shard.apply(&input, &mut self.events);
            if let InputKind::Command(Command::RegisterInstrument(instrument)) = &input.kind
                && self.instruments.len() < self.shard.instrument_count() as usize
            {
                self.instruments.push(**instrument);
            }
            for event in self.events.as_slice() {
                if let EventKind::AccountOpened {
                    account, balance, ..
                } = event.kind
                    && account == self.account
                {
                    self.initial = balance;
                    let view = self.shard.account_view(account);
                    self.currency = view.map_or(self.currency, |view| view.currency);
                }
            }
            self.applied(&input);
            self.heard.clear();
            self.unheard.clear();
            self.unheard_qty.clear();
            if let InputKind::Market(event) = &input.kind {
                self.first = *first.get_or_insert(input.ts);
                if let MarketData::Bar(bar) = event.data {
                    self.lengths.note(input.ts.0.saturating_sub(bar.start.0));
                    self.counts.bars += 1;
                    self.ledger.pass_bar(event.instrument, bar.low, bar.high);
                    since = Some(input.ts);
                } else {
                    self.counts.market_events += 1;
                    if self.ledger.is_exposed()
                        && let Some(quote) = self.shard.quote(event.instrument)
                    {
                        self.ledger.pass(event.instrument, quote.bid, quote.ask);
                    }
                }
            }
        }
        if since.is_some() && self.settings.sampling == Sampling::Bars {
            self.sample(self.last);
        }
        Ok(self.finish(first.unwrap_or_default()))
    }
}
