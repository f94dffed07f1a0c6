//! What goes wrong with messages on their way, by seed.

use super::Counterpart;
use crate::generator::Xorshift64Star;

/// How often, of 10,000 messages, something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// Messages that never arrive.
    pub dropped: u64,
    /// Messages that arrive twice.
    pub doubled: u64,
    /// Messages that the next one overtakes.
    pub swapped: u64,
    /// Messages that are cut off.
    pub cut: u64,
    /// Messages with a byte that is another.
    pub garbled: u64,
    /// Messages with a figure that the venue's checksum does not have.
    pub falsified: u64,
    /// Connections that end, of 10,000 changes of the market.
    pub disconnected: u64,
    /// Requests for a document without an answer.
    pub unanswered: u64,
}

impl Weather {
    /// Everything goes wrong that a feed can find out, often.
    pub const STORM: Self = Self {
        dropped: 150,
        doubled: 150,
        swapped: 150,
        cut: 40,
        garbled: 0,
        falsified: 60,
        disconnected: 20,
        unanswered: 1_500,
    };

    /// Nothing goes wrong.
    pub const CALM: Self = Self {
        dropped: 0,
        doubled: 0,
        swapped: 0,
        cut: 0,
        garbled: 0,
        falsified: 0,
        disconnected: 0,
        unanswered: 0,
    };
}

/// Puts faults in.
#[derive(Debug)]
pub(super) struct Faults {
    pub(super) weather: Weather,
    random: Xorshift64Star,
    /// The next message overtakes it.
    held: Option<Vec<u8>>,
    /// Faults so far.
    pub(super) count: u64,
}

impl Faults {
    pub(super) fn new(seed: u64, weather: Weather) -> Self {
        Self {
            weather,
            random: Xorshift64Star::new(mix(seed)),
            held: None,
            count: 0,
        }
    }

    /// Whether something that happens so often happens now.
    pub(super) fn chance(&mut self, of_10_000: u64) -> bool {
        let hit = self.random.below(10_000) < of_10_000;
        self.count += u64::from(hit);
        hit
    }

    /// A number below a bound, for what is no fault.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    /// The connection has ended: what was held back is gone.
    pub(super) fn cut_off(&mut self) {
        self.held = None;
    }

    /// Passes a message on: not at all, once or twice, whole or not, and what it has overtaken behind it.
    pub(super) fn pass(
        &mut self,
        mut message: Vec<u8>,
        counterpart: &dyn Counterpart,
        out: &mut Vec<Vec<u8>>,
    ) {
        if self.chance(self.weather.dropped) {
            return;
        }
        let place = self.random.below(message.len() as u64) as usize;
        if self.chance(self.weather.cut) {
            message.truncate(place);
        } else if self.chance(self.weather.garbled) {
            if let Some(byte) = message.get_mut(place) {
                *byte = b' ' + self.random.below(95) as u8;
            }
        } else if self.chance(self.weather.falsified) {
            counterpart.falsify(&mut message);
        }
        if self.chance(self.weather.doubled) {
            out.push(message.clone());
        }
        if self.held.is_none() && self.chance(self.weather.swapped) {
            self.held = Some(message);
            return;
        }
        out.push(message);
        out.extend(self.held.take());
    }
}

/// Seeds next to each other begin alike without it (`SplitMix64`).
pub(super) const fn mix(seed: u64) -> u64 {
    let value = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
