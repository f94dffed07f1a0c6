//! Everything around one engine shard that touches the world: sequencing, threads, journal, snapshots,
//! recovery, replica and fan-out.
//!
//! ```text
//! source ---+
//! commands -+-> shard thread: stamp, encode, apply --batches--> journal thread: write, fdatasync
//! cancels --+                                                      |
//!                                             receipts, broadcast <+
//!                                                                  v
//!                        replica thread <-- journal files up to the durable seq
//!                            |-> views, projection
//!                            +-> state hash compared with the live shard -> snapshot in sled
//! ```
//!
//! Nobody is told of a fact before the input that caused it is durable ([`AckMode::Durable`]). Every queue
//! is bounded, and what happens when it is full is stated where it is. A broken invariant, a failed write
//! or a difference between live shard and replica stops everything before it can publish
//! ([`Status::Failed`]).

mod ahead;
mod almanac;
mod announcer;
mod atomics;
mod batch;
mod boards;
mod calendar;
mod committer;
mod config;
mod core;
pub mod disk;
mod disk_worker;
mod follower;
mod gate;
mod handle;
mod ingress;
pub mod journal;
mod keeper;
mod latency;
mod port;
mod recovery;
pub mod retention;
mod runtime;
mod sequencer;
mod shared;
pub mod simulation;
mod snapshot;
mod source;
mod stats;
mod step;
mod time;
mod views;

pub use almanac::Almanac;
pub use batch::DurableBatch;
pub use boards::{
    BOARD_ROWS_MAX, BoardPage, BoardPlace, BoardRow, BoardRows, BoardView, Boards, CompetitionView,
};
pub use calendar::{Calendar, CalendarError, OpenDay};
pub use config::{
    AckMode, Clock, Closures, Config, Doing, Opening, Projection, RecoveryHook, RecoveryProgress,
    Step, Timetable,
};
pub use engine::portrait::OrderStage;
pub use engine::{EventBuf, Limits, Shard, SnapshotError, StateHash, view};
pub use handle::{Handle, Publisher};
pub use ingress::{Lane, Overloaded, Receipt, Refused};
pub use latency::{Latencies, StageLatencies};
pub use port::{Ack, Outcome, PORTS_MAX, Port, TooManyPorts};
pub use recovery::{Recovery, RecoveryError, journal_location};
pub use retention::{Retention, beginning};
pub use runtime::{Runtime, StartError, StopError, Stopped, lock};
pub use shared::Status;
pub use snapshot::{Restored, SnapshotStore, SnapshotStoreError, Snapshots};
pub use source::{Next, Source};
pub use stats::Stats;
pub use time::{LocalTime, Time};
pub use views::{AccountAt, BoardAt, BookAt, TeamsAt, Views, WhatIfAt};
