// What every screen has: times by the browser's clock, words for the screen reader, and the API.

const formats = {
  all: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }),
  day: new Intl.DateTimeFormat(undefined, { dateStyle: "full" }),
  clock: new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }),
};

// The server cuts days where this browser's clock does.
const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC");
const hadZone = document.cookie.split("; ").includes(`zone=${zone}`);
if (!hadZone) {
  document.cookie = `zone=${zone}; path=/; samesite=strict; max-age=31536000`;
  if ("zoned" in document.body.dataset && document.cookie.includes("zone=")) location.reload();
}

/** Writes every time in `root` as this browser has it. */
export function showTimes(root = document) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-shown])")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) time.textContent = formats[time.dataset.as ?? "all"].format(moment);
    time.dataset.shown = "";
  }
}

/** Says a sentence: it is shown for a while, and read out. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.classList.add("shown");
  clearTimeout(said.timer);
  said.timer = setTimeout(() => said.classList.remove("shown"), 6000);
}

/** The address of the API for this page's gallery. */
export function api(path = "") {
  return `/api/galleries/${encodeURIComponent(document.body.dataset.gallery)}${path}`;
}

/** Asks the API; the answer as JSON. Throws an Error with what went wrong in words. */
export async function ask(path, { method = "GET", body } = {}) {
  const form = body instanceof FormData;
  const headers = body === undefined || form ? {} : { "content-type": "application/json" };
  const sent = body === undefined || form ? body : JSON.stringify(body);
  const answer = await fetch(path, { method, headers, body: sent });
  if (answer.status === 204) return null;
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error([found.detail, ...(found.faults ?? [])].join(" ") || answer.statusText);
  return found;
}

/** A time input's value with this browser's zone; the API wants one. */
export function moment(value) {
  return value ? new Date(value).toISOString() : "";
}

/** A moment as a datetime-local input has it. */
function localInput(text) {
  const time = new Date(text);
  return new Date(time - time.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

for (const input of document.querySelectorAll("input[data-moment]")) {
  if (input.dataset.moment) input.value = localInput(input.dataset.moment);
}
for (const form of document.querySelectorAll("form[method=get]")) {
  // Empty fields say nothing, and times need their zone.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const kept = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      const isTime = form.elements[name].type === "datetime-local";
      if (value) kept.append(name, isTime ? moment(value) : value);
    }
    location.search = kept;
  });
}
const making = document.querySelector("form[data-makes=gallery]");
making?.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const made = await ask("/api/galleries", { method: "POST", body: { name: making.elements.name.value } });
    location.href = `/g/${encodeURIComponent(made.gallery)}/index`;
  } catch (fault) {
    say(fault.message);
  }
});
showTimes();
