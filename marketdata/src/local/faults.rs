//! What goes wrong with messages on their way, by seed.

use std::collections::VecDeque;
use std::time::Duration;

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
    /// Messages with a byte that is another: a figure, too, where only a checksum could tell.
    pub garbled: u64,
    /// Messages with noise in them: bytes that stand in no figure and in no name.
    pub mangled: u64,
    /// Messages in whose place one comes that the venue has said before, about whatever.
    pub replaced: u64,
    /// Messages with a figure that the venue's checksum does not have; of a venue without one, none.
    pub falsified: u64,
    /// Connections that end, of 10,000 changes of the market.
    pub disconnected: u64,
    /// Subscriptions and keys that the venue refuses, of 10,000 requests, as its pages say.
    pub refused: u64,
    /// Requests that never reach the venue, or whose answers never come.
    pub unheard: u64,
    /// Requests for a document without an answer.
    pub unanswered: u64,
    /// Documents that come late, as they were when they were asked for.
    pub slow: u64,
    /// Connections that stay open and silent for a while, of 10,000 changes of the market.
    pub stalled: u64,
    /// Topics of one market that say nothing for a while, of 10,000 changes of it, while everything else goes on: its book,
    /// or its prints. What they had to say then comes later, in order.
    pub stuck: u64,
    /// Messages before which something comes that is none of the venue's.
    pub foreign: u64,
    /// Messages before which one comes that is larger than any client takes.
    pub oversized: u64,
    /// Changes of the market, of 10,000, to a book that cannot be or hardly can: crossed, locked, off the tick, at
    /// zero or below, far away. The venue says all of it as it is.
    pub odd: u64,
}

impl Weather {
    /// Everything goes wrong that a feed can find out, often.
    pub const STORM: Self = Self {
        dropped: 150,
        doubled: 150,
        swapped: 150,
        cut: 40,
        garbled: 0,
        mangled: 40,
        replaced: 60,
        falsified: 60,
        disconnected: 20,
        refused: 800,
        unheard: 800,
        unanswered: 1_500,
        slow: 1_500,
        stalled: 15,
        stuck: 60,
        foreign: 20,
        oversized: 5,
        odd: 0,
    };

    /// Every message arrives as it was said, and what the venue says often cannot be.
    pub const ODD: Self = Self {
        odd: 1_000,
        ..Self::CALM
    };

    /// A storm over sockets, where markets change some 100 times a second: connections and topics fall silent seldom, or
    /// there would be little else.
    pub const SQUALLS: Self = Self {
        stalled: 1,
        stuck: 2,
        ..Self::STORM
    };

    /// Nothing goes wrong.
    pub const CALM: Self = Self {
        dropped: 0,
        doubled: 0,
        swapped: 0,
        cut: 0,
        garbled: 0,
        mangled: 0,
        replaced: 0,
        falsified: 0,
        disconnected: 0,
        refused: 0,
        unheard: 0,
        unanswered: 0,
        slow: 0,
        stalled: 0,
        stuck: 0,
        foreign: 0,
        oversized: 0,
        odd: 0,
    };

    /// Faults by name, and how often each happens.
    fn faults(&mut self) -> [(&'static str, &mut u64); 18] {
        [
            ("dropped", &mut self.dropped),
            ("doubled", &mut self.doubled),
            ("swapped", &mut self.swapped),
            ("cut", &mut self.cut),
            ("garbled", &mut self.garbled),
            ("mangled", &mut self.mangled),
            ("replaced", &mut self.replaced),
            ("falsified", &mut self.falsified),
            ("disconnected", &mut self.disconnected),
            ("refused", &mut self.refused),
            ("unheard", &mut self.unheard),
            ("unanswered", &mut self.unanswered),
            ("slow", &mut self.slow),
            ("stalled", &mut self.stalled),
            ("stuck", &mut self.stuck),
            ("foreign", &mut self.foreign),
            ("oversized", &mut self.oversized),
            ("odd", &mut self.odd),
        ]
    }

    /// Sets how often one fault happens: `dropped=150` is 150 of 10,000 messages.
    ///
    /// # Errors
    /// There is no such fault, or it is no such number; says what is accepted.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let mut faults = self.faults();
        let names = faults.each_ref().map(|(name, _)| *name).join(", ");
        let refused = || {
            format!("'{text}'; accepted: NAME=COUNT, of 10,000, 0 to 10000, with a name of {names}")
        };
        let (name, count) = text.split_once('=').ok_or_else(refused)?;
        let count = count.parse().ok().filter(|&count| count <= 10_000);
        let fault = faults.iter_mut().find(|(known, _)| *known == name);
        let ((_, fault), count) = fault.zip(count).ok_or_else(refused)?;
        **fault = count;
        Ok(())
    }

    /// Whether what the venue says arrives as it says it.
    pub(super) fn is_faithful(self) -> bool {
        let calm = Self {
            odd: self.odd,
            ..Self::CALM
        };
        self == calm
    }
}

/// What a client meets that talks to something else than the venue: a proxy, a page of errors, noise.
const FOREIGN: [&[u8]; 8] = [
    b"",
    b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    b"{\"",
    b"[[[[[[[[[[[[[[[[",
    b"null",
    b"\xff\xfe\x00\x80",
    b"{\"error\":\"upstream\"",
    b"\xc1\xdf\xff\xff\xff\xff",
];

/// The byte that begins no value of `MessagePack`.
const NEVER_USED: u8 = 0xc1;
/// Noise: none of it is in any string or figure of JSON.
const NOISE: [u8; 5] = [0x01, 0x1b, 0xc1, 0xfe, 0xff];
/// Bytes of noise in a message at most.
const NOISE_MAX: u64 = 8;
/// Messages of a connection that may come again in the place of another.
const EARLIER_MAX: usize = 16;

/// What arrives at a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Delivery {
    /// A message.
    Message(Vec<u8>),
    /// A message that is larger than any client takes.
    Oversized,
    /// Nothing: this message does not come, or not in its place.
    Missing(Vec<u8>),
}

impl Delivery {
    /// What goes over the wire, if anything does.
    pub(super) fn into_bytes(self, oversized_bytes: usize) -> Option<Vec<u8>> {
        match self {
            Self::Message(bytes) => Some(bytes),
            Self::Oversized => Some(vec![b' '; oversized_bytes]),
            Self::Missing(_) => None,
        }
    }
}

/// What becomes of a request on its way to the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is answered.
    Heard,
    /// The venue refuses it.
    Refused,
    /// It never gets there.
    Lost,
    /// The venue does it, and what it says about that never comes.
    AnswerLost,
}

/// Puts faults in.
#[derive(Debug)]
pub(super) struct Faults {
    pub(super) weather: Weather,
    random: Xorshift64Star,
    /// The next message overtakes it.
    held: Option<Vec<u8>>,
    /// The newest messages of the connection, as the venue said them, where one of them may come again.
    earlier: VecDeque<Vec<u8>>,
    /// Faults so far.
    pub(super) count: u64,
}

impl Faults {
    pub(super) fn new(seed: u64, weather: Weather) -> Self {
        Self {
            weather,
            random: Xorshift64Star::new(mix(seed)),
            held: None,
            earlier: VecDeque::new(),
            count: 0,
        }
    }

    /// Whether something that happens so often happens now, and is a fault then.
    pub(super) fn chance(&mut self, of_10_000: u64) -> bool {
        let is_due = self.is_due(of_10_000);
        self.count += u64::from(is_due);
        is_due
    }

    /// Whether something that happens so often is due now.
    fn is_due(&mut self, of_10_000: u64) -> bool {
        // Without a draw, so that a fault which is added leaves the seeds of the others alone.
        of_10_000 > 0 && self.random.below(10_000) < of_10_000
    }

    /// A number below a bound, for what is no fault.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    /// Some time up to a bound.
    pub(super) fn up_to(&mut self, most: Duration) -> Duration {
        Duration::from_nanos(self.below(most.as_nanos() as u64 + 1))
    }

    /// The connection has ended: what was held back is gone, and what was said on it is not said on the next one.
    pub(super) fn cut_off(&mut self) {
        self.held = None;
        self.earlier.clear();
    }

    /// What becomes of a request, which the venue may be able to refuse.
    pub(super) fn fate(&mut self, refuse: impl FnOnce() -> bool) -> Fate {
        if self.is_due(self.weather.refused) && refuse() {
            self.count += 1;
            return Fate::Refused;
        }
        if !self.chance(self.weather.unheard) {
            return Fate::Heard;
        }
        match self.random.below(2) {
            0 => Fate::Lost,
            _ => Fate::AnswerLost,
        }
    }

    /// A message that was said before, where one is to come in the place of another.
    fn replacement(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        if self.weather.replaced == 0 {
            return None;
        }
        let is_due = !self.earlier.is_empty() && self.chance(self.weather.replaced);
        let found = is_due.then(|| {
            let place = self.random.below(self.earlier.len() as u64) as usize;
            self.earlier[place].clone()
        });
        if self.earlier.len() >= EARLIER_MAX {
            self.earlier.pop_front();
        }
        self.earlier.push_back(message.to_vec());
        found
    }

    /// Noise over some bytes of text; between bytes of a binary message, where any byte may be part of a figure.
    fn mangle(&mut self, message: &mut Vec<u8>, place: usize, is_binary: bool) {
        let count = 1 + self.random.below(NOISE_MAX) as usize;
        let noise: Vec<u8> = (0..count)
            .map(|_| {
                if is_binary {
                    NEVER_USED
                } else {
                    NOISE[self.random.below(NOISE.len() as u64) as usize]
                }
            })
            .collect();
        let replaced = if is_binary { 0 } else { count };
        let end = (place + replaced).min(message.len());
        message.splice(place..end, noise);
    }

    /// Passes a message on: not at all, once or twice, whole or not, and what it has overtaken behind it.
    pub(super) fn pass(
        &mut self,
        mut message: Vec<u8>,
        counterpart: &dyn Counterpart,
        out: &mut Vec<Delivery>,
    ) {
        if self.chance(self.weather.oversized) {
            out.push(Delivery::Oversized);
        }
        if self.chance(self.weather.foreign) {
            let kind = self.random.below(FOREIGN.len() as u64) as usize;
            out.push(Delivery::Message(FOREIGN[kind].to_vec()));
        }
        if self.chance(self.weather.dropped) {
            out.push(Delivery::Missing(message));
            return;
        }
        if let Some(earlier) = self.replacement(&message) {
            out.push(Delivery::Missing(message));
            out.push(Delivery::Message(earlier));
            return;
        }
        let place = self.random.below(message.len() as u64) as usize;
        if self.chance(self.weather.cut) {
            message.truncate(place);
        } else if self.chance(self.weather.mangled) {
            self.mangle(&mut message, place, counterpart.is_binary());
        } else if self.chance(self.weather.garbled) {
            if let Some(byte) = message.get_mut(place) {
                *byte = b' ' + self.random.below(95) as u8;
            }
        } else if self.is_due(self.weather.falsified) {
            self.count += u64::from(counterpart.falsify(&mut message));
        }
        if self.chance(self.weather.doubled) {
            out.push(Delivery::Message(message.clone()));
        }
        if self.held.is_none() && self.chance(self.weather.swapped) {
            out.push(Delivery::Missing(message.clone()));
            self.held = Some(message);
            return;
        }
        out.push(Delivery::Message(message));
        out.extend(self.held.take().map(Delivery::Message));
    }
}

/// Seeds next to each other begin alike without it (`SplitMix64`).
pub(super) const fn mix(seed: u64) -> u64 {
    let value = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every message is to be falsified: of three of Kraken's the one with a quantity of a book is, 0.5 to 0.6, and one of
    /// Binance's never.
    #[test]
    fn what_is_not_falsified_is_no_fault() {
        let weather = Weather {
            falsified: 10_000,
            ..Weather::CALM
        };
        let passed = |feed: &str, messages: &[&str]| {
            let counterpart = crate::venue::Feed::of(feed).unwrap().counterpart();
            let (mut faults, mut out) = (Faults::new(1, weather), Vec::new());
            for message in messages {
                faults.pass(message.as_bytes().to_vec(), &*counterpart, &mut out);
            }
            let out = out.into_iter().filter_map(|it| it.into_bytes(0));
            let text = out.map(|it| String::from_utf8(it).unwrap());
            (text.collect::<Vec<_>>(), faults.count)
        };
        let book = |qty: &str| {
            format!(r#"{{"channel":"book","data":[{{"bids":[{{"price":1.0,"qty":{qty}}}]}}]}}"#)
        };
        let said = [
            r#"{"channel":"heartbeat"}"#,
            &book("0.5"),
            r#"{"channel":"book","data":[]}"#,
        ];
        let (arrived, count) = passed("kraken", &said);
        assert_eq!(arrived, [said[0], &book("0.6"), said[2]]);
        assert_eq!(count, 1);
        assert_eq!(passed("binance-spot", &[said[1]]), (vec![book("0.5")], 0));
    }

    #[test]
    fn faults_are_set_by_name() {
        let mut weather = Weather::CALM;
        for text in ["dropped=150", "garbled=7", "odd=10000"] {
            weather.set(text).unwrap();
        }
        let expected = Weather {
            dropped: 150,
            garbled: 7,
            odd: 10_000,
            ..Weather::CALM
        };
        assert_eq!(weather, expected);
        weather.set("dropped=0").unwrap();
        assert_eq!(weather.dropped, 0);
        for text in [
            "dropped",
            "drop=1",
            "dropped=10001",
            "dropped=-1",
            "dropped=x",
            "=1",
        ] {
            let error = weather.set(text).unwrap_err();
            assert!(
                error.starts_with(&format!("'{text}'; accepted: NAME=COUNT")),
                "{error}"
            );
            assert!(
                error.contains("garbled, mangled, replaced, falsified"),
                "{error}"
            );
        }
    }
}
