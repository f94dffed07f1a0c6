/* What a report of a search shows, held against what the same search says with `--format json`. */

/** Which search it was. */
export function kindOf(told) {
  for (const [kind, field] of [
    ["sweep", "runs"],
    ["walk-forward", "folds"],
    ["monte-carlo", "fan"],
    ["plan", "answers"],
  ]) {
    if (field in told) return kind;
  }
  throw new Error("no search that is known");
}

const plain = (text) => text.replace(/\u2212/g, "-").replace(/[,+]/g, "");
/** A figure as pages write it; half is rounded as there, away from what binary floats make of it. */
const near = (text, value, decimals, factor = 1) =>
  Math.abs(Number(plain(text).replace(/[%x]/g, "")) - value * factor) <= 0.5000001 * 10 ** -decimals;

/** Names and values of facts. */
const factsOf = (page, section) =>
  page.evaluate((id) => {
    const found = [...document.querySelectorAll(`#${id} dl.facts > div`)];
    return Object.fromEntries(found.map((el) => [el.querySelector("dt").textContent, el.querySelector("dd").textContent]));
  }, section);

/** Cells of a table, row by row. */
const rowsOf = (page, id) =>
  page.evaluate((id) => {
    const rows = [...document.querySelectorAll(`#${id} tbody tr`)];
    return rows.map((row) => [...row.children].map((cell) => cell.textContent));
  }, id);

function sweep(told, must) {
  const names = Object.keys(told.best ?? {}).filter((name) => new Set(told.runs.map((run) => run[name])).size > 1);
  return [
    [
      "the heat map is what each run came to",
      async (page) => {
        const titles = await page.evaluate(() =>
          [...document.querySelectorAll("#surface .on-wide rect > title")].map((el) => el.textContent),
        );
        const cells = new Map(titles.filter((it) => it.includes(": ")).map((it) => it.split(": ")));
        must(names.length === 2, `${names.length} parameters`);
        let seen = 0;
        for (const run of told.runs) {
          const says = cells.get(names.map((name) => `${name} ${run[name]}`).join(", "));
          must(says !== undefined, `no cell of ${names.map((name) => run[name])}`);
          if (run.sharpe === null) must(says === "none", `"${says}", not none`);
          else must(near(says, run.sharpe, 4), `"${says}", not ${run.sharpe}`);
          seen += 1;
        }
        must(await page.locator("#surface .on-wide .best").count() === 1, "no frame around the best");
        return `${seen} cells`;
      },
    ],
    [
      "beside the best stands what the search is worth",
      async (page) => {
        const facts = await factsOf(page, "surface");
        const deflated = facts["Deflated Sharpe ratio"];
        must(near(deflated, told.deflated_sharpe.probability, 4), `deflated ${deflated}`);
        const overfit = facts["Probability of overfitting (CSCV)"];
        must(near(overfit, told.overfitting.probability, 4), `overfitting ${overfit}`);
        const rows = await rowsOf(page, "runs");
        const ranked = told.runs.filter((run) => run.sharpe !== null).sort((a, b) => b.sharpe - a.sharpe);
        rows.forEach((row, place) => {
          must(near(row[1], ranked[place].sharpe, 4), `row ${place} has ${row[1]}`);
          must(near(row[2], ranked[place].return, 2, 100), `row ${place} has ${row[2]}`);
          must(plain(row[6]) === ranked[place].equity, `row ${place} has ${row[6]}`);
        });
        return `deflated ${deflated}, overfitting ${overfit}, ${rows.length} rows`;
      },
    ],
  ];
}

function walkForward(told, must) {
  return [
    [
      "the windows are those that were judged",
      async (page) => {
        const rows = await rowsOf(page, "windows");
        must(rows.length === told.folds.length && rows.length > 1, `${rows.length} windows`);
        rows.forEach((row, place) => {
          const fold = told.folds[place];
          const parameters = Object.entries(fold.parameters).map(([name, value]) => `${name}=${value}`);
          must(row[2].split(" ").sort().join() === parameters.sort().join(), `"${row[2]}" in window ${place}`);
          must(near(row[3], fold.sharpe_in, 3), `${row[3]} in sample`);
          must(near(row[4], fold.sharpe_out, 3), `${row[4]} out of sample`);
          must(near(row[5], fold.return_out, 2, 100), `${row[5]} returned`);
        });
        const facts = await factsOf(page, "walk-forward");
        must(near(facts["Return out of sample"], told.return_out, 2, 100), "the return");
        must(near(facts["Sharpe ratio out of sample"], told.sharpe_out, 4), "the Sharpe ratio");
        must(near(facts["Max drawdown out of sample"], told.max_drawdown_out, 2, 100), "the drawdown");
        return `${rows.length} windows`;
      },
    ],
    [
      "the curve ends where the tests do",
      async (page) => {
        const line = await page.evaluate(() =>
          JSON.parse(document.querySelector('#walk-forward .on-wide script[type="application/json"]').textContent).lines[0].v,
        );
        const ratio = line.at(-1) / line[0];
        must(Math.abs(ratio - told.equity_out) < 1e-4, `${ratio}, not ${told.equity_out}`);
        return `1 became ${told.equity_out.toFixed(4)}`;
      },
    ],
  ];
}

function monteCarlo(told, must) {
  return [
    [
      "the fan ends where the paths do",
      async (page) => {
        const says = await page.locator("#monte-carlo .on-wide svg").getAttribute("aria-label");
        const ends = [...says.matchAll(/(\d+)% ([\d,.]+[\d])/g)];
        must(ends.length === told.shares.length, `${ends.length} lines`);
        const levels = told.fan.at(-1).levels;
        ends.forEach(([, share, value], place) => {
          must(near(share, told.shares[place], 0, 100), `${share}% at place ${place}`);
          must(near(value, levels[place] * told.initial, 2), `${share}% ends at ${value}`);
        });
        return says.split(": ").at(-1);
      },
    ],
    [
      "the odds are those that were counted",
      async (page) => {
        const [returns, falls] = await rowsOf(page, "fan-shares");
        told.ends.forEach((end, place) => must(near(returns[place + 1], end - 1, 2, 100), `return ${returns[place + 1]}`));
        told.drawdowns.forEach((fall, place) => must(near(falls[place + 1], fall, 2, 100), `drawdown ${falls[place + 1]}`));
        const lost = (await factsOf(page, "monte-carlo"))["Lost something"];
        const [value, low, high] = lost.match(/[\d.]+/g);
        for (const [text, part] of [[value, "value"], [low, "low"], [high, "high"]]) {
          must(near(text, told.lost[part], 2, 100), `${part} ${text}`);
        }
        return `lost something ${lost}`;
      },
    ],
  ];
}

function underPlan(told, must) {
  return [
    [
      "every size has its odds, the best one stands out",
      async (page) => {
        const rows = await rowsOf(page, "odds-by-size");
        must(rows.length === told.answers.length, `${rows.length} sizes`);
        rows.forEach((row, place) => {
          const answer = told.answers[place];
          must(row[0] === `${answer.size}x`, `size ${row[0]}`);
          must(near(row[1].split(" ")[0], answer.passed.value, 2, 100), `passed ${row[1]}`);
          must(near(row[2], answer.failed.value, 2, 100), `failed ${row[2]}`);
        });
        const marked = page.locator("#odds-by-size .marked th");
        if (told.best !== null) must((await marked.textContent()) === `${told.best}x`, "another stands out");
        return `${rows.length} sizes`;
      },
    ],
  ];
}

/** Steps of a browser test: name and check. */
export function searchSteps(told, must) {
  const steps = { sweep, "walk-forward": walkForward, "monte-carlo": monteCarlo, plan: underPlan };
  return steps[kindOf(told)](told, must);
}
