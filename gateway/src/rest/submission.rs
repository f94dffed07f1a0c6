//! What a POST asks the engine for, and how it is sent: once for each `Idempotency-Key`, answered when the
//! outcome is durable.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rules::Competition;
use runtime::{AckMode, Lane, Receipt, Refused, Status};
use tokio::sync::oneshot;
use tokio::time;
use types::{
    AccountId, AdjustKind, Calendar, ClientOrderId, Codec, Command, CompetitionId, InstrumentId,
    Interval, MarketChange, Money, NewAlgo, NewOrder, OpenAccount, OrderList, TeamId,
};

use super::idempotency::{Answer, IDEMPOTENCY_REPLAYED, Known, Ticket};
use super::{json, outcome};
use crate::app::App;
use crate::dto::instrument::change::Conversion;
use crate::metrics::ack_mode;
use crate::problem::Problem;

/// The response header of every acknowledgement: what it means.
const ACK_MODE: HeaderName = HeaderName::from_static("ack-mode");

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Submission {
    /// An order.
    Order(NewOrder),
    /// Orders that depend on each other.
    List(OrderList),
    /// An order that the engine slices.
    Algo(NewAlgo),
    /// An account to be opened.
    Account(OpenAccount),
    /// A competition to be defined.
    Competition(Box<Competition>),
    /// An account's entry in a competition.
    Entry(ContestEntry),
    /// An interval of a calendar to be made known.
    Window {
        /// The calendar.
        calendar: Calendar,
        /// The interval.
        interval: Interval,
    },
    /// What the firm says of an instrument's market.
    Market {
        /// The instrument.
        instrument: InstrumentId,
        /// What becomes of it.
        change: MarketChange,
    },
    /// What a unit of a currency is worth in another.
    Conversion(Conversion),
    /// A payout of this amount.
    Payout(AccountId, Money),
    /// A step of scaling.
    Scale(AccountId),
}

/// An account's entry in a competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContestEntry {
    /// Which competition.
    pub(crate) competition: CompetitionId,
    /// Who enters.
    pub(crate) account: AccountId,
    /// Its team.
    pub(crate) team: Option<TeamId>,
}

impl Submission {
    /// The account that asks; `None` for the firm. A list has at least one order.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match self {
            Self::Order(order) => Some(order.account),
            Self::List(list) => list.orders.first().map(|order| order.account),
            Self::Algo(algo) => Some(algo.account),
            Self::Payout(account, _) | Self::Scale(account) => Some(*account),
            Self::Account(_)
            | Self::Competition(_)
            | Self::Entry(_)
            | Self::Window { .. }
            | Self::Market { .. }
            | Self::Conversion(_) => None,
        }
    }

    /// The field by which its sender knows it, and its value; of a list, that of its first order.
    fn name(&self) -> (&'static str, String) {
        let client_order = |id: ClientOrderId| ("client_order_id", id.to_string());
        match self {
            Self::Order(order) => client_order(order.client_order),
            Self::List(list) => {
                let first = list.orders.first();
                client_order(first.map_or(ClientOrderId(0), |order| order.client_order))
            }
            Self::Algo(algo) => client_order(algo.client_order),
            Self::Account(open) => ("name", open.name.to_string()),
            Self::Competition(competition) => ("name", competition.name.to_string()),
            Self::Entry(entry) => ("account", entry.account.to_string()),
            Self::Window { interval, .. } => ("start", interval.start.to_string()),
            Self::Market { instrument, .. } => ("instrument", instrument.to_string()),
            Self::Conversion(conversion) => ("from", conversion.from.to_string()),
            Self::Payout(_, amount) => ("amount", amount.to_string()),
            Self::Scale(account) => ("account", account.to_string()),
        }
    }

    fn command(&self) -> Command {
        match self {
            Self::Order(order) => Command::SubmitOrder(*order),
            Self::List(list) => Command::SubmitList(list.clone()),
            Self::Algo(algo) => Command::SubmitAlgo(*algo),
            Self::Account(open) => Command::OpenAccount(*open),
            Self::Competition(competition) => Command::DefineCompetition {
                spec: competition.to_bytes().into(),
            },
            Self::Entry(entry) => Command::EnterCompetition {
                competition: entry.competition,
                account: entry.account,
                team: entry.team,
            },
            Self::Window { calendar, interval } => Command::AnnounceWindow {
                calendar: *calendar,
                interval: *interval,
            },
            Self::Market { instrument, change } => Command::ChangeMarket {
                instrument: *instrument,
                change: *change,
            },
            Self::Conversion(Conversion { from, to, rate }) => Command::SetConversion {
                from: *from,
                to: *to,
                rate: *rate,
            },
            Self::Payout(account, amount) => Command::Adjust {
                account: *account,
                kind: AdjustKind::Payout,
                amount: *amount,
            },
            Self::Scale(account) => Command::Adjust {
                account: *account,
                kind: AdjustKind::Scale,
                amount: Money::ZERO,
            },
        }
    }

    const fn noun(&self) -> &'static str {
        match self {
            Self::Order(_) => "order",
            Self::List(_) => "list",
            Self::Algo(_) => "algo",
            Self::Account(_) => "account",
            Self::Competition(_) => "competition",
            Self::Entry(_) => "entry",
            Self::Window { .. } => "interval",
            Self::Market { .. } => "change",
            Self::Conversion(_) => "conversion",
            Self::Payout(..) => "payout",
            Self::Scale(_) => "step",
        }
    }

    /// How to find out what became of it.
    fn look_up(&self) -> String {
        let account = self.account().unwrap_or_default();
        let list = match self {
            Self::Account(_) => {
                return "GET /v1/accounts shows it if it was opened; sending it again opens another, \
                        unless it is with the same Idempotency-Key"
                    .to_owned();
            }
            Self::Competition(_) => {
                return "GET /v1/competitions shows it if it was defined; sending it again defines \
                        another, unless it is with the same Idempotency-Key"
                    .to_owned();
            }
            Self::Entry(entry) => {
                let (competition, account) = (entry.competition, entry.account);
                return format!(
                    "GET /v1/competitions/{competition}/board?around={account} shows it if it was \
                     made, and sending it again is safe: an account enters once"
                );
            }
            Self::Window { .. } => {
                return "GET /v1/windows shows what is known, and sending it again is safe: what is \
                        known is not announced twice"
                    .to_owned();
            }
            Self::Market { .. } => {
                return "GET /v1/accounts/{account} shows what was booked; sending it again books again, \
                        unless it is with the same Idempotency-Key"
                    .to_owned();
            }
            Self::Conversion(_) => {
                return "sending it again is safe: the newest rate counts".to_owned();
            }
            Self::Payout(..) => {
                return format!(
                    "GET /v1/accounts/{account} shows the number of the next payout; sending it again \
                     pays again, unless it is with the same Idempotency-Key"
                );
            }
            Self::Scale(_) => {
                return format!(
                    "GET /v1/accounts/{account} shows its size; sending it again asks for another \
                     step, unless it is with the same Idempotency-Key"
                );
            }
            Self::Algo(_) => format!("/v1/accounts/{account}/algos"),
            Self::Order(_) | Self::List(_) => {
                let (field, client_order) = self.name();
                format!("/v1/accounts/{account}/orders?{field}={client_order}")
            }
        };
        format!(
            "GET {list} shows it while it works, and sending it again is safe: a client_order_id is \
             taken only once, and duplicate_client_order then says that it was"
        )
    }
}

/// Sends a submission, or repeats the answer that its key got before.
pub(super) async fn send(
    app: &Arc<App>,
    submission: Submission,
    key: Option<String>,
) -> Result<Response, Problem> {
    let ticket = match key.map(|key| app.answers.begin(key, submission.clone())) {
        None => None,
        Some(Known::Nothing(ticket)) => Some(ticket),
        Some(Known::Answer(answer)) => {
            let mut response = response(&answer);
            let replayed = HeaderValue::from_static("true");
            response
                .headers_mut()
                .insert(IDEMPOTENCY_REPLAYED, replayed);
            return Ok(response);
        }
        Some(Known::InProgress) => {
            let detail = "the first request with this Idempotency-Key is still being executed";
            return Err(Problem::new(StatusCode::CONFLICT, "in_progress", detail).retry_after(1));
        }
        Some(Known::Other) => {
            let detail = "this Idempotency-Key was used for another request";
            let problem = Problem::new(StatusCode::CONFLICT, "idempotency_key_reused", detail);
            return Err(problem.with("Idempotency-Key", None, "a new key for a new request"));
        }
    };

    let permit = Arc::clone(&app.commands)
        .try_acquire_owned()
        .map_err(|_| too_many(app))?;
    lives(app)?;
    let receipt = app.handle.submit(submission.command()).map_err(refused)?;
    // A task of its own, so that the answer is kept even when the client has gone.
    let unknown = unknown(app, &submission);
    let finish = {
        let (app, unknown) = (Arc::clone(app), unknown.clone());
        tokio::spawn(async move {
            let answer = answer(&app, &submission, unknown, ticket, receipt).await;
            drop(permit);
            answer
        })
    };
    match time::timeout(app.config.limits.receipt_wait_max, finish).await {
        Ok(Ok(answer)) => answer.map(|answer| response(&answer)),
        Ok(Err(_)) | Err(_) => Err(unknown),
    }
}

/// The receipt of a command that has no key. `look_up` says where its outcome shows, should the receipt
/// not come in time.
pub(super) async fn execute(
    app: &App,
    command: Command,
    look_up: &str,
) -> Result<Receipt, Problem> {
    let permits = match Lane::of(&command) {
        Lane::Cancels => &app.cancels,
        _ => &*app.commands,
    };
    let _permit = permits.try_acquire().map_err(|_| too_many(app))?;
    lives(app)?;
    let receipt = app.handle.submit(command).map_err(refused)?;
    match time::timeout(app.config.limits.receipt_wait_max, receipt).await {
        Ok(Ok(receipt)) => Ok(receipt),
        Ok(Err(_)) => Err(stopped(app)),
        Err(_) => Err(Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "outcome_unknown",
            format!(
                "the change was not confirmed in time, and it is not known whether it took effect; \
                 GET {look_up}, and it may be sent again"
            ),
        )),
    }
}

/// Waits for the receipt, and leaves the answer with the ticket. A receipt that never comes leaves the
/// key in use, since the command may have been taken.
async fn answer(
    app: &App,
    submission: &Submission,
    unknown: Problem,
    ticket: Option<Ticket>,
    receipt: oneshot::Receiver<Receipt>,
) -> Result<Answer, Problem> {
    let Ok(receipt) = receipt.await else {
        if let (Status::Failed(_), Some(ticket)) = (app.handle.status(), ticket) {
            ticket.answer(Answer {
                ack: None,
                status: unknown.status(),
                body: unknown.body().into(),
            });
        }
        return Err(stopped(app));
    };
    let answer = match told(app, submission, &receipt) {
        Ok((is_new, body)) => Answer {
            ack: Some(receipt.ack),
            status: if is_new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            },
            body: body.into(),
        },
        Err(problem) => Answer {
            ack: Some(receipt.ack),
            status: problem.status(),
            body: problem.body().into(),
        },
    };
    if let Some(ticket) = ticket {
        ticket.answer(answer.clone());
    }
    Ok(answer)
}

/// What became of a submission: whether there is something new by it, and the body of the answer.
fn told(app: &App, submission: &Submission, receipt: &Receipt) -> Result<(bool, String), Problem> {
    let body = match submission {
        Submission::Order(order) => outcome::of_order(app, order, receipt),
        Submission::List(list) => outcome::of_list(app, list, receipt),
        Submission::Algo(algo) => outcome::of_algo(app, algo, receipt),
        Submission::Account(open) => outcome::life::of_opening(app, open, receipt),
        Submission::Competition(_) => outcome::contest::of_definition(app, receipt),
        Submission::Entry(entry) => outcome::contest::of_entry(app, *entry, receipt),
        Submission::Payout(account, amount) => {
            outcome::money::of_payout(app, *account, *amount, receipt)
        }
        Submission::Scale(account) => outcome::money::of_step(app, *account, receipt),
        Submission::Market { instrument, change } => {
            let told = outcome::market::of_change(app, *instrument, *change, receipt);
            return told.map(|body| (false, body));
        }
        Submission::Conversion(conversion) => {
            let told = outcome::market::of_conversion(app, *conversion, receipt);
            return told.map(|body| (false, body));
        }
        Submission::Window { calendar, interval } => {
            return outcome::of_announcement(app, *calendar, *interval, receipt);
        }
    };
    body.map(|body| (true, body))
}

fn response(answer: &Answer) -> Response {
    let mut response = json(answer.status, answer.body.to_string());
    if !answer.status.is_success() {
        let content_type = HeaderValue::from_static("application/problem+json");
        response
            .headers_mut()
            .insert(axum::http::header::CONTENT_TYPE, content_type);
    }
    if let Some(ack) = answer.ack {
        state_ack(&mut response, ack);
    }
    response
}

/// What became of a command, acceptance or refusal, as its receipt tells it.
pub(super) fn acknowledged(receipt: &Receipt, told: Result<Response, Problem>) -> Response {
    let mut response = told.into_response();
    state_ack(&mut response, receipt.ack);
    response
}

fn state_ack(response: &mut Response, ack: AckMode) {
    let mode = HeaderValue::from_static(ack_mode(ack));
    response.headers_mut().insert(ACK_MODE, mode);
}

/// The key of a request, if it has one.
pub(super) fn key(app: &App, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    super::idempotency::key(headers, app.config.limits.idempotency_key_chars_max)
}

/// As many commands are in flight as the server takes.
fn too_many(app: &App) -> Problem {
    app.traffic.command_refused();
    overloaded("server")
}

pub(super) fn overloaded(who: &str) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        format!("the {who} has as many commands waiting as it takes; this one was not taken"),
    )
    .retry_after(1)
}

/// The runtime did not take a command.
fn refused(why: Refused) -> Problem {
    match why {
        Refused::Overloaded(_) => overloaded("engine"),
        Refused::Stopped => {
            Problem::unavailable("the engine has stopped; the command was not taken")
        }
        Refused::DiskFull => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "disk_full",
            "the disk has no room for the journal; this command was not taken, and none is until there is \
             room",
        )
        .retry_after(5),
    }
}

/// A command that comes after the engine has failed is certainly not taken.
fn lives(app: &App) -> Result<(), Problem> {
    match app.handle.status() {
        Status::Failed(reason) => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "failed",
            format!("the engine has failed, and this command was not taken: {reason}"),
        )),
        _ => Ok(()),
    }
}

/// The receipt will not come: the runtime ended first.
pub(super) fn stopped(app: &App) -> Problem {
    match app.handle.status() {
        Status::Failed(reason) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "outcome_unknown",
            format!(
                "the engine failed before it answered, and it is not known whether the command took effect: {reason}"
            ),
        ),
        _ => Problem::unavailable("the engine has stopped; the command was not taken"),
    }
}

fn unknown(app: &App, submission: &Submission) -> Problem {
    let (noun, look_up) = (submission.noun(), submission.look_up());
    let waited_s = app.config.limits.receipt_wait_max.as_secs();
    let (field, value) = submission.name();
    Problem::new(
        StatusCode::GATEWAY_TIMEOUT,
        "outcome_unknown",
        format!(
            "the {noun} was not confirmed within {waited_s} s, and it is not known whether it took \
             effect; {look_up}"
        ),
    )
    .with(field, Some(&value), "to be looked up")
}
