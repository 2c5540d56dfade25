// The live connection: totals move the figures at once; anything else that
// happened asks the server for the page's parts again. A lost connection comes
// back by itself and resumes where it was; the dot says so.
import { add, showAll, sums } from "./figures.js";
import { spent } from "./budget.js";
import { refresh } from "./refresh.js";
import { announce, say } from "./words.js";

const staleAfter = 30_000; // the server beats every 8 s
const settle = 250; // events come in groups

export function follow(charts) {
  const dot = document.querySelector("[data-live]");
  if (!dot) return;
  const state = { dot, charts, totals: readTotals(), last: Date.now(), seen: "" };
  connect(state);
  setInterval(() => watch(state), 5_000);
}

function connect(state) {
  state.source?.close();
  const source = (state.source = new EventSource(state.dot.dataset.live));
  const lives = () => {
    state.last = Date.now();
    mark(state, "connected");
  };
  source.onopen = () => {
    if (state.seen && state.seen !== "connected") ask(state); // what was missed
    lives();
  };
  source.addEventListener("beat", lives);
  source.onerror = () => {
    mark(state, Date.now() - state.last > staleAfter ? "stale" : "reconnecting");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => state.source === source && connect(state), 5_000);
  };
  source.onmessage = (event) => {
    lives();
    receive(state, JSON.parse(event.data));
  };
}

// watch notices a connection that has died without saying so: not even a beat
// arrives, but the browser still believes in it. Another is tried in its place.
function watch(state) {
  if (Date.now() - state.last < staleAfter) return;
  const believed = state.source.readyState === EventSource.OPEN;
  mark(state, "stale");
  if (believed) connect(state);
}

function mark(state, what) {
  const { dot } = state;
  if (dot.dataset.state === what && what !== "stale") return;
  dot.dataset.state = what;
  const time = new Date(state.last).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const text = say("live." + what, { time });
  dot.querySelector("[data-live-text]").textContent = text;
  if (state.seen && state.seen !== what) announce(text);
  state.seen = what;
}

function receive(state, message) {
  const { type, data } = message;
  if (type === "resync") return;
  if (type === "snapshot" || type === "metrics_update") {
    for (const update of updatesOf(data)) totals(state, update, message.at);
    if (type === "snapshot") return;
  }
  if (type !== "metrics_update") {
    ask(state);
  }
}

// ask asks the server for the page's parts, once for a group of events.
function ask(state) {
  clearTimeout(state.asked);
  state.asked = setTimeout(() => refresh().then(() => adopt(state)), settle);
}

// updatesOf finds the totals in a message: one campaign's, or a list of them.
function updatesOf(data) {
  const list = Array.isArray(data?.campaigns) ? data.campaigns : [data];
  return list.filter((one) => one?.campaign_id && one.totals);
}

function totals(state, update, at) {
  const id = update.campaign_id;
  const now = sums(update.totals);
  const before = state.totals.get(id)?.sums;
  const known = state.totals.get(id) ?? {};
  state.totals.set(id, { ...known, sums: now });
  for (const place of document.querySelectorAll(`[data-campaign="${CSS.escape(id)}"]`)) {
    showAll(place, now);
    if (!spent(place, now.spend)) ask(state);
  }
  if (!before) return;
  const more = add({ ...now }, before, -1);
  grow(known.currency, more);
  for (const chart of state.charts) chart.grow(id, more, at);
}

// grow adds what has just been reported to the sums of the period shown.
function grow(currency, more) {
  for (const place of document.querySelectorAll("[data-sums]")) {
    if (currency && place.dataset.currency !== currency) continue;
    const all = add(sums(JSON.parse(place.dataset.sums)), more);
    place.dataset.sums = JSON.stringify(all);
    showAll(place, all);
  }
}

// readTotals is what the page was printed with, to tell what is new.
function readTotals() {
  const all = new Map();
  for (const place of document.querySelectorAll("[data-totals]")) {
    all.set(place.dataset.campaign, { sums: sums(JSON.parse(place.dataset.totals)), currency: place.dataset.currency });
  }
  return all;
}

// adopt takes over the totals of a refreshed page.
function adopt(state) {
  for (const [id, known] of readTotals()) state.totals.set(id, known);
}
