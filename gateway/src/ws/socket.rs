//! One socket: reads requests, and sends what its channels have for it whenever it can.

use std::collections::BTreeMap;
use std::future;
use std::pin::pin;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use tokio::time::{self, Instant, MissedTickBehavior};
use types::AccountId;

use super::protocol::{Reply, Request, Subscribed, Wanted, parse};
use crate::app::App;
use crate::channel::{ChannelName, Cursor, Pull};
use crate::hub::Subscription;
use crate::sessions::Bound;

/// Close codes of RFC 6455 and our own.
const GOING_AWAY: u16 = 1001;
const UNSUPPORTED: u16 = 1003;
const POLICY: u16 = 1008;
const TOO_BIG: u16 = 1009;
const TOO_SLOW: u16 = 4008;

/// The client is gone, or was shown the door.
struct Gone;

/// Serves a socket until either side ends it.
pub(super) async fn run(app: &App, socket: WebSocket) {
    let wire = Wire { app, socket };
    Session {
        app,
        wire,
        subscriptions: BTreeMap::new(),
        bound: BTreeMap::new(),
        operations: 0,
    }
    .run()
    .await;
}

struct Session<'a> {
    app: &'a App,
    wire: Wire<'a>,
    subscriptions: BTreeMap<ChannelName, (Subscription, Cursor)>,
    /// Accounts whose session this socket is.
    bound: BTreeMap<AccountId, Bound>,
    /// Requests since the last heartbeat.
    operations: u32,
}

/// What woke a socket.
enum Wake {
    Stop,
    Message(Option<Result<Message, axum::Error>>),
    Publication,
    Heartbeat(Utf8Bytes),
    PingDue,
}

impl Session<'_> {
    async fn run(mut self) {
        let limits = &self.app.config.limits;
        let hub = &self.app.hub;
        let mut stopped = pin!(hub.stopped());
        let mut publications = hub.publications();
        let mut heartbeats = hub.heartbeats();
        let mut ping = time::interval(limits.ping_interval);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        let mut heard = Instant::now();
        let mut has_more = false;
        loop {
            let wake = tokio::select! {
                () = stopped.as_mut() => Wake::Stop,
                message = self.wire.socket.recv() => Wake::Message(message),
                _ = publications.changed() => Wake::Publication,
                () = future::ready(()), if has_more => Wake::Publication,
                _ = heartbeats.changed() => Wake::Heartbeat(heartbeats.borrow_and_update().clone()),
                _ = ping.tick() => Wake::PingDue,
            };
            let done = match wake {
                Wake::Stop => self.wire.say_goodbye().await,
                Wake::Message(Some(Ok(message))) => {
                    heard = Instant::now();
                    has_more = true;
                    self.receive(message).await
                }
                Wake::Message(Some(Err(error))) => self.wire.refuse(&error).await,
                Wake::Message(None) => Err(Gone),
                Wake::Publication => self.send_new().await.map(|more| has_more = more),
                Wake::Heartbeat(heartbeat) => {
                    self.operations = 0;
                    self.wire.send(Message::Text(heartbeat)).await
                }
                Wake::PingDue if heard.elapsed() > limits.silence_max => Err(Gone),
                Wake::PingDue => self.wire.send(Message::Ping(Bytes::new())).await,
            };
            if done.is_err() {
                return;
            }
        }
    }

    async fn receive(&mut self, message: Message) -> Result<(), Gone> {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => {
                return self.wire.close(UNSUPPORTED, "messages are JSON text").await;
            }
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(Gone),
        };
        self.operations += 1;
        if self.operations > self.app.config.limits.operations_per_second_max {
            self.wire
                .reply(&Reply::Error {
                    id: None,
                    code: 429,
                    detail: "too many requests",
                })
                .await?;
            return self.wire.close(POLICY, "too many requests").await;
        }
        match parse(&text) {
            Ok(Request::Ping { id }) => self.wire.reply(&Reply::Pong { id }).await,
            Ok(Request::Bind { id, account }) => match self.bind(&account) {
                Ok(()) => {
                    let account = &account;
                    self.wire.reply(&Reply::Bound { id, account }).await
                }
                Err((code, detail)) => {
                    self.wire
                        .reply(&Reply::Error {
                            id: Some(id),
                            code,
                            detail: &detail,
                        })
                        .await
                }
            },
            Ok(Request::Unsub { id, chs }) => {
                for named in &chs {
                    if let Some(name) = ChannelName::parse(&named.ch) {
                        self.subscriptions.remove(&name);
                    }
                }
                let chs = chs.iter().map(|named| Subscribed {
                    ch: &named.ch,
                    recovered: None,
                });
                self.wire
                    .reply(&Reply::Ok {
                        id,
                        chs: chs.collect(),
                    })
                    .await
            }
            Ok(Request::Sub { id, chs }) => match self.subscribe(&chs) {
                Ok(recovered) => {
                    let answers = chs
                        .iter()
                        .zip(recovered)
                        .map(|(wanted, recovered)| Subscribed {
                            ch: &wanted.ch,
                            recovered: Some(recovered),
                        });
                    let chs = answers.collect();
                    self.wire.reply(&Reply::Ok { id, chs }).await
                }
                Err((code, detail)) => {
                    self.wire
                        .reply(&Reply::Error {
                            id: Some(id),
                            code,
                            detail: &detail,
                        })
                        .await
                }
            },
            Err((id, detail)) => {
                self.wire
                    .reply(&Reply::Error {
                        id,
                        code: 400,
                        detail: &detail,
                    })
                    .await
            }
        }
    }

    /// Makes this socket the session of an account, or one of its sockets.
    fn bind(&mut self, text: &str) -> Result<(), (u16, String)> {
        let names = &self.app.projections.catalogue.load().names;
        let known = self.app.handle.views().accounts.len();
        let account = names
            .account_id(text)
            .filter(|account| (account.0 as usize) < known)
            .ok_or_else(|| (404, format!("there is no account {text:?}")))?;
        let accounts_max = self.app.config.limits.subscriptions_max;
        if !self.bound.contains_key(&account) {
            if self.bound.len() == accounts_max {
                let detail = format!("a socket is the session of {accounts_max} accounts at most");
                return Err((429, detail));
            }
            let bound = self.app.sessions.bind(account);
            self.bound.insert(account, bound);
        }
        Ok(())
    }

    /// Subscribes to all channels or to none; whether each goes on where the client was.
    fn subscribe(&mut self, wanted: &[Wanted]) -> Result<Vec<bool>, (u16, String)> {
        let mut names = Vec::with_capacity(wanted.len());
        for Wanted { ch, .. } in wanted {
            let name = ChannelName::parse(ch)
                .ok_or_else(|| (400, format!("{ch:?} is no channel of this server")))?;
            if !exists(self.app, name) {
                return Err((404, format!("there is nothing that {ch:?} could show")));
            }
            names.push(name);
        }
        let subscriptions_max = self.app.config.limits.subscriptions_max;
        let added = names
            .iter()
            .filter(|name| !self.subscriptions.contains_key(name))
            .count();
        if self.subscriptions.len() + added > subscriptions_max {
            return Err((
                429,
                format!("a socket has {subscriptions_max} channels at most"),
            ));
        }
        let mut made = Vec::with_capacity(wanted.len());
        for (wanted, name) in wanted.iter().zip(names) {
            let subscription = self
                .app
                .hub
                .subscribe(name)
                .map_err(|full| (503, full.to_string()))?;
            let resumed = wanted
                .resume
                .as_ref()
                .and_then(|resume| subscription.resume(&resume.epoch, resume.seq));
            made.push((name, subscription, resumed));
        }
        let recovered = made
            .iter()
            .map(|(_, _, resumed)| resumed.is_some())
            .collect();
        for (name, subscription, resumed) in made {
            self.subscriptions
                .insert(name, (subscription, resumed.unwrap_or_default()));
        }
        Ok(recovered)
    }

    /// Sends one portion of what is new on each channel; whether there may be more.
    async fn send_new(&mut self) -> Result<bool, Gone> {
        let mut has_more = false;
        let mut too_large = Vec::new();
        for (name, (channel, cursor)) in &mut self.subscriptions {
            match channel.pull(cursor) {
                Pull::Nothing => {}
                Pull::Frames(frames) => {
                    has_more = true;
                    for frame in frames {
                        self.wire.send(Message::Text(frame)).await?;
                    }
                }
                Pull::Lost => {
                    self.app.traffic.socket_too_slow();
                    let detail = format!("events of {name} came faster than they were read");
                    self.wire
                        .reply(&Reply::Error {
                            id: None,
                            code: 407,
                            detail: &detail,
                        })
                        .await?;
                    return self.wire.close(TOO_SLOW, "too slow").await.map(|()| false);
                }
                Pull::TooLarge(bytes) => too_large.push((*name, bytes)),
            }
        }
        for (name, bytes) in too_large {
            self.subscriptions.remove(&name);
            let bytes_max = self.app.config.limits.frame_bytes_max;
            let detail = format!(
                "{name} is not sent any more: {bytes} bytes are above the {bytes_max} of a message"
            );
            self.wire
                .reply(&Reply::Error {
                    id: None,
                    code: 413,
                    detail: &detail,
                })
                .await?;
        }
        Ok(has_more)
    }
}

/// Whether the engine has what a channel is about.
fn exists(app: &App, name: ChannelName) -> bool {
    let views = app.handle.views();
    match name {
        ChannelName::Instruments | ChannelName::Accounts | ChannelName::Events => true,
        ChannelName::Account(account)
        | ChannelName::Equity(account)
        | ChannelName::AccountEvents(account) => (account.0 as usize) < views.accounts.len(),
        ChannelName::Candles(instrument, _) => (instrument.0 as usize) < views.instruments.len(),
        ChannelName::Board(competition) => (competition.0 as usize) < views.boards.len(),
    }
}

/// The sending side of a socket, which gives up on a client that does not read.
struct Wire<'a> {
    app: &'a App,
    socket: WebSocket,
}

impl Wire<'_> {
    async fn send(&mut self, message: Message) -> Result<(), Gone> {
        let limits = &self.app.config.limits;
        let stalled = async {
            let stopped = async {
                self.app.hub.stopped().await;
                time::sleep(limits.drain_max / 2).await;
            };
            // Either end of the wait is the end of patience.
            let _ = time::timeout(limits.silence_max, stopped).await;
        };
        tokio::select! {
            sent = self.socket.send(message) => {
                self.app.traffic.message_sent();
                sent.map_err(|_| Gone)
            }
            () = stalled => Err(Gone),
        }
    }

    async fn reply(&mut self, reply: &Reply<'_>) -> Result<(), Gone> {
        self.send(Message::Text(reply.text())).await
    }

    /// Closes the socket: the result is always that it is gone.
    async fn close(&mut self, code: u16, reason: &'static str) -> Result<(), Gone> {
        let frame = CloseFrame {
            code,
            reason: Utf8Bytes::from_static(reason),
        };
        self.send(Message::Close(Some(frame))).await?;
        // The client's own close frame ends the connection cleanly; it has a moment to send it.
        let answered = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        let _ = time::timeout(CLOSE_WAIT, answered).await;
        Err(Gone)
    }

    /// A message that the protocol does not allow ends the socket.
    async fn refuse(&mut self, error: &axum::Error) -> Result<(), Gone> {
        // The library says what was wrong in its words only.
        if error.to_string().contains("too long") {
            return self.close(TOO_BIG, "message too long").await;
        }
        Err(Gone)
    }

    /// Asks the client to come back later: the result is always that it is gone.
    async fn say_goodbye(&mut self) -> Result<(), Gone> {
        let limits = &self.app.config.limits;
        let shutdown = Reply::Shutdown {
            reconnect_after_ms: limits.reconnect_after_ms,
            jitter_ms: limits.reconnect_jitter_ms,
        };
        self.reply(&shutdown).await?;
        self.close(GOING_AWAY, "the server stops").await
    }
}

/// Time that a client has to answer a close.
const CLOSE_WAIT: Duration = Duration::from_secs(1);
