import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import * as checks from "./checks.mjs";

const TOTAL_MS = 120_000;
const STEP_MS = 15_000;
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { screenshot: { type: "string" }, account: { type: "string" } },
});
const url = positionals[0];
if (!url) {
  console.error("usage: npm run e2e -- <url> [--screenshot file.png] [--account id]");
  process.exit(2);
}

const executablePath = process.env.CHROMIUM ?? BROWSERS.find(existsSync);
if (!executablePath) {
  console.error("no Chromium found; set CHROMIUM to its path");
  process.exit(2);
}

let browser;
let failure;
let timer;
const late = new Promise((_, reject) => {
  timer = setTimeout(() => reject(new Error(`not done after ${TOTAL_MS / 1000} s`)), TOTAL_MS);
});

async function run() {
  browser = await chromium.launch({ executablePath, args: ARGS, timeout: 30_000 });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_MS);
  const seen = checks.listen(page, url);
  const address = new URL(url);
  if (values.account) address.hash = `#/${values.account}`;
  await page.goto(address.href, { waitUntil: "load" });
  for (const [name, check] of checks.steps) {
    try {
      const said = await check(page, seen);
      console.log(`ok    ${name}${said ? `: ${said}` : ""}`);
    } catch (error) {
      if (values.screenshot) await page.screenshot({ path: values.screenshot }).catch(() => {});
      throw new Error(`${name}: ${error.message}`);
    }
  }
  if (values.screenshot) await page.screenshot({ path: values.screenshot });
}

try {
  await Promise.race([run(), late]);
} catch (error) {
  failure = error;
} finally {
  clearTimeout(timer);
  await browser?.close();
}
if (failure) {
  console.error(`FAIL  ${failure.message}`);
  process.exit(1);
}
console.log("all checks passed");
process.exit(0);
