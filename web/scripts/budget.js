// The budget bar and what is left follow the spend; thresholds light up as they
// are passed. The answer is false where the bar has become too short.
import { show } from "./figures.js";

export function spent(place, spend) {
  for (const bar of place.querySelectorAll("[data-budget]")) {
    const limit = Number(bar.dataset.limit);
    const scale = Math.max(Number(bar.dataset.scale), spend);
    if (spend > Number(bar.dataset.scale)) return false; // the scale must change: the page is asked for anew
    const fill = bar.querySelector(".fill");
    fill.setAttribute("width", percent(Math.min(spend, limit), scale));
    tone(fill, spend / limit);
    bar.querySelector(".over")?.setAttribute("width", percent(spend - limit, scale));
    for (const mark of bar.querySelectorAll("[data-mark]")) {
      mark.classList.toggle("fired", mark.classList.contains("fired") || spend >= (limit * Number(mark.dataset.mark)) / 100);
    }
    const left = place.querySelector('[data-metric="available"]');
    if (left) show(left, Math.max(0, limit - spend), "");
  }
  for (const meter of place.querySelectorAll("[data-meter-limit]")) {
    const limit = Number(meter.dataset.meterLimit);
    const fill = meter.querySelector(".fill");
    if (limit > 0) fill.setAttribute("width", String(Math.min(100, (100 * spend) / limit)));
    tone(fill, spend / limit);
  }
  return true;
}

// tone warns from three quarters on, as the server does.
function tone(fill, part) {
  fill.classList.toggle("warn", part >= 0.75 && part < 1);
  fill.classList.toggle("bad", part >= 1);
}

const percent = (part, whole) => (whole > 0 ? ((100 * part) / whole).toFixed(2) : "0") + "%";
