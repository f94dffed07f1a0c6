/* Opens a report of `dynasty backtest --report` as its reader does: from a file, in light and in dark, wide, on a
   phone and on paper; of a search, that what is shown is what its `--format json` says.
   usage: node e2e/report.mjs FILE.html [--json FILE.json] [--screenshots DIR] */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { kindOf, searchSteps } from "./searches.mjs";

const TOTAL_MS = 120_000;
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const CONTRAST_LEAST = 4.5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { screenshots: { type: "string" }, json: { type: "string" } },
});
const file = positionals[0];
if (!file || !existsSync(file)) {
  console.error("usage: node e2e/report.mjs FILE.html [--json FILE.json] [--screenshots DIR]");
  process.exit(2);
}
const executablePath = process.env.CHROMIUM ?? BROWSERS.find(existsSync);
if (!executablePath) {
  console.error("no Chromium found; set CHROMIUM to its path");
  process.exit(2);
}
if (values.screenshots) mkdirSync(values.screenshots, { recursive: true });

function must(condition, reason) {
  if (!condition) throw new Error(reason);
}
const told = values.json && JSON.parse(readFileSync(values.json, "utf8"));
/** A report on many runs has no trades and no equity curve of one. */
const isOfOne = !told || kindOf(told) !== "walk-forward";
const number = (text) => Number(text.replace(/\u2212/g, "-").replace(/[^0-9.-]/g, ""));

/** Every text that is seen against what lies behind it; those below the least. */
function faint(least) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const paint = (colors) => {
    brush.globalAlpha = 1;
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, 1, 1);
    for (const [color, alpha] of colors) {
      brush.globalAlpha = alpha;
      brush.fillStyle = color;
      brush.fillRect(0, 0, 1, 1);
    }
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colors = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      colors.unshift([style.backgroundColor, Number(style.opacity)]);
      // A number in a heat map stands on its cell, which is drawn just before it.
      if (at instanceof SVGTextElement && at.previousElementSibling instanceof SVGRectElement && at.matches(".cell")) {
        const rect = getComputedStyle(at.previousElementSibling);
        colors.unshift([rect.fill, Number(rect.fillOpacity)]);
      }
    }
    return colors;
  };
  const found = [];
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const said = node.textContent.trim();
    if (!said || element.closest("script, style, title, .skip, .hidden")) continue;
    if (element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    const back = behind(element);
    const one = luminance(paint([...back, [ink, 1]]));
    const other = luminance(paint(back));
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    seen += 1;
    if (contrast < least) found.push(`"${said.slice(0, 30)}" ${contrast.toFixed(2)}`);
  }
  return { seen, found };
}

async function shot(page, name, fullPage = true) {
  if (values.screenshots) await page.screenshot({ path: join(values.screenshots, `${name}.png`), fullPage });
}

const steps = [
  [
    "one h1, one main, every control named, no id twice",
    async (page) => {
      const found = await page.evaluate(() => {
        const ids = [...document.querySelectorAll("[id]")].map((el) => el.id);
        const named = (el) => (el.getAttribute("aria-label") ?? el.textContent).trim() !== "";
        return {
          h1: document.querySelectorAll("h1").length,
          main: document.querySelectorAll("main").length,
          unnamed: [...document.querySelectorAll("a, button, [role=img], [role=region]")].filter((el) => !named(el)).length,
          twice: ids.filter((id, n) => ids.indexOf(id) !== n),
          lost: [...document.querySelectorAll('a[href^="#"]')].filter((a) => !document.querySelector(a.hash)).length,
        };
      });
      must(found.h1 === 1 && found.main === 1, `${found.h1} h1, ${found.main} main`);
      must(found.unnamed === 0, `${found.unnamed} without a name`);
      must(found.twice.length === 0, `twice: ${found.twice[0]}`);
      must(found.lost === 0, `${found.lost} links lead nowhere`);
    },
  ],
  ...["light", "dark"].map((scheme) => [
    `legible in ${scheme}`,
    async (page) => {
      await page.emulateMedia({ colorScheme: scheme });
      await shot(page, scheme);
      const { seen, found } = await page.evaluate(faint, CONTRAST_LEAST);
      must(seen > 50, `only ${seen} texts`);
      must(found.length === 0, `${found.length} of ${seen} too faint: ${found.slice(0, 3).join(", ")}`);
      return `${seen} texts`;
    },
  ]),
  ...(told ? searchSteps(told, must) : []),
  isOfOne && [
    "the trade list sorts",
    async (page) => {
      await page.emulateMedia({ colorScheme: "light" });
      const button = page.locator("#trade-list button", { hasText: "P&L" });
      const column = await button.evaluate((el) => el.closest("th").cellIndex);
      const cells = async () => (await page.locator(`#trade-list tbody tr td:nth-child(${column + 1})`).allInnerTexts()).map(number);
      const rows = (await cells()).length;
      must(rows > 1, `${rows} rows`);
      await button.click();
      const up = await cells();
      must(up.length === rows && up.every((value, n) => n === 0 || up[n - 1] <= value), "not ascending");
      must((await button.evaluate((el) => el.closest("th").ariaSort)) === "ascending", "aria-sort is not ascending");
      await button.focus();
      await page.keyboard.press("Enter");
      const down = await cells();
      must(down.every((value, n) => n === 0 || down[n - 1] >= value), "not descending by keyboard");
      return `${rows} rows`;
    },
  ],
  isOfOne && [
    "a pointer and the arrow keys read the equity curve",
    async (page) => {
      const plot = page.locator("#equity .plot:visible").first();
      await plot.evaluate((el) => el.scrollIntoView({ block: "center" }));
      const box = await plot.locator("svg").boundingBox();
      await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.3);
      const says = plot.locator(".says");
      await says.waitFor();
      const read = await says.innerText();
      must(/^\d{4}-\d\d-\d\d/.test(read) && read.includes("Equity"), `reads "${read}"`);
      await shot(page, "pointer", false);
      await plot.locator("svg").focus();
      await page.keyboard.press("End");
      const end = await plot.locator("[aria-live]").innerText();
      await page.keyboard.press("ArrowLeft");
      const before = await plot.locator("[aria-live]").innerText();
      must(end !== before && end.includes("Equity"), `"${end}", then "${before}"`);
      return end.split(",")[0];
    },
  ],
  [
    "nothing is wider than a phone",
    async (page) => {
      await page.setViewportSize({ width: 360, height: 740 });
      for (const scheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme: scheme });
        await shot(page, `phone-${scheme}`);
      }
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      must(width <= 360, `${width} pixels`);
      const size = await page.evaluate(() => {
        const tick = [...document.querySelectorAll("svg .tick")].find((el) => el.getClientRects().length > 0);
        const svg = tick.ownerSVGElement;
        return (parseFloat(getComputedStyle(tick).fontSize) * svg.getBoundingClientRect().width) / svg.viewBox.baseVal.width;
      });
      must(size >= 9, `ticks are ${size.toFixed(1)} pixels`);
      return `ticks of ${size.toFixed(1)} pixels`;
    },
  ],
  [
    "it prints",
    async (page) => {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: "dark", media: "print" });
      must(!(await page.locator("nav").isVisible()), "the contents are printed");
      const back = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      must(back === "rgb(255, 255, 255)", `paper is ${back}`);
      const pdf = await page.pdf({ format: "A4", path: values.screenshots && join(values.screenshots, "report.pdf") });
      must(pdf.length > 10_000, `${pdf.length} bytes`);
      return `${Math.round(pdf.length / 1024)} KiB`;
    },
  ],
];

let browser;
let failure;
const late = new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`not done after ${TOTAL_MS / 1000} s`)), TOTAL_MS).unref();
});

async function run() {
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], timeout: 30_000 });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors = [];
  const asked = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  const home = pathToFileURL(resolve(file)).href;
  page.on("request", (request) => {
    const address = request.url().replace(/#.*/, "");
    if (address !== home && !address.startsWith("data:")) asked.push(address);
  });
  await page.goto(home, { waitUntil: "load" });
  for (const [name, check] of steps.filter(Boolean)) {
    const said = await check(page).catch((error) => {
      throw new Error(`${name}: ${error.message}`);
    });
    console.log(`ok    ${name}${said ? `: ${said}` : ""}`);
  }
  must(errors.length === 0, `console errors: ${errors.slice(0, 3).join(" | ")}`);
  must(asked.length === 0, `requests: ${asked.slice(0, 3).join(", ")}`);
  console.log("ok    no console errors, no requests");
}

try {
  await Promise.race([run(), late]);
} catch (error) {
  failure = error;
} finally {
  await browser?.close();
}
if (failure) {
  console.error(`FAIL  ${failure.message}`);
  process.exit(1);
}
console.log("all checks passed");
process.exit(0);
