use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use types::{
    AccountId, BaselineOrigin, BaselineSource, BreachPosition, Effect, InactivityEffect,
    InstrumentId, Label, Money, Notional, PlanId, Price, Qty, Ratio, RuleKind, Seq, ShardId,
    SignedQty, TimestampNs, TradingDay,
};

use super::*;
use crate::dto::plan::from_toml;

const PLANS: [&str; 4] = [
    include_str!("../../../../fixtures/plans/static-100k.toml"),
    include_str!("../../../../fixtures/plans/eod-trail-50k.toml"),
    include_str!("../../../../fixtures/plans/live-trail-50k.toml"),
    include_str!("../../../../fixtures/plans/sprint-25k.toml"),
];

fn plan(number: usize) -> Plan {
    from_toml("plan.toml", PLANS[number % PLANS.len()]).unwrap()
}

fn label(text: &str) -> Label {
    text.parse().unwrap()
}

/// Figures of no meaning, taken one after the other; `i64::MIN` has no text.
struct Figures(std::vec::IntoIter<i64>);

impl Figures {
    fn next(&mut self) -> i64 {
        self.0.next().unwrap().max(-i64::MAX)
    }

    fn money(&mut self) -> Money {
        Money(self.next())
    }

    fn price(&mut self) -> Price {
        Price(self.next())
    }

    fn exact(&mut self) -> Notional {
        Notional(i128::from(self.next()) << 60 | i128::from(self.next() & 0xfff))
    }

    fn count(&mut self) -> u16 {
        self.next() as u16
    }

    fn origin(&mut self) -> BaselineOrigin {
        BaselineOrigin {
            seq: Seq(self.next() as u64),
            ts: TimestampNs(self.next() as u64),
            source: [
                BaselineSource::Opening,
                BaselineSource::Roll,
                BaselineSource::Equity(self.exact()),
                BaselineSource::ClosedBalance,
                BaselineSource::Scaling,
            ][usize::from(self.count() % 5)],
        }
    }

    fn flag(&mut self) -> bool {
        self.next() % 2 == 0
    }
}

fn verdict(
    kind: u8,
    basis: &VerdictBasis,
    standing: Option<Consistency>,
    figures: &mut Figures,
) -> Verdict {
    let reason = match kind {
        0..=5 => {
            return Verdict::Breach(Breach {
                account: basis.account,
                rule: [RuleKind::DailyLoss, RuleKind::MaxLoss][usize::from(kind % 2)],
                effect: [Effect::Fail, Effect::LockForDay, Effect::Warn][usize::from(kind / 2)],
                primary: figures.flag(),
                touch_is_breach: figures.flag(),
                balance: figures.money(),
                equity: figures.exact(),
                baseline: figures.money(),
                allowance: figures.money(),
                floor: figures.money(),
                plan: basis.plan,
                plan_version: basis.plan_version,
                plan_hash: basis.plan_hash,
                positions: basis.positions,
            });
        }
        6 => return Verdict::Passed,
        15 => {
            return Verdict::Inactive(Rest {
                account: basis.account,
                days: figures.next() as u32,
                limit: figures.count(),
                effect: [
                    InactivityEffect::Fail,
                    InactivityEffect::Suspend,
                    InactivityEffect::Close,
                ][usize::from(figures.count() % 3)],
                // Dates that calendars have.
                active: TradingDay(i32::from(figures.count())),
                active_seq: Seq(figures.next() as u64),
                active_ts: TimestampNs(figures.next() as u64),
                opens: TradingDay(i32::from(figures.count())),
                equity: figures.exact(),
                positions: basis.positions,
            });
        }
        7 => PayoutDenial::NotInPlan,
        8 => PayoutDenial::NotEligibleState,
        9 => PayoutDenial::AmountNotPositive,
        10 => PayoutDenial::NotFlat,
        11 => PayoutDenial::TooFewDays {
            has: figures.count(),
            needs: figures.count(),
        },
        16 => PayoutDenial::TooSoon {
            has: figures.count(),
            needs: figures.count(),
        },
        17 => PayoutDenial::BelowMinimum {
            min: figures.money(),
        },
        12 => PayoutDenial::AboveEligible,
        13 => PayoutDenial::WouldBreach,
        _ => match standing {
            Some(standing) => PayoutDenial::Consistency(standing),
            None => PayoutDenial::AboveEligible,
        },
    };
    Verdict::PayoutDenied {
        requested: figures.money(),
        eligible: figures.money(),
        reason,
    }
}

prop_compose! {
    /// A proof of the right form whose figures mean nothing.
    fn drawn()(
        number in 0..PLANS.len(),
        kind in 0_u8..18,
        figures in prop::collection::vec(any::<i64>(), 116),
        sizes in (0_usize..3, 0_usize..3, 0_usize..3),
        has_standing in any::<bool>(),
        symbol in select(vec!["ES", "BTC \"perp\"", "a\\b", "~"]),
    ) -> Proof {
        let plan = plan(number);
        let figures = &mut Figures(figures.into_iter());
        let account = AccountId(figures.next() as u32);
        let basis = VerdictBasis {
            account,
            plan: PlanId(figures.next() as u32),
            plan_version: figures.next() as u32,
            plan_hash: plan.hash(),
            size: figures.money(),
            own: figures.money(),
            balance: figures.money(),
            excluded: figures.money(),
            never_paid: figures.money(),
            beyond_best_day: figures.money(),
            days: figures.count(),
            payout_days: figures.count(),
            positions: figures.next() as u32,
            payouts: figures.count(),
            days_since_payout: figures.count(),
        };
        let consistency = has_standing.then(|| Consistency {
            account,
            best_day: figures.money(),
            total: figures.money(),
            denominator: figures.money(),
            cap: Ratio(figures.next()),
            inclusive: figures.flag(),
            met: figures.flag(),
            total_needed: figures.flag().then(|| figures.money()),
            next_day_max: figures.flag().then(|| figures.money()),
        });
        let limit = |rule, figures: &mut Figures| LimitBasis {
            account,
            rule,
            baseline: figures.money(),
            origin: figures.origin(),
            allowance: figures.money(),
            floor: figures.money(),
            lowered: figures.money(),
            held: figures.flag().then(|| figures.money()),
        };
        let rules = [RuleKind::DailyLoss, RuleKind::MaxLoss];
        let limits = rules[..sizes.0].iter().map(|rule| limit(*rule, figures)).collect();
        let position = |figures: &mut Figures| ProofPosition {
            facts: BreachPosition {
                account,
                instrument: InstrumentId(figures.next() as u32),
                position: SignedQty(figures.next()),
                cost: figures.exact(),
                bid: figures.price(),
                ask: figures.price(),
                last: figures.flag().then(|| figures.price()),
                mark: figures.price(),
                mark_seq: Seq(figures.next() as u64),
                unrealised: figures.exact(),
            },
            symbol: label(symbol),
            currency: label("USD"),
            contract_size: Qty(figures.next()),
            tick_size: figures.price(),
        };
        let cash = |figures: &mut Figures| CashBasis {
            account,
            currency: label("EUR"),
            cash: figures.money(),
            rate: figures.price(),
        };
        Proof {
            shard: ShardId(figures.next() as u16),
            seq: Seq(figures.next() as u64),
            ts: TimestampNs(figures.next() as u64),
            account_name: label(symbol),
            verdict: verdict(kind, &basis, consistency, figures),
            limits,
            positions: (0..sizes.1).map(|_| position(figures)).collect(),
            cash: (0..sizes.2).map(|_| cash(figures)).collect(),
            plan,
            basis,
            consistency,
        }
    }
}

fn read_text(text: &str) -> Result<ProofDocument, crate::dto::FieldError> {
    let mut nodes = documents(text.as_bytes());
    let node = nodes.next().unwrap().unwrap();
    assert!(nodes.next().is_none());
    read(&node)
}

proptest! {
    #[test]
    fn what_is_written_reads_back(proof in drawn()) {
        let dto = ProofDto::new(&proof);
        let lines = dto.to_string();
        prop_assert_eq!(lines.lines().count(), 1);
        for text in [lines, format!("{dto:#}")] {
            let document = read_text(&text).unwrap();
            prop_assert_eq!(&document.proof, &proof);
            prop_assert_eq!(document.digest, proof.digest());
            // No figure means anything, but the digest and the plan are right.
            let faults = document.verify().err().unwrap_or_default();
            let is_of_form = |fault: &Fault| {
                fault.figure == "digest" || fault.figure == "plan_hash" || fault.figure.starts_with("plan.")
            };
            prop_assert!(!faults.iter().any(is_of_form), "{:?}", faults);
        }
    }

    #[test]
    fn exact_amounts_have_one_text(units in any::<i128>()) {
        let amount = Notional(units.max(-i128::MAX));
        prop_assert_eq!(read::notional_of(&amount.to_string()), Some(amount));
    }
}

proptest! {
    // Whatever plan the bytes are of, it is not the readable one.
    #[test]
    fn no_bytes_of_another_plan_pass(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut document = written(&sample());
        let mut bytes = sample().plan.to_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        document["plan_bytes"] = hex(&bytes).into();
        if let Ok(read) = read_text(&document.to_string()) {
            prop_assert!(read.verify().is_err());
        }
    }
}

/// A long position of two at 9,800 that cost 20,000: -400, so 49,600 of equity under a floor of 49,700.
fn sample() -> Proof {
    let mut plan = plan(0);
    let account = AccountId(3);
    plan.daily_loss = None;
    plan.initial_balance = Money::whole(50_000);
    plan.max_loss = plan.max_loss.map(|rule| rules::MaxLoss {
        allowance: rules::Allowance::Fixed(Money::whole(300)),
        touch_is_breach: false,
        ..rule
    });
    let basis = VerdictBasis {
        account,
        plan: PlanId(0),
        plan_version: plan.version,
        plan_hash: plan.hash(),
        size: Money::whole(50_000),
        own: Money::whole(50_000),
        balance: Money::whole(50_000),
        excluded: Money::ZERO,
        never_paid: Money::ZERO,
        beyond_best_day: Money::ZERO,
        days: 1,
        payout_days: 1,
        positions: 1,
        payouts: 0,
        days_since_payout: 0,
    };
    let limit = LimitBasis {
        account,
        rule: RuleKind::MaxLoss,
        baseline: Money::whole(50_000),
        origin: BaselineOrigin {
            seq: Seq(3),
            ts: TimestampNs(1_600_000_000_000_000_000),
            source: BaselineSource::Opening,
        },
        allowance: Money::whole(300),
        floor: Money::whole(49_700),
        lowered: Money::ZERO,
        held: None,
    };
    let position = ProofPosition {
        facts: BreachPosition {
            account,
            instrument: InstrumentId(1),
            position: SignedQty::whole(2),
            cost: Money::whole(20_000).to_notional(),
            bid: Price::whole(9_800),
            ask: Price::whole(9_801),
            last: None,
            mark: Price::whole(9_800),
            mark_seq: Seq(41),
            unrealised: Money::whole(-400).to_notional(),
        },
        symbol: label("IDX"),
        currency: plan.currency,
        contract_size: Qty::ONE,
        tick_size: Price::whole(1),
    };
    Proof {
        shard: ShardId(0),
        seq: Seq(42),
        ts: TimestampNs(1_700_000_000_000_000_000),
        account_name: label("anna"),
        verdict: Verdict::Breach(Breach {
            account,
            rule: RuleKind::MaxLoss,
            effect: Effect::Fail,
            primary: true,
            touch_is_breach: false,
            balance: basis.balance,
            equity: Money::whole(49_600).to_notional(),
            baseline: limit.baseline,
            allowance: limit.allowance,
            floor: limit.floor,
            plan: basis.plan,
            plan_version: basis.plan_version,
            plan_hash: basis.plan_hash,
            positions: 1,
        }),
        basis,
        limits: vec![limit],
        consistency: None,
        positions: vec![position],
        cash: Vec::new(),
        plan,
    }
}

fn written(proof: &Proof) -> Value {
    let document = ProofDto::new(proof);
    serde_json::from_str(&document.to_string()).unwrap()
}

#[test]
fn a_proof_in_words_has_the_sums() {
    let proof = sample();
    let document = read_text(&written(&proof).to_string()).unwrap();
    assert_eq!(document.verify(), Ok(()));
    assert_eq!(
        sentence(&proof),
        "Account 3 (anna) failed at input 42, 2023-11-14T22:13:20Z: equity 49600 is below the floor \
         49700 of its maximum loss by 100."
    );
    let hash = proof.plan.hash();
    assert_eq!(
        sums(&proof),
        [
            "position IDX: 2 x bid 9800 x contract size 1 - cost 20000 = unrealised -400 USD (mark \
             of input 41)",
            "balance: own cash 50000 = 50000",
            "equity: own cash 50000 - 400 = 49600",
            "baseline of the maximum loss: 50000, the balance that the account opened with, at input \
             3, 2020-09-13T12:26:40Z",
            "allowance of the maximum loss: 300, fixed by the plan",
            "floor of the maximum loss: baseline 50000 - allowance 300 = 49700",
            "verdict: equity 49600 is below the floor 49700 of its maximum loss by 100",
            &format!(
                "plan: {} version {}, hash {hash}",
                proof.plan.name, proof.plan.version
            ),
        ]
    );
}

/// Days without a fill from Friday, 2024-03-01, on, until this date opens at 17:00 of New York the evening before.
fn rested(opens: i32, ts: u64) -> ProofDocument {
    const FRIDAY: i32 = 19_783;
    let mut proof = sample();
    proof.plan.days.weekdays = 0b001_1111;
    proof.plan.schedule.zone = label("America/New_York");
    proof.plan.schedule.minute = 17 * 60;
    proof.plan.conduct.inactivity = Some(rules::Inactivity {
        days: 30,
        effect: InactivityEffect::Fail,
    });
    proof.basis.plan_hash = proof.plan.hash();
    proof.ts = TimestampNs(ts);
    proof.verdict = Verdict::Inactive(Rest {
        account: proof.basis.account,
        days: (opens - FRIDAY) as u32,
        limit: 30,
        effect: InactivityEffect::Fail,
        active: TradingDay(FRIDAY - 1),
        active_seq: Seq(3),
        active_ts: TimestampNs(1_709_200_000_000_000_000),
        opens: TradingDay(opens),
        equity: Money::whole(49_600).to_notional(),
        positions: 1,
    });
    read_text(&written(&proof).to_string()).unwrap()
}

#[test]
fn the_day_that_ends_a_rest_is_the_one_that_is_open_then() {
    // Monday, 2024-04-01, opens on Sunday at 21:00 UTC.
    const MONDAY: i32 = 19_814;
    const OPENING: u64 = 1_711_918_800_000_000_000;
    let faults = |opens, ts| {
        let faults = rested(opens, ts).verify().err().unwrap_or_default();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(faults(MONDAY, OPENING), [""; 0]);
    assert_eq!(faults(MONDAY, OPENING + 86_399_999_999_999), [""; 0]);
    assert_eq!(
        faults(MONDAY, OPENING - 1),
        ["verdict.opens is 2024-04-01, recomputed 2024-03-29 at 2024-03-31T20:59:59.999999999Z"]
    );
    assert_eq!(
        faults(MONDAY + 1, OPENING),
        ["verdict.opens is 2024-04-02, recomputed 2024-04-01 at 2024-03-31T21:00:00Z"]
    );
    let document = rested(MONDAY, OPENING);
    assert_eq!(
        sentence(&document.proof),
        "Account 3 (anna) failed at input 42, 2024-03-31T21:00:00Z: it had rested for 31 whole days \
         between its last active trading day, 2024-02-29, and 2024-04-01, which opens; 30 end a rest."
    );
}

/// Every table of a document: its path as errors write it, and as JSON pointers do.
fn tables(value: &Value, path: &str, pointer: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            found.push((path.to_owned(), pointer.to_owned()));
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                let (path, pointer) = (format!("{path}{dot}{name}"), format!("{pointer}/{name}"));
                tables(value, &path, &pointer, found);
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                let (path, pointer) = (format!("{path}[{place}]"), format!("{pointer}/{place}"));
                tables(value, &path, &pointer, found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_field_that_is_missing_or_unknown_is_named_with_its_path() {
    let whole = written(&sample());
    let mut places = Vec::new();
    tables(&whole, "", "", &mut places);
    places.retain(|(path, _)| path != "plan" && !path.starts_with("plan."));
    assert_eq!(places.len(), 5, "{places:?}");
    let at = |path: &str, name: &str| {
        let dot = if path.is_empty() { "" } else { "." };
        format!("{path}{dot}{name}")
    };
    for (path, pointer) in places {
        let mut extra = whole.clone();
        extra.pointer_mut(&pointer).unwrap()["more"] = json!("1");
        let error = read_text(&extra.to_string()).unwrap_err();
        assert_eq!(error.field, at(&path, "more"), "{error}");
        assert!(error.accepted.contains("no such field"), "{error}");

        let table = whole.pointer(&pointer).unwrap().as_object().unwrap();
        for name in table.keys() {
            let mut without = whole.clone();
            let table = without.pointer_mut(&pointer).unwrap();
            table.as_object_mut().unwrap().remove(name);
            let error = read_text(&without.to_string()).unwrap_err();
            // Of a table that is missing, a field that is asked for first.
            assert!(error.field.starts_with(&at(&path, name)), "{error}");
            assert_eq!(error.value, None, "{error}");
        }
    }
}

#[test]
fn a_figure_has_one_form_only() {
    let whole = written(&sample());
    for (pointer, text) in [
        ("/seq", "042"),
        ("/seq", "+42"),
        ("/basis/own", "50000.0"),
        ("/basis/own", "5e4"),
        ("/positions/0/cost", "20000.0"),
        ("/positions/0/cost", "20000.000000000000000001"),
        ("/positions/0/cost", "-"),
        ("/basis/plan_hash", "AB"),
        ("/plan_bytes", "0"),
        ("/plan_bytes", "00"),
        ("/verdict/kind", "broken"),
        ("/verdict/effect", "fails"),
    ] {
        let mut other = whole.clone();
        *other.pointer_mut(pointer).unwrap() = text.into();
        let error = read_text(&other.to_string()).unwrap_err();
        let field = pointer[1..].replace("/0/", "[0].").replace('/', ".");
        assert_eq!(error.field, field);
        assert_eq!(error.value.as_deref(), Some(text));
    }
    let mut later = whole;
    later["format"] = 2.into();
    let error = read_text(&later.to_string()).unwrap_err();
    assert_eq!(error.field, "format");
}

#[test]
fn a_readable_plan_that_is_another_is_a_fault_with_its_place() {
    let mut other = written(&sample());
    other["plan"]["max_loss"]["allowance"]["fixed"] = "301".into();
    let document = read_text(&other.to_string()).unwrap();
    let faults = document.verify().unwrap_err();
    assert_eq!(
        faults,
        [Fault {
            figure: "plan.max_loss.allowance.fixed".to_owned(),
            stated: "301".to_owned(),
            recomputed: "300".to_owned(),
        }]
    );
    let mut bad = written(&sample());
    bad["plan"]["max_loss"]["allowance"]["fixed"] = "0".into();
    let error = read_text(&bad.to_string()).unwrap_err();
    assert!(error.field.starts_with("plan.max_loss"), "{error}");
}

#[test]
fn several_documents_of_one_text_are_read_one_after_the_other() {
    let line = ProofDto::new(&sample()).to_string();
    let text = format!("{line}\n{line}\n\n{:#}", ProofDto::new(&sample()));
    assert_eq!(documents(text.as_bytes()).flatten().count(), 3);
    let broken: Vec<_> = documents(b"{\"format\":1} {").collect();
    assert!(matches!(broken.as_slice(), [Ok(_), Err(_)]));
    assert_eq!(documents(b" \n").count(), 0);
}
