import { fixed, money } from "../decimal";
import { account } from "../live";
import { Fact } from "../parts/Fact";
import { failedBy, limitsKept } from "../standing";
import { minuteOf } from "../time";
import { ruleName, shortHash, spaced, STATES } from "../words";

/** Says once, in words, why an account can no longer be traded or that it has made it. */
export function Banner() {
  const shown = account.value;
  if (!shown) return null;
  if (shown.state === "failed" && failedBy(shown.breach, shown.limits)) {
    const { rule, equity, floor, baseline, seq, ts, plan_hash } = shown.breach;
    return (
      <section class="banner bad" role="alert" data-test="failed-banner">
        <h3>Account failed: {ruleName(rule).toLowerCase()} limit broken</h3>
        <dl class="proof">
          <Fact name="Equity at breach" value={money(equity)} />
          <Fact name="Floor" value={money(floor)} />
          <Fact name="Baseline" value={money(baseline)} />
          <Fact name="Seq" value={fixed(seq, 0)} />
          <Fact name="Market time" value={minuteOf(ts)} />
          <Fact name="Plan hash" value={shortHash(plan_hash)} title={plan_hash} />
        </dl>
      </section>
    );
  }
  if (shown.state === "passed" || shown.state === "funded") {
    const target = shown.objectives.find((objective) => objective.kind === "profit_target");
    return (
      <section class="banner good" role="status" data-test="passed-banner">
        <h3>{shown.state === "passed" ? "Evaluation passed" : "Funded account"}</h3>
        <p>
          {target?.met_at
            ? `Target ${money(target.target)} reached at ${minuteOf(target.met_at)} UTC. `
            : "Every objective is met. "}
          {limitsKept(shown.breach, shown.limits)}
        </p>
      </section>
    );
  }
  if (shown.state === "failed") {
    return (
      <section class="banner bad" role="alert">
        <h3>Account failed: it did not trade for too long</h3>
      </section>
    );
  }
  if (shown.suspension) {
    const { reason, until, prior } = shown.suspension;
    return (
      <section class="banner warn" role="status" data-test="suspended-banner">
        <h3>Account suspended: {spaced(reason)}</h3>
        <p>
          {until === null ? "Until somebody ends it" : `Until ${minuteOf(until)} UTC`} nothing is traded and nothing is
          decided; then it is back in {STATES[prior].toLowerCase()}.
        </p>
      </section>
    );
  }
  if (shown.state === "closed") {
    return (
      <section class="banner warn" role="status">
        <h3>Account closed</h3>
        <p>New orders are denied in this state.</p>
      </section>
    );
  }
  if (shown.day_locked) {
    return (
      <section class="banner warn" role="status" data-test="locked-banner">
        <h3>Locked for the day</h3>
        <p>A daily limit was reached. Trading opens again with the next trading day.</p>
      </section>
    );
  }
  return null;
}
