import { backoff } from "./backoff";
import { accept, confirm, interrupt, resumeOf, START, type Frame, type Place } from "./channel";

export type Link =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "stale" }
  | { state: "waiting"; attempt: number; until: number; why: string };

export interface Heartbeat {
  engine_seq: string;
  durable_seq: string;
  ts: string;
  rate: string;
}

export type OnFrame = (frame: Frame) => void;

export interface Hooks {
  link(link: Link): void;
  heartbeat(beat: Heartbeat): void;
  latency(ms: number): void;
  refused(channels: string[], detail: string): void;
}

interface Watch {
  place: Place;
  onFrame: OnFrame;
  /** When the pending subscription was sent; 0 if none is pending. */
  asked: number;
}

type Reply =
  | ({ op: "heartbeat" } & Heartbeat)
  | { op: "shutdown"; reconnect_after_ms: number; jitter_ms: number }
  | { op: "ok"; id: number; chs: { ch: string; recovered?: boolean }[] }
  | { op: "error"; id?: number; code: number; detail: string }
  | { op: "pong"; id: number };

const TICK_MS = 1_000;
const STALE_MS = 3_500;
const DEAD_MS = 8_000;
const ANSWER_MS = 5_000;
const PING_EVERY = 5;

/** Keeps one connection open and every watched channel in place, for as long as the page lives. */
export class Feed {
  private socket: WebSocket | null = null;
  private watches = new Map<string, Watch>();
  private asking = new Map<number, string[]>();
  private unsent = new Set<string>();
  private pings = new Map<number, number>();
  private nextId = 1;
  private attempt = 0;
  private heard = 0;
  private ticks = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private planned: { delay: number; why: string } | null = null;
  private link: Link = { state: "connecting" };

  constructor(
    private readonly url: string,
    private readonly hooks: Hooks,
    private readonly open: (url: string) => WebSocket = (address) => new WebSocket(address),
  ) {}

  start(): void {
    this.connect();
    setInterval(() => this.tick(), TICK_MS);
  }

  watch(ch: string, onFrame: OnFrame): () => void {
    this.watches.set(ch, { place: START, onFrame, asked: 0 });
    this.ask(ch);
    return () => {
      this.watches.delete(ch);
      this.unsent.delete(ch);
      this.send({ op: "unsub", id: this.nextId++, chs: [{ ch }] });
    };
  }

  reconnectNow(): void {
    if (this.link.state === "waiting") this.connect();
  }

  private connect(): void {
    clearTimeout(this.timer);
    if (this.link.state !== "waiting") this.setLink({ state: "connecting" });
    const socket = this.open(this.url);
    this.socket = socket;
    this.heard = Date.now();
    socket.onopen = () => {
      this.heard = Date.now();
      for (const ch of this.watches.keys()) this.ask(ch);
    };
    socket.onmessage = (message) => {
      if (this.socket === socket) this.receive(String(message.data));
    };
    socket.onclose = (closed) => {
      if (this.socket === socket) this.lost(closed.code === 4008 ? "events came faster than this page read them" : "");
    };
  }

  private lost(why: string): void {
    this.socket = null;
    this.asking.clear();
    this.pings.clear();
    for (const watch of this.watches.values()) {
      watch.place = interrupt(watch.place);
      watch.asked = 0;
    }
    const delay = this.planned?.delay ?? backoff(this.attempt);
    const reason = this.planned?.why ?? why;
    this.planned = null;
    this.attempt += 1;
    this.setLink({ state: "waiting", attempt: this.attempt, until: Date.now() + delay, why: reason });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), delay);
  }

  /** Subscriptions made in one turn go out as one frame. */
  private ask(ch: string): void {
    if (this.unsent.size === 0) queueMicrotask(() => this.flush());
    this.unsent.add(ch);
  }

  private flush(): void {
    const chs = [...this.unsent];
    this.unsent.clear();
    if (chs.length === 0 || this.socket?.readyState !== 1) return;
    const id = this.nextId++;
    const entries = chs.flatMap((ch) => {
      const watch = this.watches.get(ch);
      if (!watch) return [];
      watch.asked = Date.now();
      const resume = resumeOf(watch.place);
      return [resume ? { ch, resume } : { ch }];
    });
    this.asking.set(id, chs);
    this.send({ op: "sub", id, chs: entries });
  }

  private again(ch: string): void {
    this.send({ op: "unsub", id: this.nextId++, chs: [{ ch }] });
    this.ask(ch);
  }

  private send(message: object): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  private receive(text: string): void {
    this.heard = Date.now();
    if (this.link.state !== "live") this.setLink({ state: "live" });
    const message = JSON.parse(text) as Frame | Reply;
    if ("op" in message) this.reply(message);
    else this.frame(message);
  }

  private frame(frame: Frame): void {
    const watch = this.watches.get(frame.ch);
    if (!watch) return;
    const [place, verdict] = accept(watch.place, frame);
    watch.place = place;
    if (verdict === "apply") {
      watch.asked = 0;
      watch.onFrame(frame);
    } else if (verdict === "resubscribe") {
      this.again(frame.ch);
    }
  }

  private reply(reply: Reply): void {
    switch (reply.op) {
      case "heartbeat":
        this.attempt = 0;
        this.hooks.heartbeat(reply);
        break;
      case "ok":
        this.asking.delete(reply.id);
        for (const { ch, recovered } of reply.chs ?? []) {
          const watch = this.watches.get(ch);
          if (!watch || recovered === undefined) continue;
          watch.place = confirm(watch.place, recovered);
          if (watch.place.live) watch.asked = 0;
        }
        break;
      case "error": {
        const chs = reply.id === undefined ? undefined : this.asking.get(reply.id);
        if (!chs) break;
        this.asking.delete(reply.id!);
        for (const ch of chs) {
          const watch = this.watches.get(ch);
          if (watch) watch.asked = 0;
        }
        this.hooks.refused(chs, reply.detail);
        break;
      }
      case "pong": {
        const sent = this.pings.get(reply.id);
        this.pings.delete(reply.id);
        if (sent !== undefined) this.hooks.latency(Math.round(performance.now() - sent));
        break;
      }
      case "shutdown":
        this.planned = {
          delay: reply.reconnect_after_ms + Math.round(Math.random() * reply.jitter_ms),
          why: "the engine is restarting",
        };
        break;
    }
  }

  private tick(): void {
    const socket = this.socket;
    if (!socket) return;
    const silence = Date.now() - this.heard;
    if (silence > DEAD_MS) {
      this.lost("no word from the server");
      socket.close();
      return;
    }
    if (silence > STALE_MS && this.link.state === "live") this.setLink({ state: "stale" });
    for (const [ch, watch] of this.watches) {
      if (watch.asked && Date.now() - watch.asked > ANSWER_MS) this.again(ch);
    }
    if (this.ticks++ % PING_EVERY === 0) {
      const id = this.nextId++;
      this.pings.set(id, performance.now());
      this.send({ op: "ping", id });
    }
  }

  private setLink(link: Link): void {
    this.link = link;
    this.hooks.link(link);
  }
}
