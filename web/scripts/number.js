// Numbers in the viewer's signs, the same ones the server prints: it gives them
// to the page, so the two never differ.
const root = document.documentElement.dataset;
const minGroup = Number(root.minGroup || 1);

function group(digits) {
  if (digits.length < 3 + minGroup) return digits;
  return digits.replace(/\B(?=(\d{3})+$)/g, root.group);
}

// plain prints a number with so many decimals.
export function plain(value, decimals) {
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split(".");
  const sign = value < 0 && Number(value.toFixed(decimals)) !== 0 ? "-" : "";
  return sign + group(whole) + (fraction ? root.decimal + fraction : "");
}

// amount prints money with the prefix and suffix its currency has here.
export function amount(value, { prefix = "", suffix = "", decimals = 2 }) {
  const usual = Number(decimals);
  const places = value !== 0 && Math.abs(value) < 0.1 ? usual + 2 : usual;
  const text = plain(value, places);
  return text.startsWith("-") ? "-" + prefix + text.slice(1) + suffix : prefix + text + suffix;
}

// print prints a value of the kind that an element's data attributes name.
export function print(value, data) {
  switch (data.kind) {
    case "count":
      return plain(Math.round(value), 0);
    case "money":
      return amount(value, { prefix: data.prefix, suffix: data.suffix, decimals: Number(data.decimals ?? 2) });
    case "fraction":
      return plain(value * 100, 2) + (document.documentElement.lang.startsWith("en") ? "%" : "\u00a0%");
    case "times":
      return plain(value, 2) + "×";
    default:
      return plain(value, 2);
  }
}

// short is for an axis: 12 k, 3.4 M.
export function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return plain(value / 1e6, size >= 1e7 ? 0 : 1) + " M";
  if (size >= 1e4) return plain(value / 1e3, size >= 1e5 ? 0 : 1) + " k";
  return plain(value, size > 0 && size < 10 && value % 1 ? 2 : 0);
}
