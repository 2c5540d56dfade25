// The budget bar and what is left follow the spend; thresholds light up as they
// are passed.
import { show } from "./figures.js";

export function spent(place, spend) {
  for (const bar of place.querySelectorAll("[data-budget]")) {
    const limit = Number(bar.dataset.limit);
    const scale = Math.max(Number(bar.dataset.scale), spend);
    if (spend > Number(bar.dataset.scale)) return false; // the scale must change: the page is asked for anew
    bar.querySelector(".fill").setAttribute("width", percent(Math.min(spend, limit), scale));
    for (const mark of bar.querySelectorAll("[data-mark]")) {
      mark.classList.toggle("fired", mark.classList.contains("fired") || spend >= (limit * Number(mark.dataset.mark)) / 100);
    }
    const left = place.querySelector('[data-metric="available"]');
    if (left) show(left, Math.max(0, limit - spend), "");
  }
  for (const meter of place.querySelectorAll("[data-meter-limit]")) {
    const limit = Number(meter.dataset.meterLimit);
    if (limit > 0) meter.querySelector(".fill").setAttribute("width", String(Math.min(100, (100 * spend) / limit)));
  }
  return true;
}

const percent = (part, whole) => (whole > 0 ? ((100 * part) / whole).toFixed(2) : "0") + "%";
