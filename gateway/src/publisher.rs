//! The two tasks that fill the channels: one looks at the engine's state ten times a second, the
//! other follows the durable events.

mod events;
mod state;

pub(crate) use events::publish_events;
pub(crate) use state::publish_state;
