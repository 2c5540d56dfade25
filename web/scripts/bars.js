// Bars of links that are wider than the screen: the page one is on is in sight.
// The styles shade an edge beyond which a bar goes on.
export function bars() {
  for (const bar of document.querySelectorAll(".nav, .tabs")) {
    const here = bar.querySelector("[aria-current]");
    if (here) bar.scrollLeft += middle(here) - middle(bar);
  }
}

function middle(element) {
  const box = element.getBoundingClientRect();
  return box.left + box.width / 2;
}
