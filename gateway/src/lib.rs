//! The edge of Dynasty: HTTP, WebSocket, the web page, and the JSON and TOML forms of the vocabulary.
//!
//! ```text
//! replica --hook--> Projections (candles, curves, names, past events, reviews)
//!         --views--> state publisher --+                broadcast of durable events
//!                                      +--> Hub: channels <-- event publisher
//! REST handlers <--> runtime::Handle              ^
//! sockets ---------- pull what is new ------------+
//! ```
//!
//! Nothing here can slow the engine: views are copies, events come by a bounded broadcast, and
//! sockets pull from bounded rings. [`serve`] starts it all.

mod app;
pub mod catalogue;
pub mod channel;
pub mod chart;
pub mod config;
pub mod dto;
mod guard;
pub mod history;
pub mod hub;
pub mod limits;
mod metrics;
mod page;
pub mod problem;
pub mod projection;
pub mod proofs;
mod publisher;
mod rest;
pub mod review;
pub mod server;
mod sessions;
mod show;
mod ws;

pub use config::Config;
pub use limits::Limits;
pub use projection::Projections;
pub use server::{ServeError, Server, serve};
