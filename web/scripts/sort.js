// Columns that sort the rows on the page. The order is kept while figures move,
// so that nothing jumps under the pointer.
export function sorting() {
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    for (const head of table.querySelectorAll("thead th")) makeButton(table, head);
  }
}

function makeButton(table, head) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sorter";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const down = head.ariaSort === "descending" || (!head.ariaSort && head.cellIndex < 2);
    for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    head.ariaSort = down ? "ascending" : "descending";
    sort(table.tBodies[0], head.cellIndex, down ? 1 : -1);
  });
}

function sort(body, column, sign) {
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column]) }));
  rows.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null); // unknown last, whichever way
    return sign * (typeof a.key === "number" && typeof b.key === "number" ? a.key - b.key : compare(a.key, b.key));
  });
  body.append(...rows.map(({ row }) => row));
}

// keyOf is a cell's value: its figure, or its text; null when it is not known.
function keyOf(cell) {
  const data = cell.querySelector("data");
  if (data) return data.value === "" ? null : Number(data.value);
  const key = cell.querySelector("[data-key]");
  const text = key ? key.dataset.key : cell.textContent.trim();
  return text.startsWith("–") ? null : text;
}
