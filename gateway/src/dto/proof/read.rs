//! Strict reading of a proof's document.

use std::fmt::Display;
use std::str::FromStr;

use rules::{Fault, Plan, Proof, ProofPosition, Verdict};
use types::{
    AccountId, BaselineOrigin, BaselineSource, Breach, BreachPosition, CashBasis, Consistency,
    Lapse, LimitBasis, Money, Notional, PayoutDenial, PlanHash, Price, Rest, VerdictBasis,
};

use super::{FORMAT, hash_of, plan_faults, rest, unhex};
use crate::dto::document::{Field, FieldError, Node, Table};
use crate::dto::{percent, plan};

const WHOLE: &str = "a whole number from 0 in quotes";
const AMOUNT: &str = "an amount in quotes in its shortest form, such as \"2500.5\"";
const PRICE: &str = "a price in quotes in its shortest form, such as \"65012.35\"";
const QTY: &str = "a quantity in quotes in its shortest form, such as \"0.5\"";
const EXACT: &str = "an exact amount in quotes in its shortest form, with at most 17 decimals";
const HASH: &str = "64 hexadecimal digits in lower case";

/// A proof as a document has it, before anything is recomputed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofDocument {
    /// The proof.
    pub proof: Proof,
    /// What the document says the digest is.
    pub digest: PlanHash,
    /// Where the readable plan is not the plan of the canonical bytes.
    plan_faults: Vec<Fault>,
}

impl ProofDocument {
    /// Recomputes every figure.
    ///
    /// # Errors
    /// The figures that do not come out.
    pub fn verify(&self) -> Result<(), Vec<Fault>> {
        let mut faults = self.plan_faults.clone();
        if let Err(more) = self.proof.verify(self.digest) {
            faults.extend(more);
        }
        faults.extend(rest::fault(&self.proof));
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

/// The JSON documents of a text, one after the other: a whole file, or one on each line.
pub fn documents(bytes: &[u8]) -> impl Iterator<Item = Result<Node, String>> {
    serde_json::Deserializer::from_slice(bytes)
        .into_iter::<Node>()
        .map(|node| node.map_err(|error| error.to_string()))
}

/// The proof of a document.
///
/// # Errors
/// The first field that is not accepted, unknown or missing.
pub fn read(node: &Node) -> Result<ProofDocument, FieldError> {
    let table = Field::root(node).table(&[
        "format",
        "shard",
        "seq",
        "ts",
        "account_name",
        "verdict",
        "basis",
        "limits",
        "consistency",
        "positions",
        "cash",
        "plan",
        "plan_bytes",
        "digest",
    ])?;
    let format = table.field("format");
    let accepted = format!("{FORMAT}, the version of the document, without quotes");
    if format.integer::<u32>(&accepted)? != FORMAT {
        return Err(format.error(accepted));
    }
    let basis = read_basis(&table.field("basis"))?;
    let account = basis.account;
    let consistency = table.field("consistency").nullable()?;
    let consistency = consistency
        .map(|field| read_consistency(&field, account))
        .transpose()?;
    let limits = table.field("limits").list()?;
    let positions = table.field("positions").list()?;
    let cash = table.field("cash").list()?;
    let (plan, plan_faults) = read_plan(&table)?;
    let proof = Proof {
        shard: exact(&table.field("shard"), WHOLE)?,
        seq: exact(&table.field("seq"), WHOLE)?,
        ts: table.field("ts").timestamp()?,
        account_name: table.field("account_name").name()?,
        verdict: read_verdict(&table.field("verdict"), &basis, consistency)?,
        limits: limits
            .iter()
            .map(|field| read_limit(field, account))
            .collect::<Result<_, _>>()?,
        positions: positions
            .iter()
            .map(|field| read_position(field, account))
            .collect::<Result<_, _>>()?,
        cash: cash
            .iter()
            .map(|field| read_cash(field, account))
            .collect::<Result<_, _>>()?,
        plan,
        basis,
        consistency,
    };
    Ok(ProofDocument {
        proof,
        digest: hash(&table.field("digest"))?,
        plan_faults,
    })
}

/// A figure in the one form that it is written in.
fn exact<T: FromStr + Display>(field: &Field<'_>, accepted: &str) -> Result<T, FieldError> {
    let text = field.text(accepted)?;
    let value: Option<T> = text.parse().ok();
    value
        .filter(|value| value.to_string() == text)
        .ok_or_else(|| field.error(accepted))
}

fn money(table: &Table<'_>, name: &str) -> Result<Money, FieldError> {
    exact(&table.field(name), AMOUNT)
}

fn money_or_null(table: &Table<'_>, name: &str) -> Result<Option<Money>, FieldError> {
    let field = table.field(name).nullable()?;
    field.map(|field| exact(&field, AMOUNT)).transpose()
}

fn price(table: &Table<'_>, name: &str) -> Result<Price, FieldError> {
    exact(&table.field(name), PRICE)
}

fn notional(table: &Table<'_>, name: &str) -> Result<Notional, FieldError> {
    let field = table.field(name);
    let text = field.text(EXACT)?;
    notional_of(text)
        .filter(|amount| amount.to_string() == text)
        .ok_or_else(|| field.error(EXACT))
}

/// An exact amount from text; `None` when it is none or out of range.
pub(super) fn notional_of(text: &str) -> Option<Notional> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let missing = (Notional::DECIMALS as usize).checked_sub(fraction.len())?;
    let units = format!("{sign}{whole}{fraction}{}", "0".repeat(missing));
    units.parse().ok().map(Notional)
}

fn hash(field: &Field<'_>) -> Result<PlanHash, FieldError> {
    hash_of(field.text(HASH)?).ok_or_else(|| field.error(HASH))
}

/// The plan of the canonical bytes, and where the readable one is another.
fn read_plan(table: &Table<'_>) -> Result<(Plan, Vec<Fault>), FieldError> {
    const BYTES: &str = "the canonical bytes of a valid plan in hexadecimal, in lower case";
    let bytes = table.field("plan_bytes");
    let plan = unhex(bytes.text(BYTES)?)
        .and_then(|bytes| Plan::from_spec(&bytes).ok())
        .ok_or_else(|| bytes.error(BYTES))?;
    let readable = table.field("plan");
    let faults = match (plan::read(&readable, &[])?, readable.node()) {
        (same, _) if same == plan => Vec::new(),
        (_, node) => plan_faults(node.unwrap_or(&Node::Null), &plan),
    };
    Ok((plan, faults))
}

fn read_verdict(
    field: &Field<'_>,
    basis: &VerdictBasis,
    consistency: Option<Consistency>,
) -> Result<Verdict, FieldError> {
    const KIND: &str =
        "\"breach\" or \"passed\" or \"inactive\" or \"lapsed\" or \"payout_denied\"";
    let kind = field.tag("kind")?;
    match kind.text(KIND)? {
        "breach" => read_breach(field, basis).map(Verdict::Breach),
        "passed" => field.table(&["kind"]).map(|_| Verdict::Passed),
        "inactive" => read_rest(field, basis).map(Verdict::Inactive),
        "lapsed" => read_lapse(field, basis).map(Verdict::Lapsed),
        "payout_denied" => read_denial(field, consistency),
        _ => Err(kind.error(KIND)),
    }
}

fn read_breach(field: &Field<'_>, basis: &VerdictBasis) -> Result<Breach, FieldError> {
    let table = field.table(&[
        "kind",
        "rule",
        "effect",
        "primary",
        "touch_is_breach",
        "balance",
        "equity",
        "baseline",
        "allowance",
        "floor",
    ])?;
    Ok(Breach {
        account: basis.account,
        rule: table.field("rule").word()?,
        effect: table.field("effect").word()?,
        primary: table.field("primary").boolean()?,
        touch_is_breach: table.field("touch_is_breach").boolean()?,
        balance: money(&table, "balance")?,
        equity: notional(&table, "equity")?,
        baseline: money(&table, "baseline")?,
        allowance: money(&table, "allowance")?,
        floor: money(&table, "floor")?,
        plan: basis.plan,
        plan_version: basis.plan_version,
        plan_hash: basis.plan_hash,
        positions: basis.positions,
    })
}

fn read_rest(field: &Field<'_>, basis: &VerdictBasis) -> Result<Rest, FieldError> {
    let table = field.table(&[
        "kind",
        "days",
        "limit",
        "effect",
        "active",
        "active_seq",
        "active_ts",
        "opens",
        "equity",
    ])?;
    Ok(Rest {
        account: basis.account,
        days: exact(&table.field("days"), WHOLE)?,
        limit: exact(&table.field("limit"), WHOLE)?,
        effect: table.field("effect").word()?,
        active: table.field("active").day()?,
        active_seq: exact(&table.field("active_seq"), WHOLE)?,
        active_ts: table.field("active_ts").timestamp()?,
        opens: table.field("opens").day()?,
        equity: notional(&table, "equity")?,
        positions: basis.positions,
    })
}

fn read_lapse(field: &Field<'_>, basis: &VerdictBasis) -> Result<Lapse, FieldError> {
    let table = field.table(&[
        "kind", "limit", "counts", "effect", "opened", "last", "opens", "equity",
    ])?;
    Ok(Lapse {
        account: basis.account,
        limit: exact(&table.field("limit"), WHOLE)?,
        counts: table.field("counts").word()?,
        effect: table.field("effect").word()?,
        opened: table.field("opened").day()?,
        last: table.field("last").day()?,
        opens: table.field("opens").day()?,
        equity: notional(&table, "equity")?,
        positions: basis.positions,
    })
}

fn read_denial(field: &Field<'_>, consistency: Option<Consistency>) -> Result<Verdict, FieldError> {
    const REASON: &str = "\"not_in_plan\" or \"not_eligible_state\" or \"amount_not_positive\" or \
        \"not_flat\" or \"too_few_days\" or \"too_soon\" or \"consistency\" or \"below_minimum\" or \
        \"above_eligible\" or \"would_breach\"";
    let why = field.tag("reason")?;
    let word = why.text(REASON)?;
    let mut known = vec!["kind", "requested", "eligible", "reason"];
    match word {
        "too_few_days" | "too_soon" => known.extend(["has", "needs"]),
        "below_minimum" => known.push("min"),
        _ => {}
    }
    let table = field.table(&known)?;
    let reason = match word {
        "not_in_plan" => PayoutDenial::NotInPlan,
        "not_eligible_state" => PayoutDenial::NotEligibleState,
        "amount_not_positive" => PayoutDenial::AmountNotPositive,
        "not_flat" => PayoutDenial::NotFlat,
        "too_few_days" => PayoutDenial::TooFewDays {
            has: exact(&table.field("has"), WHOLE)?,
            needs: exact(&table.field("needs"), WHOLE)?,
        },
        "too_soon" => PayoutDenial::TooSoon {
            has: exact(&table.field("has"), WHOLE)?,
            needs: exact(&table.field("needs"), WHOLE)?,
        },
        "below_minimum" => PayoutDenial::BelowMinimum {
            min: money(&table, "min")?,
        },
        // The standing that the reason is about is the document's.
        "consistency" => PayoutDenial::Consistency(
            consistency.ok_or_else(|| why.error("another reason where consistency is null"))?,
        ),
        "above_eligible" => PayoutDenial::AboveEligible,
        "would_breach" => PayoutDenial::WouldBreach,
        _ => return Err(why.error(REASON)),
    };
    Ok(Verdict::PayoutDenied {
        requested: money(&table, "requested")?,
        eligible: money(&table, "eligible")?,
        reason,
    })
}

fn read_basis(field: &Field<'_>) -> Result<VerdictBasis, FieldError> {
    let table = field.table(&[
        "account",
        "plan",
        "plan_version",
        "plan_hash",
        "size",
        "own",
        "balance",
        "excluded",
        "never_paid",
        "beyond_best_day",
        "days",
        "payout_days",
        "positions",
        "payouts",
        "days_since_payout",
    ])?;
    // Where there are none, they are left out.
    let count = |name: &str| match table.optional(name) {
        None => Ok(0),
        Some(field) => match exact(&field, WHOLE)? {
            0 => Err(field.error("a whole number from 1 in quotes, or nothing")),
            count => Ok(count),
        },
    };
    Ok(VerdictBasis {
        account: exact(&table.field("account"), WHOLE)?,
        plan: exact(&table.field("plan"), WHOLE)?,
        plan_version: exact(&table.field("plan_version"), WHOLE)?,
        plan_hash: hash(&table.field("plan_hash"))?,
        size: money(&table, "size")?,
        own: money(&table, "own")?,
        balance: money(&table, "balance")?,
        excluded: money(&table, "excluded")?,
        never_paid: money(&table, "never_paid")?,
        beyond_best_day: money(&table, "beyond_best_day")?,
        days: exact(&table.field("days"), WHOLE)?,
        payout_days: exact(&table.field("payout_days"), WHOLE)?,
        positions: exact(&table.field("positions"), WHOLE)?,
        payouts: count("payouts")?,
        days_since_payout: count("days_since_payout")?,
    })
}

fn read_limit(field: &Field<'_>, account: AccountId) -> Result<LimitBasis, FieldError> {
    let table = field.table(&[
        "rule",
        "baseline",
        "baseline_seq",
        "baseline_ts",
        "baseline_from",
        "peak",
        "allowance",
        "floor",
        "lowered",
        "held",
    ])?;
    Ok(LimitBasis {
        account,
        rule: table.field("rule").word()?,
        baseline: money(&table, "baseline")?,
        origin: BaselineOrigin {
            seq: exact(&table.field("baseline_seq"), WHOLE)?,
            ts: table.field("baseline_ts").timestamp()?,
            source: read_source(&table)?,
        },
        allowance: money(&table, "allowance")?,
        floor: money(&table, "floor")?,
        lowered: money(&table, "lowered")?,
        held: money_or_null(&table, "held")?,
    })
}

fn read_source(table: &Table<'_>) -> Result<BaselineSource, FieldError> {
    const FROM: &str = "\"opening\" or \"roll\" or \"equity\" or \"closed_balance\" or \"scaling\"";
    let from = table.field("baseline_from");
    let peak = table.field("peak");
    let source = match from.text(FROM)? {
        "equity" => return Ok(BaselineSource::Equity(notional(table, "peak")?)),
        "opening" => BaselineSource::Opening,
        "roll" => BaselineSource::Roll,
        "closed_balance" => BaselineSource::ClosedBalance,
        "scaling" => BaselineSource::Scaling,
        _ => return Err(from.error(FROM)),
    };
    match peak.nullable()? {
        None => Ok(source),
        Some(peak) => Err(peak.error("null, where the baseline is no peak of live equity")),
    }
}

fn read_consistency(field: &Field<'_>, account: AccountId) -> Result<Consistency, FieldError> {
    const CAP: &str = "a percentage in quotes in its shortest form, with at most 7 decimals";
    let table = field.table(&[
        "best_day",
        "total",
        "denominator",
        "cap_pct",
        "inclusive",
        "met",
        "total_needed",
        "next_day_max",
    ])?;
    let cap = table.field("cap_pct");
    let text = cap.text(CAP)?;
    Ok(Consistency {
        account,
        best_day: money(&table, "best_day")?,
        total: money(&table, "total")?,
        denominator: money(&table, "denominator")?,
        cap: percent::parse(text)
            .filter(|share| percent::exact(*share) == text)
            .ok_or_else(|| cap.error(CAP))?,
        inclusive: table.field("inclusive").boolean()?,
        met: table.field("met").boolean()?,
        total_needed: money_or_null(&table, "total_needed")?,
        next_day_max: money_or_null(&table, "next_day_max")?,
    })
}

fn read_position(field: &Field<'_>, account: AccountId) -> Result<ProofPosition, FieldError> {
    let table = field.table(&[
        "instrument",
        "symbol",
        "currency",
        "contract_size",
        "tick_size",
        "position",
        "cost",
        "bid",
        "ask",
        "last",
        "mark",
        "mark_seq",
        "unrealised",
    ])?;
    Ok(ProofPosition {
        facts: BreachPosition {
            account,
            instrument: exact(&table.field("instrument"), WHOLE)?,
            position: exact(&table.field("position"), QTY)?,
            cost: notional(&table, "cost")?,
            bid: price(&table, "bid")?,
            ask: price(&table, "ask")?,
            last: match table.field("last").nullable()? {
                Some(_) => Some(price(&table, "last")?),
                None => None,
            },
            mark: price(&table, "mark")?,
            mark_seq: exact(&table.field("mark_seq"), WHOLE)?,
            unrealised: notional(&table, "unrealised")?,
        },
        symbol: table.field("symbol").name()?,
        currency: table.field("currency").name()?,
        contract_size: exact(&table.field("contract_size"), QTY)?,
        tick_size: price(&table, "tick_size")?,
    })
}

fn read_cash(field: &Field<'_>, account: AccountId) -> Result<CashBasis, FieldError> {
    let table = field.table(&["currency", "cash", "rate"])?;
    Ok(CashBasis {
        account,
        currency: table.field("currency").name()?,
        cash: money(&table, "cash")?,
        rate: price(&table, "rate")?,
    })
}
