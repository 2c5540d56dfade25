// A line chart: few lines, the last value written beside its end, a reading
// under the pointer or the arrow keys, and it grows with what is reported.
import { amount, plain, short } from "./number.js";
import { sums } from "./figures.js";
import { announce, say } from "./words.js";

const space = "http://www.w3.org/2000/svg";
const edge = { top: 24, right: 64, bottom: 26, left: 8 };
const letter = 7.5; // about as wide as a digit of the last value's label
const lengths = { minute: 60_000, hour: 3_600_000 };
const refetch = 30_000;

export function charts() {
  return [...document.querySelectorAll("[data-chart]")].map((place) => new Chart(place));
}

class Chart {
  constructor(place) {
    this.place = place;
    this.metric = "spend";
    this.cursor = null;
    this.tools = place.closest("section");
    this.step = this.tools.querySelector('[data-chart-steps] [aria-pressed="true"]').value;
    this.listen();
    this.load();
    setInterval(() => document.hidden || this.load(), refetch);
  }

  listen() {
    this.tools.addEventListener("click", (event) => {
      const button = event.target.closest(".segmented button[value]");
      if (!button) return;
      for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
      if (button.closest("[data-chart-metrics]")) {
        this.metric = button.value;
        this.draw();
      } else {
        this.step = button.value;
        this.load();
      }
    });
    this.place.addEventListener("pointermove", (event) => this.point(event.clientX));
    this.place.addEventListener("pointerleave", () => this.read(null));
    this.place.addEventListener("keydown", (event) => this.key(event));
    this.place.addEventListener("blur", () => this.read(null));
    new ResizeObserver(() => this.draw()).observe(this.place);
  }

  async load() {
    const step = this.step;
    try {
      const answer = await fetch(`${this.place.dataset.chart}?step=${step}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const data = await answer.json();
      if (step !== this.step) return;
      this.points = data.points.map((p) => ({ t: p.t, ...sums(p) }));
      this.marks = Map.groupBy(data.marks ?? [], (mark) => mark.t);
      this.failed = false;
    } catch {
      this.failed = !this.points;
    }
    this.draw();
  }

  // grow adds what has just been reported to the newest point, or begins one.
  grow(campaign, more, at) {
    if (!this.points?.length || !this.place.dataset.chart.includes(campaign)) return;
    const length = lengths[this.step];
    let last = this.points.at(-1);
    while (length && Date.parse(at) >= last.t + length) {
      last = { t: last.t + length, ...sums() };
      this.points.push(last);
      this.points.shift();
    }
    for (const name in more) last[name] += more[name];
    this.draw();
  }

  key(event) {
    const last = (this.points?.length ?? 0) - 1;
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (last < 0 || !(event.key in moves)) return;
    event.preventDefault();
    this.read(Math.max(0, Math.min(last, (this.cursor ?? last) + moves[event.key])));
    announce(this.text(this.points[this.cursor]));
  }

  point(x) {
    if (!this.points?.length) return;
    const box = this.place.getBoundingClientRect();
    const part = (x - box.left - edge.left) / (box.width - edge.left - edge.right);
    this.read(Math.max(0, Math.min(this.points.length - 1, Math.round(part * (this.points.length - 1)))));
  }

  read(index) {
    if (index === this.cursor) return;
    this.cursor = index;
    this.draw();
  }

  value(v) {
    return this.metric === "spend" ? amount(v, this.place.dataset) : plain(v, 0);
  }

  time(t) {
    const zone = this.place.dataset.zone;
    const how = this.step === "day" ? { day: "numeric", month: "short" } : { hour: "numeric", minute: "2-digit", ...(this.step === "hour" ? { day: "numeric", month: "short" } : {}) };
    return new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: zone, ...how }).format(t);
  }

  text(p) {
    return [`${this.time(p.t)}: ${this.value(p[this.metric])}`, ...this.unusual(p)].join(". ");
  }

  // unusual says what was out of line in a point's time.
  unusual(p) {
    return (this.marks?.get(p.t) ?? []).map((mark) => mark.text);
  }

  draw() {
    const { width, height } = this.place.getBoundingClientRect();
    if (!width) return;
    if (!this.points || this.points.every((p) => !p[this.metric])) {
      this.place.replaceChildren(...(this.points || this.failed ? [note(say(this.failed ? "chart.failed" : "chart.empty"))] : []));
      return;
    }
    const values = this.points.map((p) => p[this.metric]);
    const end = values.length - 1;
    const label = this.metric === "spend" ? this.value(values[end]) : short(values[end]);
    edge.right = 16 + Math.ceil(label.length * letter);
    const top = ceiling(Math.max(...values));
    const x = (i) => edge.left + (i / Math.max(1, values.length - 1)) * (width - edge.left - edge.right);
    const y = (v) => height - edge.bottom - (Math.max(0, v) / top) * (height - edge.top - edge.bottom);
    const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    this.grid(svg, width, top, y);
    this.times(svg, width, height, x);
    const line = values.map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("");
    svg.append(node("path", { class: "area", d: `${line}L${x(values.length - 1).toFixed(1)} ${y(0)}L${x(0).toFixed(1)} ${y(0)}Z` }), node("path", { class: "line", d: line }));
    this.scale(svg, top, values.map((v, i) => [x(i), y(v)]), y);
    this.points.forEach((p, i) => this.marks?.has(p.t) && svg.append(diamond(x(i), y(values[i]))));
    svg.append(node("circle", { class: "now", cx: x(end), cy: y(values[end]), r: 4 }));
    svg.append(node("text", { class: "last", x: x(end) + 8, y: y(values[end]) + 4 }, label));
    const parts = [svg];
    if (this.cursor !== null && this.points[this.cursor]) parts.push(this.reading(svg, width, height, x, y));
    this.place.replaceChildren(...parts);
  }

  grid(svg, width, top, y) {
    for (const v of [0, top / 2, top]) svg.append(node("line", { class: "grid", x1: edge.left, x2: width - edge.right, y1: y(v), y2: y(v) }));
  }

  // scale writes what the lines stand for, over the area so that it can be read:
  // above its line, or below where the figures pass through the words.
  scale(svg, top, path, y) {
    for (const v of [top / 2, top]) {
      const begun = path.filter(([at]) => at < edge.left + 8 * letter);
      const crossed = begun.some(([, high]) => high > y(v) - 22 && high < y(v));
      svg.append(node("text", { x: edge.left, y: crossed ? y(v) + 16 : y(v) - 6 }, this.metric === "spend" ? amount(v, { ...this.place.dataset, decimals: Number.isInteger(v) ? 0 : this.place.dataset.decimals }) : short(v)));
    }
  }

  times(svg, width, height, x) {
    const last = this.points.length - 1;
    const count = Math.min(last, Math.max(1, Math.floor(width / 160)));
    for (let k = 0; k <= count; k++) {
      const i = Math.round((k * last) / Math.max(1, count));
      const anchor = k === 0 ? "start" : k === count ? "end" : "middle";
      svg.append(node("text", { x: x(i), y: height - 6, "text-anchor": anchor }, this.time(this.points[i].t)));
    }
  }

  reading(svg, width, height, x, y) {
    const p = this.points[this.cursor];
    const at = x(this.cursor);
    svg.append(node("line", { class: "cursor", x1: at, x2: at, y1: edge.top - 8, y2: height - edge.bottom }), node("circle", { class: "now", cx: at, cy: y(p[this.metric]), r: 4 }));
    const box = document.createElement("div");
    box.className = "chart-read";
    const strong = document.createElement("b");
    strong.textContent = this.value(p[this.metric]);
    box.append(strong, ` · ${this.time(p.t)}`);
    for (const text of this.unusual(p)) {
      const line = document.createElement("span");
      line.className = "unusual";
      line.textContent = `◆ ${text}`;
      box.append(line);
    }
    requestAnimationFrame(() => {
      box.style.translate = `${Math.max(0, Math.min(width - box.offsetWidth, at - box.offsetWidth / 2))}px -8px`;
    });
    return box;
  }
}

// ceiling is the next round number: 1, 2, 4, 6 or 8 times a power of ten.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 4, 6, 8, 10].map((m) => m * power).find((m) => m >= value);
}

function diamond(x, y) {
  const r = 6;
  return node("path", { class: "mark", d: `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z` });
}

function node(name, attributes, text) {
  const element = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function note(text) {
  const box = document.createElement("p");
  box.className = "chart-empty";
  box.textContent = text;
  return box;
}
