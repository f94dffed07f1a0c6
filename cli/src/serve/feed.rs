//! The feeds of a server's file.

use std::sync::Arc;

use anyhow::{Context, bail};
use arc_swap::ArcSwap;
use gateway::dto::server::{FeedFile, ServerFile};
use marketdata::connection::{Arrived, Connection, Outlets, Settings, Status};
use marketdata::feed::{Channels, Credentials, Listing, Spec};
use marketdata::tape::{FeedHeader, Tap, TapeListing};
use marketdata::venue;
use rtrb::RingBuffer;
use types::{DepthUpdate, InstrumentId};

/// Events of one feed that wait for the engine. A feed that is faster waits; nothing is dropped.
const FEED_EVENTS_MAX: usize = 65_536;
/// Depth updates that wait to be used again.
const SPENT_MAX: usize = 64;

/// A feed before it has connected.
pub(crate) struct Feed {
    header: FeedHeader,
    credentials: Credentials,
    settings: Settings,
    events: rtrb::Producer<Arrived>,
    spent: rtrb::Consumer<Box<DepthUpdate>>,
    pub(crate) status: Arc<ArcSwap<Status>>,
}

/// The engine's end of a feed.
pub(crate) struct Ring {
    events: rtrb::Consumer<Arrived>,
    spent: rtrb::Producer<Box<DepthUpdate>>,
}

impl Ring {
    /// What the feed says next.
    pub(crate) fn pop(&mut self) -> Option<Arrived> {
        self.events.pop().ok()
    }

    /// Gives the feed a depth update back that nobody needs any more, for its memory.
    pub(crate) fn give_back(&mut self, update: Box<DepthUpdate>) {
        // It has enough where there is no place.
        let _ = self.spent.push(update);
    }
}

/// A feed of the file, and where its events will be.
pub(crate) fn open(feed: &FeedFile, file: &ServerFile) -> anyhow::Result<(Feed, Ring)> {
    let listings: Vec<_> = feed
        .symbols
        .iter()
        .map(|(place, symbol)| {
            let instrument = &file.instruments[*place];
            TapeListing {
                name: instrument.definition.symbol.to_string(),
                listing: Listing {
                    instrument: InstrumentId(*place as u32),
                    symbol: symbol.clone(),
                    spec: Spec {
                        tick_size: instrument.definition.tick_size,
                        lot_size: instrument.definition.lot_size,
                        may_be_negative: instrument.definition.kind
                            == types::InstrumentKind::Future,
                        outlier_band: feed.outlier_band,
                    },
                },
            }
        })
        .collect();
    let Some(known) = venue::Feed::of(&feed.venue) else {
        bail!("no such feed: {}", feed.venue);
    };
    let credentials = credentials(feed, known.needs_key)?;
    let header = FeedHeader {
        feed: known,
        channels: Channels {
            book: feed.book,
            trades: feed.trades,
        },
        stale_after: feed.stale_after,
        listings,
    };
    header.adapter().check()?;
    let addresses = known.addresses;
    let (events, arrived) = RingBuffer::new(FEED_EVENTS_MAX);
    let (spent, back) = RingBuffer::new(SPENT_MAX);
    let ring = Ring {
        events: arrived,
        spent,
    };
    let own =
        |address: &Option<String>, known: &str| address.clone().unwrap_or_else(|| known.to_owned());
    let settings = Settings {
        // Servers that start together should not come back together.
        seed: marketdata::connection::now().0,
        ..Settings::new(
            own(&feed.stream, addresses.stream),
            own(&feed.rest, addresses.rest),
        )
    };
    let feed = Feed {
        status: Arc::new(ArcSwap::from_pointee(Status::new(
            known.name,
            &header.listings(),
        ))),
        header,
        credentials,
        settings,
        events,
        spent: back,
    };
    Ok((feed, ring))
}

impl Feed {
    /// What a tape of it says first.
    pub(crate) const fn header(&self) -> &FeedHeader {
        &self.header
    }

    /// The keys that must not be recorded.
    pub(crate) const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Its connection. `wake` is called whenever there are events for the engine.
    pub(crate) fn connect(
        self,
        wake: Arc<dyn Fn() + Send + Sync>,
        tap: Option<Tap>,
    ) -> anyhow::Result<Connection> {
        let adapter = self.header.adapter_with(self.credentials);
        let outlets = Outlets {
            events: self.events,
            wake,
            status: self.status,
            spent: Some(self.spent),
            tap,
        };
        Connection::new(adapter, self.settings, outlets).context("the feed's requests")
    }
}

/// The key and its secret, from the environment: a file is read by more people.
fn credentials(feed: &FeedFile, needs_key: bool) -> anyhow::Result<Credentials> {
    let read = |field: &str, name: &str| {
        let value = std::env::var(name);
        value.with_context(|| {
            format!(
                "{}: {field} is '{name}'; accepted: the name of an environment variable that is set",
                feed.venue
            )
        })
    };
    match &feed.credentials {
        None if needs_key => bail!(
            "{}: this venue asks for a key; accepted: key_env and secret_env, names of environment variables",
            feed.venue
        ),
        None => Ok(Credentials::default()),
        Some((key, secret)) => Ok(Credentials {
            key: read("key_env", key)?,
            secret: (secret.as_deref())
                .map_or(Ok(String::new()), |name| read("secret_env", name))?,
        }),
    }
}
