//! A small firm: two instruments, three accounts, one competition, a market that the test moves, and
//! the gateway in front.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use gateway::{Config, Limits, Projections, Server, serve};
use rules::{
    Allowance, BoardKind, Competition, Conduct, ContestRules, DailyAnchor, DailyLoss, Gates, Life,
    MaxLoss, Plan, Stage, StopTrailing, Target, TrailSource,
};
use runtime::{AckMode, Handle, Next, Runtime, Shard, Source, Status};
use tempfile::TempDir;
use types::{
    AccountId, Codec, Command, CompetitionId, Effect, FeeSchedule, InputKind, Instrument,
    InstrumentId, InstrumentKind, Label, Liquidity, Margin, MarketData, MarketEvent, Money,
    OpenAccount, PaperModel, PlanId, Price, Qty, Quote, Ratio, RollSchedule, Terms, Timer,
    TimestampNs,
};

/// 2024-01-03T12:00:00Z, a Wednesday.
pub(crate) const NOON_S: u64 = 1_704_283_200;
const SECOND: u64 = 1_000_000_000;
pub(crate) const ACCOUNTS: u32 = 3;

/// What the test lets happen on the shard's thread.
enum Step {
    Input(TimestampNs, InputKind),
    /// Nothing, until the other end is dropped.
    Stall(Receiver<()>),
    /// A panic, which is the end of the engine.
    Panic,
}

struct Tape(Receiver<Step>);

impl Source for Tape {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        match self.0.try_recv() {
            Ok(Step::Input(ts, kind)) => Next::Input { ts, kind },
            Ok(Step::Stall(until)) => {
                let _ = until.recv();
                Next::Wait(Duration::ZERO)
            }
            Ok(Step::Panic) => panic!("the source broke"),
            Err(_) => Next::Wait(Duration::from_millis(1)),
        }
    }
}

/// A running firm.
pub(crate) struct Venue {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    tape: SyncSender<Step>,
    server: Option<Server>,
    runtime: Option<Runtime>,
    directory: TempDir,
    /// What the server is started with, until it is.
    unserved: Option<(Config, Arc<Projections>)>,
}

/// The usual limits, but quick.
pub(crate) fn quick() -> Limits {
    Limits {
        publish_interval: Duration::from_millis(5),
        heartbeat_interval: Duration::from_millis(100),
        ..Limits::default()
    }
}

impl Venue {
    pub(crate) async fn open() -> Self {
        Self::with(quick()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::new(limits, AckMode::Durable).await
    }

    pub(crate) async fn acknowledging(ack_mode: AckMode) -> Self {
        Self::new(quick(), ack_mode).await
    }

    async fn new(limits: Limits, ack_mode: AckMode) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let venue = Self::start_in(directory, limits, ack_mode, true, true).await;
        venue.set_up();
        venue.settle().await;
        venue
    }

    /// Stops everything and starts it again on the same data; `serving` says whether with the server.
    pub(crate) async fn restart(self, limits: Limits, serving: bool) -> Self {
        self.again(limits, serving, true).await
    }

    /// Stops everything and starts it again from its snapshot alone: what came before is not shown again.
    pub(crate) async fn restart_without_past(self) -> Self {
        self.again(quick(), true, false).await
    }

    async fn again(mut self, limits: Limits, serving: bool, with_past: bool) -> Self {
        if self.server.is_some() {
            assert!(self.stop_server().await);
        }
        self.stop_runtime();
        Self::start(self.directory, limits, serving, with_past).await
    }

    async fn start(directory: TempDir, limits: Limits, serving: bool, with_past: bool) -> Self {
        Self::start_in(directory, limits, AckMode::Durable, serving, with_past).await
    }

    async fn start_in(
        directory: TempDir,
        limits: Limits,
        ack_mode: AckMode,
        serving: bool,
        with_past: bool,
    ) -> Self {
        let projections = Projections::new();
        let mut settings = runtime::Config::new(directory.path());
        settings.ack_mode = ack_mode;
        settings.projection = Some(projections.hook());
        settings.views_interval = Duration::from_millis(2);
        if !with_past {
            settings.projection_replay_max = 0;
        }
        let (tape, source) = sync_channel(100_000);
        let runtime = Runtime::start(settings, Box::new(Tape(source))).unwrap();
        let handle = runtime.handle();
        let config = Config {
            address: "127.0.0.1:0".parse().unwrap(),
            rate: Some(8_640),
            limits,
            ..Config::default()
        };
        let mut venue = Self {
            address: config.address,
            handle,
            tape,
            server: None,
            runtime: Some(runtime),
            directory,
            unserved: Some((config, projections)),
        };
        if serving {
            venue.serve().await;
        }
        venue
    }

    /// Starts the server of a venue that runs without it.
    pub(crate) async fn serve(&mut self) {
        let (config, projections) = self.unserved.take().unwrap();
        let server = serve(self.handle.clone(), config, projections)
            .await
            .unwrap();
        self.address = server.address();
        self.server = Some(server);
    }

    /// Opens one more account, by the market's way in.
    pub(crate) fn open_account(&self, name: &str) {
        let account = OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: label(name),
        };
        self.push(0, InputKind::Command(Command::OpenAccount(account)));
    }

    /// Registers one more instrument, with a book among the accounts; its id.
    pub(crate) async fn list_crossed(&self) -> u32 {
        let id = self.handle.views().instruments.len();
        let command = instrument("XDX", Liquidity::Crossed);
        self.push(0, InputKind::Command(command));
        while self.handle.views().instruments.len() == id {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.settle().await;
        id as u32
    }

    /// Makes one more plan known, number 1.
    pub(crate) async fn define_plan(&self, plan: &Plan) {
        let spec = plan.to_bytes().into();
        self.push(0, InputKind::Command(Command::DefinePlan { spec }));
        self.settle().await;
    }

    /// A command comes in, not over HTTP.
    pub(crate) fn command(&self, command: Command) {
        self.push(0, InputKind::Command(command));
    }

    fn set_up(&self) {
        let mut commands = vec![
            instrument("BTCUSDT", Liquidity::Paper(PaperModel::default())),
            instrument("ETHUSDT", Liquidity::Paper(PaperModel::default())),
            Command::DefinePlan {
                spec: plan().to_bytes().into(),
            },
        ];
        for name in ["anna", "ben", "carl"] {
            let account = OpenAccount {
                plan: PlanId(0),
                parent: None,
                name: label(name),
            };
            commands.push(Command::OpenAccount(account));
        }
        commands.push(Command::DefineCompetition {
            spec: competition().to_bytes().into(),
        });
        for account in 0..ACCOUNTS {
            let competition = CompetitionId(0);
            let account = AccountId(account);
            commands.push(Command::EnterCompetition {
                competition,
                account,
                team: None,
            });
        }
        for command in commands {
            self.push(0, InputKind::Command(command));
        }
        self.quote(0, 40_000);
    }

    fn push(&self, second: u64, kind: InputKind) {
        let ts = TimestampNs((NOON_S + second) * SECOND);
        self.tape.send(Step::Input(ts, kind)).unwrap();
        self.handle.wake();
    }

    /// The feed of BTCUSDT loses track, so many seconds after noon.
    pub(crate) fn lose(&self, second: u64) {
        self.say(second, MarketData::Gap);
    }

    /// A quote of BTCUSDT: this bid, and an ask one above it, so many seconds after noon.
    pub(crate) fn quote(&self, second: u64, bid: i64) {
        let quote = Quote {
            bid: Price::whole(bid),
            bid_qty: Qty::whole(5),
            ask: Price::whole(bid + 1),
            ask_qty: Qty::whole(5),
        };
        self.say(second, MarketData::Quote(quote));
    }

    fn say(&self, second: u64, data: MarketData) {
        let ts_event = TimestampNs((NOON_S + second) * SECOND);
        let event = MarketEvent {
            instrument: InstrumentId(0),
            ts_event,
            data,
        };
        self.push(second, InputKind::Market(event));
    }

    /// Time passes, to so many seconds after noon.
    pub(crate) fn pass(&self, second: u64) {
        self.push(second, InputKind::Timer(Timer::Clock));
    }

    /// The engine fails; returns when that is known.
    pub(crate) async fn fail(&self) {
        self.tape.send(Step::Panic).unwrap();
        self.handle.wake();
        let mut status = self.handle.status_changes();
        let failed = status.wait_for(|status| matches!(status, Status::Failed(_)));
        failed.await.unwrap();
    }

    /// Nothing is applied until the returned end is dropped.
    pub(crate) fn stall(&self) -> SyncSender<()> {
        let (release, until) = sync_channel(1);
        self.tape.send(Step::Stall(until)).unwrap();
        self.handle.wake();
        release
    }

    /// Waits until everything that was pushed is durable and shown.
    pub(crate) async fn settle(&self) {
        // A command goes through the same queue of the shard, after the inputs that wait.
        while self.handle.views().accounts.len() < ACCOUNTS as usize {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // Whoever waits at the second one has applied what came before the first.
        for _ in 0..2 {
            self.reach().await;
        }
        loop {
            let seq = self.handle.applied_seq();
            tokio::time::sleep(Duration::from_millis(10)).await;
            if self.handle.applied_seq() == seq && self.handle.views().seq == seq {
                return;
            }
        }
    }

    /// Waits until the shard has asked for all that was pushed, or does not ask any more.
    async fn reach(&self) {
        let (passed, until) = sync_channel(0);
        if self.tape.send(Step::Stall(until)).is_err() {
            return;
        }
        self.handle.wake();
        for _ in 0..5_000 {
            if passed.try_send(()) != Err(TrySendError::Full(())) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Stops the server alone; whether everybody left in time.
    pub(crate) async fn stop_server(&mut self) -> bool {
        self.server.take().unwrap().shutdown().await
    }

    /// Stops the runtime behind the server's back.
    pub(crate) fn stop_runtime(&mut self) {
        self.runtime.take().unwrap().stop().unwrap();
    }
}

pub(crate) fn label(text: &str) -> Label {
    text.parse().unwrap()
}

fn schedule() -> RollSchedule {
    RollSchedule {
        zone: label("America/New_York"),
        minute: 17 * 60,
    }
}

pub(crate) fn plan() -> Plan {
    Plan {
        name: label("Steady 50K"),
        version: 1,
        currency: label("USD"),
        initial_balance: Money::whole(50_000),
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: schedule(),
        stage: Stage::Evaluation { phase: 1 },
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::OfInitial(Ratio(50_000_000)),
            effect: Effect::LockForDay,
            touch_is_breach: true,
            changes: rules::DailyChanges::default(),
        }),
        max_loss: Some(MaxLoss {
            trail: TrailSource::TickEquity,
            allowance: Allowance::Fixed(Money::whole(3_000)),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        profit_target: Some(Target::Fixed(Money::whole(3_000))),
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        terms: Terms::default(),
        conduct: Conduct::default(),
        life: Life::default(),
    }
}

fn competition() -> Competition {
    Competition {
        name: label("January"),
        kind: BoardKind::Demo,
        weights: Competition::standard_weights(),
        loss_limit: Ratio(200_000_000),
        gates: Gates {
            active_days: 5,
            round_turns: 10,
        },
        days: rules::TradingDays::default(),
        schedule: schedule(),
        contest: ContestRules::default(),
    }
}

fn instrument(symbol: &str, liquidity: Liquidity) -> Command {
    Command::RegisterInstrument(Box::new(Instrument {
        symbol: label(symbol),
        kind: InstrumentKind::CryptoSpot,
        currency: label("USD"),
        tick_size: Price(10_000_000),
        lot_size: Qty(100_000),
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(10),
        fees: FeeSchedule::default(),
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity,
    }))
}
