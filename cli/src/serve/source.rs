//! What a server's engine is fed: first what it does not know yet, then what the feeds bring, and rates of currencies
//! that follow it.

use std::time::{Duration, Instant};

use marketdata::connection::Arrived;
use runtime::{Next, Shard, Source};
use types::{
    Command, DepthUpdate, InputKind, InstrumentId, Label, Liquidity, MarketData, MarketEvent, Price,
};

use super::{Ring, Setup, Statuses};

/// A feed that has put something into its ring wakes the shard; this is for none that does not.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a rate that follows an instrument is set anew at most: each time all accounts are looked at.
const RATE_EVERY: Duration = Duration::from_secs(1);

/// A rate that follows the middle of an instrument's quote.
#[derive(Debug, Clone, Copy)]
pub(super) struct Followed {
    pub(super) from: Label,
    pub(super) to: Label,
    pub(super) instrument: InstrumentId,
    /// Whether the instrument's price is units of `from` for one of `to`.
    pub(super) is_inverse: bool,
}

impl Followed {
    /// The rate to be set, where the market shows another one than is set.
    fn command(&self, shard: &Shard) -> Option<Command> {
        let quote = shard.instrument_view(self.instrument)?.quote?;
        let sum = i128::from(quote.bid.0) + i128::from(quote.ask.0);
        let rate = rate_of(sum, self.is_inverse)?;
        let Self { from, to, .. } = *self;
        let is_known = shard.conversion_rate(from, to) == Some(rate);
        (!is_known).then_some(Command::SetConversion { from, to, rate })
    }
}

/// Half of the sum of bid and ask, or one divided by it: rounded down to the ninth decimal, and above zero.
fn rate_of(sum: i128, is_inverse: bool) -> Option<Price> {
    const ONE: i128 = 1_000_000_000;
    let rate = if !is_inverse {
        sum / 2
    } else if sum > 0 {
        2 * ONE * ONE / sum
    } else {
        0
    };
    let rate = i64::try_from(rate).ok()?;
    (rate > 0).then_some(Price(rate))
}

/// What a start says: no outside market was seen since the last input, and it is not known when one will be. A feed that does
/// not come up says nothing by itself, nor does one that the file has no more.
pub(super) fn unseen(shard: &Shard) -> Vec<MarketEvent> {
    (0..shard.instrument_count())
        .map(InstrumentId)
        .filter(|&id| {
            let known = shard.instrument_view(id);
            known.is_some_and(|known| known.instrument.liquidity != Liquidity::Crossed)
        })
        .map(|instrument| MarketEvent {
            instrument,
            ts_event: shard.ts(),
            data: MarketData::Gap,
        })
        .collect()
}

/// The source of a server.
pub(super) struct LiveSource {
    setup: Setup,
    rings: Vec<Ring>,
    statuses: Statuses,
    /// The feed whose turn it is.
    turn: usize,
    is_set_up: bool,
    /// Stated rates, of which those before this place were looked at.
    stated: Vec<(Label, Label, Price)>,
    stated_at: usize,
    followed: Vec<Followed>,
    /// Those before this place were looked at in this round, and the next round begins then.
    followed_at: usize,
    round_at: Option<Instant>,
}

impl LiveSource {
    pub(super) fn new(setup: Setup, rings: Vec<Ring>, statuses: Statuses) -> Self {
        Self {
            setup,
            rings,
            statuses,
            turn: 0,
            is_set_up: false,
            stated: Vec::new(),
            stated_at: 0,
            followed: Vec::new(),
            followed_at: 0,
            round_at: None,
        }
    }

    /// With rates of currencies: stated ones, which count until another one is set, and those that follow.
    pub(super) fn with_rates(
        mut self,
        stated: Vec<(Label, Label, Price)>,
        followed: Vec<Followed>,
    ) -> Self {
        (self.stated, self.followed) = (stated, followed);
        self
    }

    /// The next rate that is to be set.
    fn convert(&mut self, shard: &Shard, now: Instant) -> Option<Command> {
        while let Some(&(from, to, rate)) = self.stated.get(self.stated_at) {
            self.stated_at += 1;
            if shard.conversion_rate(from, to).is_none() {
                return Some(Command::SetConversion { from, to, rate });
            }
        }
        if self.followed.is_empty() {
            return None;
        }
        if self.round_at.is_none_or(|at| at <= now) {
            self.round_at = Some(now + RATE_EVERY);
            self.followed_at = 0;
        }
        while let Some(followed) = self.followed.get(self.followed_at) {
            self.followed_at += 1;
            if let Some(command) = followed.command(shard) {
                return Some(command);
            }
        }
        None
    }
}

impl Source for LiveSource {
    fn next(&mut self, shard: &Shard, now: Instant) -> Next {
        let own = |command| Next::Input {
            ts: shard.ts().max(marketdata::connection::now()),
            kind: InputKind::Command(command),
        };
        if !self.is_set_up {
            if let Some(command) = self.setup.missing(shard) {
                return own(command.clone());
            }
            self.is_set_up = true;
        }
        if let Some(command) = self.convert(shard, now) {
            return own(command);
        }
        for _ in 0..self.rings.len() {
            self.turn = (self.turn + 1) % self.rings.len();
            while let Some(Arrived {
                received,
                mut event,
            }) = self.rings[self.turn].pop()
            {
                if let MarketData::Status(status) = &mut event.data {
                    let ts = received.max(shard.ts());
                    let known = self.statuses.heard(event.instrument, ts, *status);
                    let Some(known) = known else {
                        continue;
                    };
                    *status = known;
                }
                return Next::Input {
                    ts: received,
                    kind: InputKind::Market(event),
                };
            }
        }
        Next::Wait(LOOK_EVERY)
    }

    fn take_back(&mut self, update: Box<DepthUpdate>) {
        if let Some(ring) = self.rings.get_mut(self.turn) {
            ring.give_back(update);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_the_middle_or_one_divided_by_it() {
        let price = |text: &str| i128::from(text.parse::<Price>().unwrap().0);
        // (1.0841 + 1.0843) / 2.
        let sum = price("1.0841") + price("1.0843");
        assert_eq!(rate_of(sum, false), Some("1.0842".parse().unwrap()));
        // 2 / (149 + 151) = 0.00666...: down.
        let sum = price("149") + price("151");
        assert_eq!(rate_of(sum, true), Some("0.006666666".parse().unwrap()));
        assert_eq!(rate_of(0, true), None);
        assert_eq!(rate_of(1, false), None);
        assert_eq!(rate_of(-4, false), None);
    }
}
