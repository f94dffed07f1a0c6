"use strict";
/* A click on a column's name sorts the trades by it; a second one turns the order around. */
(() => {
  const table = document.getElementById("trade-list");
  if (!table) return;
  const body = table.tBodies[0];
  const number = (text) => Number(text.replace(/\u2212/g, "-").replace(/[^0-9.-]/g, "")) || 0;
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const head = button.closest("th");
    const place = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    const key = (row) => {
      const text = row.cells[place].textContent;
      return button.dataset.kind === "number" ? number(text) : text;
    };
    const rows = [...body.rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
    body.append(...rows.map(([, row]) => row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  });
})();

/* The command line to the clipboard. */
(() => {
  const button = document.getElementById("copy");
  if (!button) return;
  button.addEventListener("click", async () => {
    const command = document.getElementById("command");
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      /* A file may not be let near the clipboard: the text is selected instead. */
      getSelection().selectAllChildren(command);
      button.textContent = "Selected";
    }
  });
})();

/* What a curve is worth at a time: with the pointer, or with the arrow keys once it has the focus. */
for (const source of document.querySelectorAll(".plot > script")) {
  const plot = source.parentElement;
  const svg = plot.querySelector("svg");
  const { x, y, from, to, time, lines } = JSON.parse(source.textContent);
  const [width, height] = svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const cross = document.createElement("div");
  const says = document.createElement("div");
  cross.className = "cross";
  says.className = "says";
  cross.hidden = says.hidden = true;
  const said = document.createElement("div");
  said.className = "hidden";
  said.setAttribute("aria-live", "polite");
  plot.append(cross, says, said);
  const reader = new DOMParser();
  const plain = (text) => reader.parseFromString(text, "text/html").body.textContent;
  for (const line of lines) line.name = plain(line.name);

  const at = (line, seconds) => {
    let low = 0;
    let high = line.t.length - 1;
    if (high < 0 || seconds < line.t[0]) return null;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (line.t[middle] <= seconds) low = middle;
      else high = middle - 1;
    }
    return { t: line.t[low], v: line.v[low] };
  };
  const format = (line, value) =>
    value.toLocaleString("en-US", { minimumFractionDigits: line.decimals, maximumFractionDigits: line.decimals }).replace("-", "\u2212") + line.unit;
  const date = (seconds) => {
    const text = new Date((from + seconds) * 1000).toISOString();
    return time ? text.slice(0, 16).replace("T", " ") : text.slice(0, 10);
  };

  let here = null;
  const show = (seconds, aloud) => {
    here = Math.min(Math.max(seconds, 0), to - from);
    const scale = svg.getBoundingClientRect().width / width;
    const left = (x[0] + (here / Math.max(to - from, 1)) * (x[1] - x[0])) * scale;
    cross.style.left = `${left}px`;
    cross.style.top = `${y[0] * scale}px`;
    cross.style.height = `${(y[1] - y[0]) * scale}px`;
    const found = lines.map((line) => [line, at(line, here)]).filter(([, point]) => point);
    if (found.length === 0) return hide();
    const title = document.createElement("b");
    title.textContent = date(found[0][1].t);
    says.replaceChildren(title);
    for (const [line, point] of found) {
      const row = document.createElement("span");
      const value = document.createElement("i");
      value.textContent = format(line, point.v);
      row.append(line.name, value);
      says.append(row);
    }
    cross.hidden = says.hidden = false;
    const room = plot.clientWidth;
    const size = says.offsetWidth;
    says.style.left = `${left + 12 + size > room ? Math.max(left - 12 - size, 0) : left + 12}px`;
    says.style.top = `${(y[0] + 6) * scale}px`;
    if (aloud) said.textContent = `${title.textContent}: ${found.map(([line, point]) => `${line.name} ${format(line, point.v)}`).join(", ")}`;
  };
  const hide = () => {
    cross.hidden = says.hidden = true;
  };
  plot.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const along = ((event.clientX - box.left) * width) / box.width;
    if (along < x[0] - 4 || along > x[1] + 4) return hide();
    show(((along - x[0]) / (x[1] - x[0])) * (to - from), false);
  });
  plot.addEventListener("pointerleave", hide);
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("keydown", (event) => {
    const step = (to - from) / (event.shiftKey ? 20 : 200);
    const moves = { ArrowLeft: -step, ArrowRight: step };
    if (event.key in moves) show((here ?? to - from) + moves[event.key], true);
    else if (event.key === "Home") show(0, true);
    else if (event.key === "End") show(to - from, true);
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
  });
  svg.addEventListener("focus", () => {
    if (svg.matches(":focus-visible")) show(here ?? to - from, true);
  });
  svg.addEventListener("blur", hide);
}
