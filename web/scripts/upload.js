// A file goes to the API as it is, with how much of it has left. Without
// scripts the form sends it to the page itself.
export function uploads() {
  for (const form of document.querySelectorAll("form[data-upload]")) form.addEventListener("submit", send);
}

function send(event) {
  const form = event.target;
  const file = form.file.files[0];
  if (!file) return;
  event.preventDefault();
  const bar = form.querySelector("progress");
  const error = form.querySelector("[data-upload-error]");
  const button = form.querySelector("button");
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (sent) => (bar.value = sent.lengthComputable ? (100 * sent.loaded) / sent.total : 0));
  request.addEventListener("loadend", () => {
    button.disabled = false;
    bar.hidden = true;
    if (request.status >= 200 && request.status < 300) return location.reload();
    error.textContent = reason(request);
    error.hidden = false;
  });
  error.hidden = true;
  bar.hidden = false;
  button.disabled = true;
  request.open("POST", form.dataset.upload + said(form));
  request.setRequestHeader("Content-Type", /\.(ndjson|jsonl|json)$/i.test(file.name) ? "application/x-ndjson" : "text/csv");
  request.send(file);
}

// said is what the other fields of the form say of the file, as a query.
function said(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (name !== "file" && value !== "") query.append(name, value);
  return query.size ? `?${query}` : "";
}

// reason is what the API says is wrong, with the fields it names.
function reason(request) {
  try {
    const problem = JSON.parse(request.responseText);
    return [problem.detail, ...(problem.errors ?? []).map((e) => `${e.path}: ${e.detail}`), problem.fix ?? ""].join(" ").trim();
  } catch {
    return `${request.status} ${request.statusText}`;
  }
}
