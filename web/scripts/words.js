// What the scripts say, in the viewer's language, as the page gave it.
const words = JSON.parse(document.getElementById("words")?.textContent || "{}");

export function say(key, fill = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => fill[name] ?? whole);
}

// announce tells those who cannot see the change, politely.
export function announce(text) {
  const place = document.getElementById("say");
  if (place && place.textContent !== text) place.textContent = text;
}
