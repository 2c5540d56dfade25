// Dialogs, rows that can be added, filters that answer at once, menus that
// close, and forms that are sent once.

// dialogs open what shows an action's effect before it happens. The browser
// keeps the focus inside and Escape closes.
export function dialogs() {
  document.addEventListener("click", (event) => {
    const open = event.target.closest("[data-open]");
    if (open) document.getElementById(open.dataset.open)?.showModal();
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    if (event.target instanceof HTMLDialogElement && event.target.open && outside(event)) event.target.close();
  });
  const asked = document.getElementById(location.hash.slice(1));
  if (asked instanceof HTMLDialogElement) asked.showModal();
  document.querySelector("[data-focus]")?.focus();
}

function outside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

// rows adds and removes the repeated parts of a form. Without scripts there is
// always one empty row.
export function rows() {
  for (const button of document.querySelectorAll("[data-add-row], [data-remove-row]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-row]");
    if (add) addRow(add.closest("form").querySelector(add.dataset.addRow));
    const remove = event.target.closest("[data-remove-row]");
    if (remove) removeRow(remove.parentElement);
  });
}

function addRow(list) {
  const row = list.lastElementChild.cloneNode(true);
  const number = list.childElementCount;
  for (const element of row.querySelectorAll("[id], [for], [aria-describedby]")) {
    for (const name of ["id", "for", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace(/-\d+/, "-" + number));
    }
  }
  for (const error of row.querySelectorAll(".error")) error.remove();
  for (const control of row.querySelectorAll("input, select")) {
    blank(control);
    control.removeAttribute("aria-invalid");
  }
  list.append(row);
  row.querySelector("input, select")?.focus();
}

// A list without a choice would not be sent, and the rows after it would move up.
function blank(control) {
  if (control.tagName === "SELECT") control.selectedIndex = 0;
  else control.value = "";
}

function removeRow(row) {
  const list = row.parentElement;
  if (list.childElementCount > 1) row.remove();
  else for (const control of row.querySelectorAll("input, select")) blank(control);
  list.querySelector("input, select")?.focus();
}

// filters narrows the rows on the page at every key, and asks the server for
// the rest once typing pauses, when there is more than one page.
export function filters() {
  const form = document.querySelector("[data-filters]");
  const list = [...document.querySelectorAll("[data-rows] > tr")];
  for (const select of document.querySelectorAll("[data-submit]")) select.addEventListener("change", () => select.form.submit());
  if (!form) return;
  const partial = document.querySelector(".pager") !== null || new URLSearchParams(location.search).size > 0;
  let waiting;
  form.addEventListener("input", () => {
    narrow(form, list);
    clearTimeout(waiting);
    if (partial) waiting = setTimeout(() => form.requestSubmit(), 500);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
  if (partial) return;
  form.addEventListener("submit", (event) => event.preventDefault());
}

function narrow(form, list) {
  const words = plainText(form.q.value).split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of list) {
    const fits = words.every((word) => plainText(row.dataset.text).includes(word)) && ["status", "type", "objective"].every((name) => !form.elements[name].value || row.dataset[name] === form.elements[name].value);
    row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  const none = document.querySelector("[data-none]");
  if (none) none.hidden = shown > 0;
}

// plainText finds "búsqueda" by "busqueda".
const plainText = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// menus close on Escape and on a click elsewhere; a tip hides on Escape.
export function menus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.account[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.account[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    document.querySelector(".tile:hover, .tile:focus")?.classList.add("quiet-tip");
  });
  document.addEventListener("pointerout", (event) => event.target.closest?.(".tile")?.classList.remove("quiet-tip"));
  document.addEventListener("focusout", (event) => event.target.classList?.remove("quiet-tip"));
}

// guard sends a form once, however often its button is pressed.
export function guard() {
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    if (event.target.dataset.sent) {
      event.preventDefault();
      return;
    }
    event.target.dataset.sent = "true";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
}
