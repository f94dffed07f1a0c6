//! Every limit of the server, with its name and its number.

use std::time::Duration;

/// What the server takes and keeps at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// TCP connections served at once. With the reserve and the sockets they are below the 1,024 file descriptors that
    /// a process usually may have.
    pub connections_max: u32,
    /// TCP connections served besides them, for one request each: cancels, risk actions and questions of supervisors
    /// are answered there, everything else is refused. More wait in the listen queue.
    pub connections_reserved_max: u32,
    /// Time for the headers of a connection of the reserve to arrive, and again for the body of what is refused there:
    /// how long somebody silent can hold one.
    pub reserved_read_max: Duration,
    /// Time for a request's headers to arrive, and for an idle connection to start a request.
    pub header_read_max: Duration,
    /// Time for a request's body to arrive.
    pub body_read_max: Duration,
    /// Age at which a plain HTTP connection is asked to close after its current response.
    pub connection_age_max: Duration,
    /// Time from there on until it is cut.
    pub connection_close_max: Duration,
    /// Bytes of a request's body.
    pub body_bytes_max: usize,
    /// Bytes that the kernel keeps for a connection that does not read. A small number makes a slow
    /// reader known early.
    pub send_buffer_bytes: u32,
    /// Time for an order to become durable; then the answer is "unknown".
    pub receipt_wait_max: Duration,
    /// Commands that wait for their receipt at once, and besides them as many cancels, suspensions and
    /// closings of accounts.
    pub commands_in_flight_max: usize,
    /// Answers kept for repeats of an `Idempotency-Key`; the oldest goes first.
    pub idempotency_keys_max: usize,
    /// Characters of an `Idempotency-Key`.
    pub idempotency_key_chars_max: usize,
    /// Sockets open at once.
    pub sockets_max: u32,
    /// Bytes of a message from a socket's client.
    pub message_bytes_max: usize,
    /// Bytes of a message to a socket's client.
    pub frame_bytes_max: usize,
    /// Channels that one socket may be subscribed to.
    pub subscriptions_max: usize,
    /// Messages that one socket may send in a second.
    pub operations_per_second_max: u32,
    /// Channels kept up to date at once, over all sockets.
    pub channels_max: usize,
    /// Time that a channel outlives its last subscriber, so that it can be resumed.
    pub channel_linger: Duration,
    /// Deltas kept of a state channel, for resuming.
    pub state_ring_max: usize,
    /// Deltas of a state channel that a socket may fall behind; then it gets the whole state instead. A
    /// socket that resumes gets all deltas that the ring has.
    pub state_lag_max: u64,
    /// Frames kept of an event channel: how far a socket may fall behind before it is closed.
    pub event_ring_max: usize,
    /// Bytes kept of any channel's frames.
    pub ring_bytes_max: usize,
    /// Events in one frame.
    pub events_per_frame_max: usize,
    /// Events in the first frame of an event channel.
    pub event_snapshot_max: usize,
    /// Events kept over all accounts, for the first frame of an account's event channel. Of those from
    /// before the server's start, at most [`crate::history::PAST_EVENTS_MAX`].
    pub event_history_max: usize,
    /// Time that the event channels of a starting server wait for the replica, to begin with all that
    /// happened before; then they begin with what it has.
    pub event_history_wait_max: Duration,
    /// Time between two looks at the engine's state.
    pub publish_interval: Duration,
    /// Time between two heartbeats.
    pub heartbeat_interval: Duration,
    /// Time between two pings of a socket.
    pub ping_interval: Duration,
    /// Silence, or a send that does not finish, after which a socket is dropped.
    pub silence_max: Duration,
    /// Time that a stopping server waits for its connections.
    pub drain_max: Duration,
    /// What a stopping server tells its sockets: come back after this many milliseconds ...
    pub reconnect_after_ms: u32,
    /// ... and up to this many more, so that they do not all come at once.
    pub reconnect_jitter_ms: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 512,
            connections_reserved_max: 128,
            reserved_read_max: Duration::from_secs(1),
            header_read_max: Duration::from_secs(10),
            body_read_max: Duration::from_secs(10),
            connection_age_max: Duration::from_mins(1),
            connection_close_max: Duration::from_secs(15),
            body_bytes_max: 64 * 1024,
            send_buffer_bytes: 256 * 1024,
            receipt_wait_max: Duration::from_secs(5),
            commands_in_flight_max: 1_024,
            idempotency_keys_max: 4_096,
            idempotency_key_chars_max: 128,
            sockets_max: 256,
            message_bytes_max: 64 * 1024,
            frame_bytes_max: 2 * 1024 * 1024,
            subscriptions_max: 64,
            operations_per_second_max: 100,
            channels_max: 1_024,
            channel_linger: Duration::from_mins(1),
            state_ring_max: 64,
            state_lag_max: 8,
            event_ring_max: 1_024,
            ring_bytes_max: 1024 * 1024,
            events_per_frame_max: 200,
            event_snapshot_max: 200,
            event_history_max: 50_000,
            event_history_wait_max: Duration::from_secs(10),
            publish_interval: Duration::from_millis(100),
            heartbeat_interval: Duration::from_secs(1),
            ping_interval: Duration::from_secs(20),
            silence_max: Duration::from_mins(1),
            drain_max: Duration::from_secs(2),
            reconnect_after_ms: 500,
            reconnect_jitter_ms: 1_000,
        }
    }
}
