//! What is given as data: volume curves, latency distributions, conversion rates.

use types::{
    CurveId, DataFault, EventKind, InputRejection, Label, LatencyId, LatencySample, LimitName,
    Price,
};

use super::cascade::TouchedBy;
use super::registry::{full, reject};
use super::{Conversion, Shard};
use crate::account::{CurrencyId, House};
use crate::algo::Curve;
use crate::event_buf::EventBuf;

impl Shard {
    pub(super) fn define_curve(&mut self, weights: &[u32], events: &mut EventBuf) {
        if weights.iter().all(|&weight| weight == 0) {
            return reject(events, InputRejection::BadData(DataFault::NoWeight));
        }
        let limits = &self.limits;
        if weights.len() > limits.samples_max as usize {
            return reject(events, full(limits, LimitName::Samples));
        }
        if self.curves.len() >= limits.curves_max as usize {
            return reject(events, full(limits, LimitName::Curves));
        }
        let curve = CurveId(self.curves.len() as u32);
        let mut sum = 0;
        let sums = weights.iter().map(|&weight| {
            sum += u64::from(weight);
            sum
        });
        self.curves.push(Curve {
            sums: sums.collect(),
        });
        events.push(EventKind::CurveDefined { curve });
    }

    pub(super) fn define_latency(&mut self, samples: &[LatencySample], events: &mut EventBuf) {
        if samples.is_empty() {
            return reject(events, InputRejection::BadData(DataFault::NoSamples));
        }
        let limits = &self.limits;
        if samples.len() > limits.samples_max as usize {
            return reject(events, full(limits, LimitName::Samples));
        }
        if self.latencies.len() >= limits.latencies_max as usize {
            return reject(events, full(limits, LimitName::Latencies));
        }
        let latency = LatencyId(self.latencies.len() as u32);
        self.latencies.push(samples.to_vec());
        events.push(EventKind::LatencyDefined { latency });
    }

    pub(super) fn set_conversion(
        &mut self,
        from: Label,
        to: Label,
        rate: Price,
        events: &mut EventBuf,
    ) {
        if rate.0 <= 0 {
            return reject(events, InputRejection::BadData(DataFault::Rate { rate }));
        }
        if from == to {
            return reject(events, InputRejection::BadData(DataFault::SameCurrency));
        }
        let known = self.conversions.iter().position(|known| {
            self.currencies[known.from.0 as usize] == from
                && self.currencies[known.to.0 as usize] == to
        });
        let place = match known {
            Some(place) => {
                self.conversions[place].rate = rate;
                place
            }
            None if self.conversions.len() >= self.limits.conversions_max as usize => {
                return reject(events, full(&self.limits, LimitName::Conversions));
            }
            None => {
                let (from, to) = (self.currency_id(from), self.currency_id(to));
                self.conversions.push(Conversion { from, to, rate });
                self.conversions.len() - 1
            }
        };
        events.push(EventKind::ConversionSet { from, to, rate });
        let Conversion { from, to, .. } = self.conversions[place];
        for id in 0..self.accounts.len() {
            let account = &self.accounts[id];
            if account.currency == to && account.foreign.iter().any(|(held, _)| held == from) {
                // Its balance is another one.
                self.touch_account(types::AccountId(id as u32), TouchedBy::Booking);
            }
        }
    }

    /// The id of a currency, which is known from now on.
    pub(super) fn currency_id(&mut self, currency: Label) -> CurrencyId {
        let known = self.currencies.iter().position(|&known| known == currency);
        let place = known.unwrap_or_else(|| {
            self.currencies.push(currency);
            self.house.push(House::default());
            self.cash.push(0);
            self.currencies.len() - 1
        });
        CurrencyId(place as u16)
    }
}
