//! The JSON and TOML forms of the vocabulary: what people and programs outside the engine read and
//! write.
//!
//! Money, prices, quantities and percentages are decimal strings, ids are strings, times are RFC 3339
//! in UTC. Reading is strict: a field that is unknown, missing or repeated is an error that names the
//! field, its value and what is accepted. No float takes part in either direction.

pub mod account;
pub mod board;
pub mod body;
pub mod book;
pub mod calendar;
pub mod chain;
pub mod competition;
pub mod document;
pub mod event;
pub mod feed;
pub mod file;
pub mod instrument;
pub mod limits;
pub mod names;
pub mod objective;
pub mod order;
pub mod percent;
pub mod plan;
pub mod proof;
pub mod reason;
pub mod retention;
pub mod server;
pub mod session;
pub mod signals;
pub mod state;
pub mod time;
pub mod window;
pub mod word;

pub use account::{AccountDto, AccountRowDto, AlgoDto, LimitDto, OrderDto, PositionDto, WhatIfDto};
pub use board::BoardDto;
pub use body::BodyError;
pub use book::BookDto;
pub use competition::CompetitionDto;
pub use document::{Field, FieldError, Node, Table};
pub use event::EventDto;
pub use file::FileError;
pub use instrument::{DefinitionDto, InstrumentDto};
pub use names::Names;
pub use objective::ObjectiveDto;
pub use plan::PlanDto;
pub use proof::ProofDto;
pub use reason::Figures;
pub use signals::SignalsDto;
pub use state::StateDto;
pub use window::{IntervalDto, WindowsDto};
pub use word::Word;
