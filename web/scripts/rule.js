// The form of an alert rule: it shows the controls and the unit that fit the
// chosen figure, and asks what the rule would have done while it is written.
const wait = 400; // ms after the last change

export function ruleForm() {
  const form = document.querySelector("[data-rule-form]");
  if (!form) return;
  const book = JSON.parse(document.getElementById("rule-metrics").textContent);
  let metric = form.metric.value;
  fit(form, book);
  form.addEventListener("change", () => {
    if (form.metric.value !== metric) usual(form, book[(metric = form.metric.value)]);
    fit(form, book);
  });
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => preview(form), wait);
  };
  form.addEventListener("input", soon);
  form.querySelector("[data-preview-button]").hidden = true;
  preview(form);
}

// usual puts in what another figure brings: its minimum sample, and no number,
// whose unit would be another one.
function usual(form, facts) {
  form.sample.value = facts.sample || "";
  for (const name of ["value", "low", "high"]) form[name].value = "";
}

function fit(form, book) {
  const facts = book[form.metric.value];
  for (const option of form.operator.options) option.hidden = option.disabled = !facts.operators.includes(option.value);
  if (form.operator.selectedOptions[0]?.disabled !== false) form.operator.value = facts.operators[0];
  const outside = form.operator.value === "outside";
  const shown = {
    one: !outside, two: outside, money: facts.money, window: facts.windowed, sample: facts.sample_of !== "",
    anomaly: form.metric.value === "anomaly", channels: facts.windowed || form.metric.value.startsWith("hours_"),
  };
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !shown[part.dataset.for];
  for (const unit of form.querySelectorAll("[data-unit]")) unit.textContent = facts.money ? form.currency.value : facts.unit;
  for (const unit of form.querySelectorAll("[data-sample-of]")) unit.textContent = facts.sample_of;
}

let asked = 0;

async function preview(form) {
  const card = document.querySelector("[data-preview]");
  const number = ++asked;
  const body = new URLSearchParams(new FormData(form));
  body.set("preview", "yes");
  card.setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "preview" } }).catch(() => null);
  if (number !== asked) return; // a later one is under way
  card.removeAttribute("aria-busy");
  const text = answer && !answer.redirected ? await answer.text() : "";
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-preview]");
  if (fresh) card.replaceChildren(...fresh.childNodes);
}
