//! The engine's state to state channels.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use runtime::Views;
use tokio::time::{self, MissedTickBehavior};
use types::{CompetitionId, Seq};

use crate::app::App;
use crate::channel::{Channel, ChannelName};
use crate::chart::{CANDLES_MAX, CURVE_POINTS_MAX};
use crate::show;
use crate::ws;

/// Keeps every state channel that somebody watches up to date until the server stops.
pub(crate) async fn publish_state(app: Arc<App>) {
    let mut stopped = pin!(app.hub.stopped());
    let mut look = time::interval(app.config.limits.publish_interval);
    let mut beat = time::interval(app.config.limits.heartbeat_interval);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut publisher = StatePublisher {
        app: Arc::clone(&app),
        shown: None,
        thinned: BTreeMap::new(),
    };
    loop {
        tokio::select! {
            () = stopped.as_mut() => return,
            () = app.hub.state_wanted.notified() => publisher.publish(Which::New).await,
            _ = look.tick() => publisher.publish(Which::All).await,
            _ = beat.tick() => {
                app.hub.forget_idle(Instant::now());
                app.hub.beat(ws::heartbeat(&app));
            }
        }
    }
}

/// Which channels to bring up to date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those that nobody has filled.
    New,
    /// All of them, if the engine has moved on.
    All,
}

struct StatePublisher {
    app: Arc<App>,
    /// What the channels show.
    shown: Option<Seq>,
    /// For each equity channel, how often the curves had been thinned when it was filled.
    thinned: BTreeMap<ChannelName, u32>,
}

impl StatePublisher {
    async fn publish(&mut self, which: Which) {
        let views = self.app.handle.views();
        if which == Which::All && self.shown == Some(views.seq) {
            return;
        }
        let mut channels = self.app.hub.channels();
        channels.retain(|channel| {
            !channel.name().is_event() && (which == Which::All || channel.is_empty())
        });
        for channel in &channels {
            self.publish_from_views(channel, &views);
        }
        self.publish_accounts(&channels).await;
        if which == Which::All {
            self.shown = Some(views.seq);
            self.thinned
                .retain(|name, _| channels.iter().any(|channel| channel.name() == *name));
        }
        self.app.hub.signal();
    }

    fn publish_from_views(&mut self, channel: &Channel, views: &Views) {
        match channel.name() {
            ChannelName::Instruments => {
                channel.publish_rows(views.ts, show::instruments(&self.app, views), usize::MAX);
            }
            ChannelName::Accounts => {
                let rows = show::account_rows(&self.app, views);
                channel.publish_rows(views.ts, rows, usize::MAX);
            }
            ChannelName::Board(CompetitionId(competition)) => {
                if let Some(board) = views.boards.get(competition as usize) {
                    let (head, rows) = show::board(&self.app, board);
                    channel.publish_board(views.ts, head, rows);
                }
            }
            ChannelName::Candles(instrument, interval) => {
                // Only the newest candle of what is known can have changed.
                let since = channel.newest_row().unwrap_or(0);
                let candles = self
                    .app
                    .projections
                    .charts
                    .candles(instrument, interval, since);
                channel.publish_rows(views.ts, show::candles(&candles), CANDLES_MAX);
            }
            ChannelName::Equity(account) => {
                let charts = &self.app.projections.charts;
                let (points, thinned) = charts.curve(account, channel.newest_row().unwrap_or(0));
                if !channel.is_empty() && self.thinned.get(&channel.name()) == Some(&thinned) {
                    channel.publish_rows(views.ts, show::points(&points), CURVE_POINTS_MAX);
                } else {
                    let (points, thinned) = charts.curve(account, 0);
                    channel.replace_rows(views.ts, show::points(&points));
                    self.thinned.insert(channel.name(), thinned);
                }
            }
            ChannelName::Account(_) | ChannelName::Events | ChannelName::AccountEvents(_) => {}
        }
    }

    /// Asks the replica for all accounts that somebody watches, then takes the answers.
    async fn publish_accounts(&self, channels: &[Arc<Channel>]) {
        let mut asked = Vec::new();
        for channel in channels {
            if let ChannelName::Account(account) = channel.name()
                // When too many wait, the next round asks again.
                && let Ok(answer) = self.app.handle.account(account)
            {
                asked.push((channel, answer));
            }
        }
        for (channel, answer) in asked {
            let answer = time::timeout(self.app.config.limits.heartbeat_interval, answer).await;
            // A runtime that has ended answers nobody; its last state stays.
            let Ok(Ok(taken)) = answer else { return };
            if let Some(whole) = taken
                .account
                .and_then(|view| show::account(&self.app, &view))
            {
                channel.publish_whole(taken.ts, &whole);
            }
        }
    }
}
