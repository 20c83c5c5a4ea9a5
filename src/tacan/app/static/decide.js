// A human's word: same or not, names, merge, split, link, undo. What was done is said, and undone by one button.

import { api, ask, say } from "./base.js";

/** Does something that changes people, says so, and shows the page anew. */
export async function decide(path, options, told) {
  for (const button of document.querySelectorAll("button")) button.disabled = true;
  try {
    const done = await ask(api(path), options);
    sessionStorage.setItem("told", told ?? done?.told ?? "Done.");
    return done;
  } catch (fault) {
    say(fault.message);
    return null;
  } finally {
    for (const button of document.querySelectorAll("button")) button.disabled = false;
  }
}

const told = sessionStorage.getItem("told");
if (told) {
  say(told);
  sessionStorage.removeItem("told");
}

async function andReload(path, options, told) {
  if (await decide(path, options, told)) location.reload();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("undo" in button.dataset) andReload("/people/undo", { method: "POST" });
  if ("links" in button.dataset) andReload("/people/link", { method: "POST", body: {} });
  if ("merge" in button.dataset) {
    const { merge, other } = button.dataset;
    andReload(`/people/${merge}/merge`, { method: "POST", body: { other: Number(other) } });
  }
  if ("answer" in button.dataset) {
    const { answer, one, other } = button.dataset;
    andReload("/people/answers", { method: "POST", body: { answer, one, other } });
  }
});

function onSubmit(selector, act) {
  for (const form of document.querySelectorAll(selector)) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(form, new FormData(form));
    });
  }
}

onSubmit("form[data-names]", (form, values) => {
  const body = { name: values.get("name").trim() || null, note: values.get("note").trim() };
  andReload(`/people/${form.dataset.names}`, { method: "PUT", body });
});
onSubmit("form[data-splits]", async (form, values) => {
  const tracklets = values.getAll("tracklet");
  if (!tracklets.length) return say("Tick the walks that show somebody else.");
  return andReload(`/people/${form.dataset.splits}/split`, { method: "POST", body: { tracklets } });
});
onSubmit("form[data-merges]", (form, values) => {
  andReload(`/people/${form.dataset.merges}/merge`, { method: "POST", body: { other: Number(values.get("other")) } });
});
