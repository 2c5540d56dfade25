// Figures that roll to their new value instead of flashing, and the KPIs that
// follow from the totals.
import { print } from "./number.js";
import { say } from "./words.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
const rolling = new WeakMap();
const rollTime = 600;

// show moves an element to a value; null is unknown, with a reason.
export function show(element, value, reason) {
  const tile = element.closest("[data-tile]");
  const note = tile?.querySelector("[data-reason]");
  const raw = tile?.querySelector("[data-raw]");
  if (value === null) {
    stop(element);
    element.value = "";
    element.textContent = "–";
    element.title = say("reason." + reason);
    element.classList.add("unknown");
    if (note) note.textContent = say("reason." + reason);
    if (raw) raw.textContent = "null";
    return;
  }
  const from = element.value === "" ? value : Number(element.value);
  element.value = String(value);
  element.classList.remove("unknown");
  element.removeAttribute("title");
  if (note) note.textContent = "";
  if (raw) raw.textContent = String(Number(value.toFixed(6)));
  if (from === value) {
    if (!rolling.has(element)) write(element, value);
    return;
  }
  roll(element, rolling.get(element)?.at ?? from, value);
}

// write puts a value into its place, smaller where it is long; the server's
// template says so too.
function write(element, value) {
  element.textContent = print(value, element.dataset);
  element.classList.toggle("long", element.textContent.length > 14);
}

function stop(element) {
  const run = rolling.get(element);
  if (run) cancelAnimationFrame(run.frame);
  rolling.delete(element);
}

function roll(element, from, to) {
  stop(element);
  if (still.matches || document.hidden) {
    write(element, to);
    return;
  }
  const run = { at: from, frame: 0 };
  const begin = performance.now();
  const step = (now) => {
    const part = Math.min(1, Math.max(0, (now - begin) / rollTime));
    run.at = from + (to - from) * (1 - (1 - part) ** 3);
    write(element, part < 1 ? run.at : to);
    if (part < 1) run.frame = requestAnimationFrame(step);
    else rolling.delete(element);
  };
  rolling.set(element, run);
  run.frame = requestAnimationFrame(step);
}

const summed = ["impressions", "clicks", "conversions", "leads", "spend", "revenue"];

// sums reads totals as the stream or the page writes them: what is 0 may be
// missing, and money is a decimal string or an object with one.
export function sums(totals = {}) {
  const all = {};
  for (const name of summed) {
    const value = totals?.[name] ?? 0;
    all[name] = Number(typeof value === "object" ? value.amount : value);
  }
  return all;
}

export function add(to, more, sign = 1) {
  for (const name of summed) to[name] += sign * more[name];
  return to;
}

const ratio = (over, under, reason, scale = 1) => (under > 0 ? [(over / under) * scale, ""] : [null, reason]);

// derive is the value of a metric from sums, and why there is none.
export function derive(metric, s) {
  switch (metric) {
    case "ctr": return ratio(s.clicks, s.impressions, "no_impressions");
    case "cpc": return ratio(s.spend, s.clicks, "no_clicks");
    case "cpm": return ratio(s.spend, s.impressions, "no_impressions", 1000);
    case "cpa": return ratio(s.spend, s.conversions, "no_conversions");
    case "cvr": return ratio(s.conversions, s.clicks, "no_clicks");
    case "roas": return ratio(s.revenue, s.spend, "no_spend");
    case "roi": return ratio(s.revenue - s.spend, s.spend, "no_spend");
    default: return metric in s ? [s[metric], ""] : undefined;
  }
}

// showAll moves every figure within a place to what follows from the sums.
export function showAll(place, s) {
  for (const element of place.querySelectorAll("[data-metric][data-kind]")) {
    const derived = derive(element.dataset.metric, s);
    if (derived) show(element, ...derived);
  }
}
