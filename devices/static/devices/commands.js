/* Asks a device to act without leaving its page, and follows what becomes of it. */

const list = document.getElementById("commands-list");
const EVERY = 2_000, MOST = 150;
const HEADERS = { "X-Requested-With": "fetch" };
let left = MOST, waits = 0;
if (list) begin();

function begin() {
  for (const form of document.querySelectorAll("form.ask")) form.addEventListener("submit", send);
  follow();
}

/* Sent twice under one reference, it is asked for once. */
async function send(event) {
  event.preventDefault();
  const form = event.currentTarget, button = form.querySelector("button");
  button.disabled = true;
  left = MOST;
  const isSent = await show(form.getAttribute("action"), { method: "POST", body: new FormData(form) });
  button.disabled = false;
  if (!isSent) return form.submit();
  if (!list.querySelector("[role=alert]")) form.reset();
  form.elements.reference.value = crypto.randomUUID();
  list.scrollIntoView({ block: "nearest" });
}

/* Look again as long as a command is under way, some minutes at most. */
function follow() {
  clearTimeout(waits);
  if (!list.querySelector("[data-open]") || left <= 0) return;
  left -= 1;
  waits = setTimeout(() => show(list.dataset.from), EVERY);
}

async function show(url, options = {}) {
  try {
    const response = await fetch(url, { credentials: "same-origin", headers: HEADERS, ...options });
    if (response.redirected || ![200, 400, 409].includes(response.status)) return false;
    list.innerHTML = await response.text();
  } catch {
    return false;
  }
  follow();
  return true;
}
