//! The runtime with real threads and real files, through its public door.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod acknowledgements;
mod clock;
mod damage;
mod deadline;
mod failures;
mod golden;
mod kill;
mod latencies;
mod leftovers;
mod limits;
mod opening;
mod overload;
mod ports;
mod power_loss;
mod projections;
mod restart;
mod retention;
mod rolls;
mod scenario;
mod snapshots;
mod timetable;
mod views;
mod windows;
