import { batch } from "@preact/signals";

/**
 * Work is done once per animation frame however many messages arrive. A hidden page gets no
 * animation frames, so a slow timer drains the queue there and it cannot grow without end.
 */
const HIDDEN_MS = 500;
let queue: (() => void)[] = [];
let scheduled = false;
let timer: ReturnType<typeof setTimeout> | undefined;

function drain(): void {
  if (!scheduled) return;
  scheduled = false;
  clearTimeout(timer);
  const work = queue;
  queue = [];
  batch(() => {
    for (const run of work) run();
  });
}

export function nextFrame(run: () => void): void {
  queue.push(run);
  if (scheduled) return;
  scheduled = true;
  if (!document.hidden) requestAnimationFrame(drain);
  timer = setTimeout(drain, HIDDEN_MS);
}
