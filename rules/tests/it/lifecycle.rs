//! States that follow each other, and accounts that do.

use rules::{
    Life, LifeChange, Lifecycle, Lineage, Parent, PlanKind, Stage, Succession, is_legal,
    is_trading, may_open,
};
use types::AccountState::{Closed, Evaluation, Failed, Funded, Passed, Suspended};
use types::{
    AccountState, Codec, CodecError, Label, OpenDenial, Origin, SuspendReason, Suspension,
    TimestampNs,
};

const STATES: [AccountState; 6] = [Evaluation, Passed, Funded, Failed, Closed, Suspended];

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn suspend(until: Option<u64>) -> LifeChange {
    LifeChange::Suspend {
        reason: SuspendReason::Review,
        until: until.map(TimestampNs),
    }
}

#[test]
fn every_pair_of_states_is_legal_or_not() {
    let legal = [
        (Evaluation, Passed),
        (Evaluation, Failed),
        (Evaluation, Suspended),
        (Evaluation, Closed),
        (Funded, Failed),
        (Funded, Suspended),
        (Funded, Closed),
        (Passed, Closed),
        (Suspended, Failed),
        (Suspended, Closed),
    ];
    for from in STATES {
        for to in STATES {
            let known = legal.contains(&(from, to));
            assert_eq!(is_legal(from, to, None), known, "{from:?} to {to:?}");
            for prior in STATES {
                let returns = from == Suspended && is_trading(to) && prior == to;
                let expected = known || returns;
                assert_eq!(is_legal(from, to, Some(prior)), expected);
            }
        }
    }
    assert_eq!(
        STATES.map(is_trading),
        [true, false, true, false, false, false]
    );
}

#[test]
fn a_suspended_account_returns_to_where_it_came_from() {
    for (stage, prior) in [
        (Stage::Evaluation { phase: 2 }, Evaluation),
        (Stage::Funded, Funded),
    ] {
        let mut life = Lifecycle::open(stage);
        assert!(life.is_trading() && life.suspension().is_none());
        assert_eq!(life.change(suspend(Some(900))), Ok((prior, Suspended)));
        assert!(!life.is_trading());
        let suspension = Suspension {
            reason: SuspendReason::Review,
            until: Some(TimestampNs(900)),
            prior,
        };
        assert_eq!(life.suspension(), Some(&suspension));
        assert!(!life.is_resume_due(TimestampNs(899)));
        assert!(life.is_resume_due(TimestampNs(900)));
        assert_eq!(Lifecycle::from_bytes(&life.to_bytes()), Ok(life));
        assert!(life.change(suspend(None)).is_err(), "once is enough");
        assert!(life.change(LifeChange::Pass).is_err());
        assert_eq!(life.suspension(), Some(&suspension));
        assert_eq!(life.change(LifeChange::Resume), Ok((Suspended, prior)));
        assert_eq!(life.suspension(), None);
        assert!(life.change(LifeChange::Resume).is_err());
    }
}

#[test]
fn nobody_waits_for_a_suspension_without_an_end() {
    let mut life = Lifecycle::open(Stage::Funded);
    assert!(!life.is_resume_due(TimestampNs(u64::MAX)));
    life.change(suspend(None)).unwrap();
    assert!(!life.is_resume_due(TimestampNs(u64::MAX)));
    assert_eq!(life.change(LifeChange::Fail), Ok((Suspended, Failed)));
    assert_eq!(life.suspension(), None);
}

#[test]
fn failed_and_closed_are_the_end() {
    for last in [LifeChange::Fail, LifeChange::Close] {
        let mut life = Lifecycle::open(Stage::Evaluation { phase: 1 });
        life.change(last).unwrap();
        let ended = life;
        for change in [
            LifeChange::Pass,
            LifeChange::Fail,
            suspend(None),
            LifeChange::Resume,
            LifeChange::Close,
        ] {
            assert_eq!(life.change(change).unwrap_err().state, ended.state());
            assert_eq!(life, ended);
        }
    }
}

#[test]
fn bytes_of_no_possible_life_are_refused() {
    let suspension = |prior| {
        Some(Suspension {
            reason: SuspendReason::ByFirm,
            until: None,
            prior,
        })
    };
    for (state, suspension) in [
        (Suspended, None),
        (Funded, suspension(Funded)),
        (Suspended, suspension(Failed)),
        (Suspended, suspension(Suspended)),
    ] {
        let mut bytes = state.to_bytes();
        suspension.encode(&mut bytes);
        assert_eq!(
            Lifecycle::from_bytes(&bytes),
            Err(CodecError::Invalid("lifecycle"))
        );
    }
}

/// The plan of an evaluation of US dollars.
fn phase(phase: u8) -> PlanKind {
    PlanKind {
        name: label(&format!("phase {phase}")),
        currency: label("USD"),
        stage: Stage::Evaluation { phase },
    }
}

fn parent(state: AccountState) -> Parent {
    Parent {
        state,
        plan: phase(1),
        life: Life {
            resets_max: Some(2),
            retries_max: Some(1),
            next: Some(label("phase 2")),
            ..Life::default()
        },
        lineage: Lineage::default(),
        followed: false,
    }
}

#[test]
fn each_origin_asks_for_a_state_of_the_parent() {
    for (origin, states, plan) in [
        (Origin::NextPhase, &[Passed][..], 2),
        (Origin::Reset, &[Evaluation, Funded, Failed], 1),
        (Origin::Retry, &[Failed], 1),
    ] {
        for state in STATES {
            let opened = may_open(origin, &parent(state), phase(plan));
            if states.contains(&state) {
                assert_eq!(opened.unwrap().closes_parent, is_trading(state));
            } else {
                assert_eq!(opened, Err(OpenDenial::ParentState { state }));
            }
        }
    }
}

#[test]
fn resets_and_retries_are_counted_along_the_line_and_phases_start_anew() {
    let plan = phase(1);
    let mut account = parent(Evaluation);
    for resets in 1..=2 {
        let opened = may_open(Origin::Reset, &account, plan).unwrap();
        assert_eq!(opened.lineage, Lineage { resets, retries: 0 });
        account.lineage = opened.lineage;
    }
    assert_eq!(
        may_open(Origin::Reset, &account, plan),
        Err(OpenDenial::ResetsMax { max: 2 })
    );
    account.state = Failed;
    account.lineage = may_open(Origin::Retry, &account, plan).unwrap().lineage;
    assert_eq!((account.lineage.resets, account.lineage.retries), (2, 1));
    assert_eq!(
        may_open(Origin::Retry, &account, plan),
        Err(OpenDenial::RetriesMax { max: 1 })
    );
    account.state = Passed;
    assert_eq!(
        may_open(Origin::NextPhase, &account, phase(2)),
        Ok(Succession {
            lineage: Lineage::default(),
            closes_parent: false
        })
    );
}

#[test]
fn an_account_is_followed_by_one_and_under_the_plan_that_its_own_leads_to() {
    let mut passed = parent(Passed);
    assert_eq!(
        may_open(Origin::NextPhase, &passed, phase(3)),
        Err(OpenDenial::OtherPlan {
            needed: label("phase 2")
        })
    );
    passed.life.next = None;
    assert!(may_open(Origin::NextPhase, &passed, phase(3)).is_ok());
    passed.plan = phase(2);
    let after = OpenDenial::EarlierPhase { after: 2 };
    for same_or_earlier in [1, 2] {
        let opened = may_open(Origin::NextPhase, &passed, phase(same_or_earlier));
        assert_eq!(opened, Err(after));
    }
    let funded = PlanKind {
        stage: Stage::Funded,
        ..phase(1)
    };
    assert!(may_open(Origin::NextPhase, &passed, funded).is_ok());
    let in_euros = PlanKind {
        currency: label("EUR"),
        ..funded
    };
    let needed = label("USD");
    assert_eq!(
        may_open(Origin::NextPhase, &passed, in_euros),
        Err(OpenDenial::OtherCurrency { needed })
    );
    passed.followed = true;
    assert_eq!(
        may_open(Origin::NextPhase, &passed, phase(3)),
        Err(OpenDenial::Followed)
    );
    for origin in [Origin::Reset, Origin::Retry] {
        assert_eq!(
            may_open(origin, &parent(Failed), phase(2)),
            Err(OpenDenial::OtherPlan {
                needed: label("phase 1")
            })
        );
    }
    let unlimited = Parent {
        life: Life::default(),
        lineage: Lineage {
            resets: u8::MAX,
            retries: u8::MAX,
        },
        ..parent(Failed)
    };
    let opened = may_open(Origin::Retry, &unlimited, phase(1)).unwrap();
    assert_eq!(opened.lineage.retries, u8::MAX);
}
