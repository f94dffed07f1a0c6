/** Each step throws with the reason it failed, or returns a word on what it saw. */

const CHANGE_MS = 10_000;
const BOARD_MS = 20_000;
const CENT = 0.006;
const MOST_ASKED = 40;

function must(condition, reason) {
  if (!condition) throw new Error(reason);
}

const number = (text) => Number(text.replace(/\u2212/g, "-").replace(/[^0-9.-]/g, ""));
const texts = (page, selector) => page.locator(selector).allInnerTexts();

async function until(what, probe, ms = CHANGE_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await probe();
    if (found) return found;
    must(Date.now() < end, `${what} within ${ms / 1000} s`);
    await new Promise((done) => setTimeout(done, 150));
  }
}

export function listen(page, url) {
  const home = new URL(url).host;
  const seen = { errors: [], elsewhere: [] };
  const note = (address) => {
    const { protocol, host } = new URL(address);
    if (!["data:", "blob:"].includes(protocol) && host !== home) seen.elsewhere.push(address);
  };
  page.on("console", (message) => {
    // A refused order answers 4xx, which Chromium reports on the console although the page handles it.
    const refusedOrder = /status of 4\d\d/.test(message.text()) && message.location().url.includes("/orders");
    if (message.type() === "error" && !refusedOrder) seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("request", (request) => note(request.url()));
  page.on("websocket", (socket) => note(socket.url()));
  return seen;
}

function clean(_, seen) {
  must(seen.errors.length === 0, `console errors: ${seen.errors.slice(0, 3).join(" | ")}`);
  must(seen.elsewhere.length === 0, `requests to other hosts: ${seen.elsewhere.slice(0, 3).join(", ")}`);
}

async function live(page) {
  await page.locator('[data-test="link"][data-state="live"]').waitFor();
  return page.locator('[data-test="link"]').innerText();
}

async function prices(page) {
  await page.locator('[data-test="instrument"]').first().waitFor();
  const before = (await texts(page, '[data-test="mid"]')).join();
  await until("no price changed", async () => (await texts(page, '[data-test="mid"]')).join() !== before);
  return `${await page.locator('[data-test="instrument"]').count()} instruments move`;
}

async function limits(page) {
  await page.locator('[data-test="limit"]').first().waitFor();
  const first = page.locator('[data-test="limit"]').first();
  const part = async (name) => (await first.locator(`[data-test="${name}"]`).innerText()).trim();
  const [floor, distance, percent] = [await part("floor"), await part("distance"), await part("distance-pct")];
  must(/^\u2212?[\d,]+\.\d\d$/.test(floor), `floor reads "${floor}"`);
  must(/^\u2212?[\d,]+\.\d\d$/.test(distance), `distance reads "${distance}"`);
  must(/^\u2212?[\d,]+\.\d\d%$/.test(percent), `distance in percent reads "${percent}"`);
  return `floor ${floor}, distance ${distance}, ${percent}`;
}

async function curve(page) {
  const chart = page.locator('[data-test="equity-chart"]');
  const count = await until("the equity curve has no points", async () => Number(await chart.getAttribute("data-points")));
  must((await chart.locator("canvas").count()) > 0, "the equity curve has no canvas");
  return `${count} points`;
}

async function events(page) {
  await page.getByRole("radio", { name: "All", exact: true }).check();
  // The old list stays for a moment; count what the new subscription brought.
  await page.waitForTimeout(800);
  return `${await until("the event list has no rows", () => page.locator('[data-test="event"]').count())} rows`;
}

async function board(page) {
  await page.locator('[data-test="board-row"]').first().waitFor();
  // Read in one turn: the rows move between two questions.
  const rows = await page.evaluate(() =>
    [...document.querySelectorAll('[data-test="board-row"]')].map((row) => ({
      name: row.querySelector(".trader").textContent,
      score: row.querySelector('[data-test="score"]').textContent,
      components: [...row.querySelectorAll('[data-test="component"]')].map((cell) => cell.textContent),
    })),
  );
  for (const { name, score, components } of rows) {
    must(components.length === 4, `${name} shows ${components.length} components`);
    const sum = components.map(number).reduce((a, b) => a + b, 0);
    const off = Math.abs(sum - number(score));
    must(off <= 0.04 + 1e-9, `${name}: score ${score} is not the sum of ${components.join(" + ")}`);
  }
  return `${rows.length} rows add up`;
}

async function basics(page) {
  const found = await page.evaluate(() => {
    const named = (el) =>
      (el.getAttribute("aria-label") ?? "").trim() ||
      (el.getAttribute("aria-labelledby") ?? "").trim() ||
      [...(el.labels ?? [])].map((label) => label.textContent.trim()).join("") ||
      (el.matches("button, a, summary") ? el.textContent.trim() : "") ||
      (el.getAttribute("title") ?? "").trim();
    const ids = [...document.querySelectorAll("[id]")].map((el) => el.id);
    return {
      lang: document.documentElement.lang,
      headings: document.querySelectorAll("h1").length,
      mains: document.querySelectorAll("main").length,
      unnamed: [...document.querySelectorAll("button, a, summary, input, select, [role=region], [role=progressbar]")]
        .filter((el) => !named(el))
        .map((el) => el.outerHTML.slice(0, 90)),
      images: [...document.querySelectorAll("img:not([alt])")].length,
      twice: ids.filter((id, n) => ids.indexOf(id) !== n),
    };
  });
  must(found.lang !== "", "the page names no language");
  must(found.headings === 1, `${found.headings} h1 headings`);
  must(found.mains === 1, `${found.mains} main landmarks`);
  must(found.unnamed.length === 0, `no accessible name: ${found.unnamed[0]}`);
  must(found.images === 0, "an image has no alt text");
  must(found.twice.length === 0, `id used twice: ${found.twice[0]}`);
}

async function keyboard(page) {
  const search = page.locator("#account-search");
  const focused = () => page.evaluate(() => document.activeElement?.id ?? "");
  const chosen = () => search.getAttribute("data-account");
  await page.evaluate(() => document.activeElement?.blur());
  let reached = false;
  for (let n = 0; n < 5 && !reached; n += 1) {
    await page.keyboard.press("Tab");
    reached = (await focused()) === "account-search";
  }
  must(reached, "Tab does not reach the account selector");
  await page.keyboard.press("Escape");
  must((await focused()) !== "account-search", "Escape does not leave the account selector");

  await page.keyboard.press("/");
  must((await focused()) === "account-search", "/ does not focus the account search");
  await page.locator('#account-options [role="option"]').first().waitFor();
  await page.keyboard.press("Escape");

  const first = await chosen();
  await page.keyboard.press("j");
  const second = await until("j does not move to another account", async () => {
    const id = await chosen();
    return id !== first ? id : null;
  }, 2_000);
  await page.keyboard.press("k");
  await until("k does not move back", async () => (await chosen()) === first, 2_000);
  await page.keyboard.press("ArrowDown");
  await until("the down arrow does not move on", async () => (await chosen()) === second, 2_000);
  await page.keyboard.press("ArrowUp");
  await until("the up arrow does not move back", async () => (await chosen()) === first, 2_000);

  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
}

async function boardMoves(page) {
  const shown = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('[data-test="board-row"]')]
        .map((row) => row.querySelector(".rank").textContent + row.querySelector('[data-test="score"]').textContent)
        .join(),
    );
  const before = await shown();
  await until("no rank and no score on the board changed", async () => (await shown()) !== before, BOARD_MS);
}

/** What the server says, asked from the page so that it counts as the page's own host. */
const ask = (page, path) =>
  page.evaluate(async (address) => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address} answers ${response.status}`);
    return response.json();
  }, `/v1${path}`);

async function open(page, id) {
  await page.evaluate((account) => (location.hash = `#/${account}`), id);
  await page.locator(`#account-search[data-account="${id}"]`).waitFor();
}

async function failed(page) {
  const { accounts } = await ask(page, "/accounts?state=failed");
  const first = accounts[0];
  if (!first) return "no account has failed yet";
  const { name, breach } = await ask(page, `/accounts/${first.id}`);
  await open(page, first.id);
  await page.getByRole("heading", { name, exact: true }).waitFor();
  const banner = page.locator('[data-test="failed-banner"]');
  await banner.waitFor();
  const said = await banner.innerText();
  must(said.toLowerCase().includes(breach.rule.replace("_", " ")), `the banner does not name ${breach.rule}: ${said}`);
  const facts = await banner.locator("dl > div").evaluateAll((rows) =>
    Object.fromEntries(rows.map((row) => [row.querySelector("dt").textContent, row.querySelector("dd").textContent])),
  );
  for (const [label, value] of [["Floor", breach.floor], ["Equity at breach", breach.equity]]) {
    const text = facts[label] ?? "";
    must(Math.abs(number(text) - Number(value)) <= CENT, `the banner gives ${label} as "${text}", the server as ${value}`);
  }
  must(await page.locator("#ticket-send").isDisabled(), "a failed account can still send orders");
  return `${name}: ${said.split("\n")[0]}`;
}

/** The first account that can trade and for which `wanted` holds, among as many as are quick to ask for. */
async function trading(page, wanted) {
  const { accounts } = await ask(page, "/accounts?state=evaluation");
  for (const { id } of accounts.filter((row) => !row.day_locked).slice(0, MOST_ASKED)) {
    const account = await ask(page, `/accounts/${id}`);
    if (wanted(account)) return account;
  }
  return null;
}

async function breachPrices(page) {
  const account = await trading(page, ({ limits }) => limits.some((limit) => limit.breach_prices.length > 0));
  if (!account) return "no account has a position that could break a limit";
  await open(page, account.id);
  const shown = page.locator('[data-test="breach-price"]');
  const text = await until(`${account.name} shows no breach price`, async () => (await shown.allInnerTexts())[0]);
  must(/\d/.test(text), `a breach price reads "${text}"`);
  return `${account.name}: ${text.replace(/\s+/g, " ")}`;
}

async function order(page) {
  if (await page.locator("#ticket-send").isDisabled()) {
    const other = await trading(page, () => true);
    must(other, "no account can trade");
    await open(page, other.id);
    await until("the order ticket stays disabled", () => page.locator("#ticket-send").isEnabled());
  }
  await page.locator('[data-test="limit"]').first().waitFor();
  const field = page.locator("#ticket-qty");
  const lot = (await page.locator("label:has(#ticket-qty) small").innerText()).replace("lot ", "").trim();
  must(Number(lot) > 0, `no lot size beside the quantity: "${lot}"`);
  await page.keyboard.press("b");
  await page.keyboard.type(lot);
  must((await field.inputValue()) === lot, "b does not lead to the quantity field");
  await page.keyboard.press("Enter");
  const outcome = page.locator('[data-test="outcome"]');
  const said = await until("the ticket shows no outcome", async () => (await outcome.innerText()).trim());
  if (/^(Denied|Rejected): \S/.test(said)) return said;
  must(/^(Bought|Sold|Order \d+ )/.test(said), `the ticket says "${said}"`);
  await until("neither a position nor a fill shows", async () => {
    const positions = await page.locator('[data-test="position"]').count();
    return positions > 0 || (await page.locator('.event-list [data-type="fill"]').count()) > 0;
  });
  return said;
}

export const steps = [
  ["connection is live", live],
  ["prices change", prices],
  ["limits show floor and distance", limits],
  ["equity curve has points", curve],
  ["board scores are the sum of their components", board],
  ["board moves", boardMoves],
  ["accessible names, one h1, language", basics],
  ["keyboard", keyboard],
  ["a failed account says why", failed],
  ["breach prices show", breachPrices],
  ["order ticket", order],
  ["events arrive", events],
  ["no console error, no other host", clean],
];
