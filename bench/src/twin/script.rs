//! A script: a seed and steps of small numbers, which become inputs only when they are resolved
//! against the state that they meet. Any of its steps may be dropped, and what is left is a script.

use super::draw::Draw;
use super::setting::Setting;

/// Weights of the delays: quick scripts meet the rate limit, slow ones meet what is due later.
const WAITS: [&[(u32, u8)]; 3] = [
    &[(20, 0), (1, 3), (1, 8)],
    &[
        (6, 0),
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 4),
        (2, 5),
        (2, 6),
        (1, 7),
        (2, 9),
        (1, 10),
        (1, 11),
        (1, 12),
    ],
    &[
        (2, 0),
        (2, 5),
        (4, 6),
        (2, 7),
        (1, 8),
        (3, 9),
        (2, 10),
        (1, 11),
        (1, 12),
    ],
];

/// What kind of thing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Best bid and ask.
    Quote,
    /// Levels of the outside book.
    Depth,
    /// A print.
    Trade,
    /// A bar.
    Bar,
    /// A trading status.
    Status,
    /// A swap or funding.
    Financing,
    /// A dividend.
    Dividend,
    /// A split.
    Split,
    /// The feed loses track.
    Gap,
    /// An order.
    Order,
    /// A list.
    List,
    /// An algo.
    Algo,
    /// An amendment.
    Amend,
    /// A cancel.
    Cancel,
    /// A mass cancel.
    CancelAll,
    /// The end of a session.
    Disconnect,
    /// Profit and loss from outside, a payout, a scaling.
    Adjust,
    /// An entry into a competition.
    Enter,
    /// What an organiser does to a competition.
    Organise,
    /// One more account.
    Open,
    /// An account suspended, resumed or closed.
    Change,
    /// An interval of a calendar.
    Announce,
    /// One more instrument.
    Register,
    /// One more plan, competition, curve or latency.
    Define,
    /// A conversion rate.
    Convert,
    /// A day roll.
    Roll,
    /// Time.
    Clock,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What kind.
    pub kind: StepKind,
    /// Which of the delays passes before it.
    pub wait: u8,
    /// Its own draws come from here: those of the other steps do not depend on them.
    pub seed: u32,
}

/// A seed, which is the setting, and steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The seed.
    pub seed: u64,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Script {
    /// The script of a seed with so many steps.
    pub fn new(seed: u64, steps: usize) -> Self {
        let setting = Setting::new(seed);
        let draw = &mut Draw::new(seed ^ 0x5354_4550_5354_4550);
        let waits = draw.pick(&WAITS);
        let steps = (0..steps)
            .map(|_| Step {
                kind: draw.weighted(&setting.weights),
                wait: draw.weighted(waits),
                seed: draw.bits() as u32,
            })
            .collect();
        Self { seed, steps }
    }
}
