//! A rest, or a time to pass, against the clock: which trading day a plan has open at the time of the verdict takes zones, which the
//! rules do not know.

use rules::{Fault, Proof, Verdict};

/// Where the day whose opening ended it is not the one that is open then by the plan's roll and calendar:
/// what it is instead.
pub(super) fn fault(proof: &Proof) -> Option<Fault> {
    let opens = match &proof.verdict {
        Verdict::Inactive(rest) => rest.opens,
        Verdict::Lapsed(lapse) => lapse.opens,
        _ => return None,
    };
    let plan = &proof.plan;
    let open = runtime::Calendar::default().open_day(&plan.schedule, &plan.days, proof.ts);
    let recomputed = match open {
        Ok(open) if open.day == opens => return None,
        Ok(open) => format!("{} at {}", open.day, proof.ts),
        Err(error) => format!("no day: {error}"),
    };
    Some(Fault {
        figure: "verdict.opens".to_owned(),
        stated: opens.to_string(),
        recomputed,
    })
}
