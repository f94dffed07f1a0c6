//! The kinds of line, and the order in which they come.

use gateway::dto::{Field, FieldError, Word};

/// The kind of a line: the value of its `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scenario,
    Note,
    Input,
    Curve,
    Latency,
    Instrument,
    Plan,
    Account,
    Competition,
    Quote,
    Trade,
    Depth,
    Bar,
    Status,
    Conversion,
    Financing,
    Dividend,
    Split,
    Gap,
    Order,
    WhatIf,
    List,
    Algo,
    Amend,
    Cancel,
    Disconnect,
    Roll,
    Clock,
    Adjust,
    AccountChange,
    Window,
    Enter,
    CompetitionChange,
}

impl Word for Kind {
    const ALL: &'static [Self] = &[
        Self::Scenario,
        Self::Note,
        Self::Input,
        Self::Curve,
        Self::Latency,
        Self::Instrument,
        Self::Plan,
        Self::Account,
        Self::Competition,
        Self::Quote,
        Self::Trade,
        Self::Depth,
        Self::Bar,
        Self::Status,
        Self::Conversion,
        Self::Financing,
        Self::Dividend,
        Self::Split,
        Self::Gap,
        Self::Order,
        Self::WhatIf,
        Self::List,
        Self::Algo,
        Self::Amend,
        Self::Cancel,
        Self::Disconnect,
        Self::Roll,
        Self::Clock,
        Self::Adjust,
        Self::AccountChange,
        Self::Window,
        Self::Enter,
        Self::CompetitionChange,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Note => "note",
            Self::Input => "input",
            Self::Curve => "curve",
            Self::Latency => "latency",
            Self::Instrument => "instrument",
            Self::Plan => "plan",
            Self::Account => "account",
            Self::Competition => "competition",
            Self::Quote => "quote",
            Self::Trade => "trade",
            Self::Depth => "depth",
            Self::Bar => "bar",
            Self::Status => "status",
            Self::Conversion => "conversion",
            Self::Financing => "financing",
            Self::Dividend => "dividend",
            Self::Split => "split",
            Self::Gap => "gap",
            Self::Order => "order",
            Self::WhatIf => "what_if",
            Self::List => "list",
            Self::Algo => "algo",
            Self::Amend => "amend",
            Self::Cancel => "cancel",
            Self::Disconnect => "disconnect",
            Self::Roll => "roll",
            Self::Clock => "clock",
            Self::Adjust => "adjust",
            Self::AccountChange => "account_change",
            Self::Window => "window",
            Self::Enter => "enter",
            Self::CompetitionChange => "competition_change",
        }
    }
}

/// The parts of a scenario, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Start,
    Data,
    Instruments,
    Plans,
    Accounts,
    Competitions,
    Inputs,
}

impl Kind {
    /// The part that lines of this kind make up; `None` for those that may stand anywhere.
    const fn part(self) -> Option<Part> {
        match self {
            Self::Note | Self::Input => None,
            Self::Scenario => Some(Part::Start),
            Self::Curve | Self::Latency => Some(Part::Data),
            Self::Instrument => Some(Part::Instruments),
            Self::Plan => Some(Part::Plans),
            Self::Account => Some(Part::Accounts),
            Self::Competition => Some(Part::Competitions),
            Self::Quote
            | Self::Trade
            | Self::Depth
            | Self::Bar
            | Self::Status
            | Self::Conversion
            | Self::Financing
            | Self::Dividend
            | Self::Split
            | Self::Gap
            | Self::Order
            | Self::WhatIf
            | Self::List
            | Self::Algo
            | Self::Amend
            | Self::Cancel
            | Self::Disconnect
            | Self::Roll
            | Self::Clock
            | Self::Adjust
            | Self::AccountChange
            | Self::Window
            | Self::Enter
            | Self::CompetitionChange => Some(Part::Inputs),
        }
    }

    /// The part of a scenario that is at `part` and comes to a line of this kind. An account that follows
    /// another one may come at any time after it.
    ///
    /// # Errors
    /// When such a line had to come earlier.
    pub(super) fn follow(self, part: Part, line: &Field<'_>) -> Result<Part, FieldError> {
        let field = line.tag("type")?;
        let follows = self == Self::Account && line.tag("parent")?.present().is_some();
        match self.part() {
            None => Ok(part),
            Some(own) if own >= part => Ok(own),
            Some(_) if follows => Ok(part),
            Some(_) => {
                let begun = match part {
                    Part::Start | Part::Data => "curve or latency lines have",
                    Part::Instruments => "instrument lines have",
                    Part::Plans => "plan lines have",
                    Part::Accounts => "account lines have",
                    Part::Competitions => "competition lines have",
                    Part::Inputs => "market data and actions have",
                };
                Err(field.error(format!(
                    "nothing of this kind once {begun} begun: the order is scenario, curve and \
                     latency, instrument, plan, account, competition, then market data and actions"
                )))
            }
        }
    }
}
