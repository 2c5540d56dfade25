// The page's parts, asked for again. The server decides what they show; here
// they only change places, and not while somebody is using them.
import { announce } from "./words.js";

let running = null;
let again = false;

export function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = swap().finally(() => {
    running = null;
    if (again) {
      again = false;
      refresh();
    }
  });
  return running;
}

async function swap() {
  const answer = await fetch(location.href, { headers: { "X-Requested-With": "refresh" }, signal: AbortSignal.timeout(20_000) }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const newer = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (!newer || inUse(part) || newer.outerHTML === part.outerHTML) continue;
    if ("announce" in part.dataset && newer.textContent !== part.textContent) announce(newer.textContent.trim());
    const scrolled = part.scrollLeft;
    part.replaceWith(document.adoptNode(newer));
    newer.scrollLeft = scrolled;
  }
}

const inUse = (part) => part.contains(document.activeElement) || part.querySelector("dialog[open], details[open], :popover-open") !== null;

// A part that says when it is to be looked at again, because work is under way
// behind it, is; its newer self says whether once more.
export function watchWork() {
  const part = document.querySelector("[data-again]");
  if (!part) return;
  setTimeout(() => refresh().finally(watchWork), Number(part.dataset.again));
}
