// Deletion: first a look at what goes, then a word, then it is gone.

import { api, ask, moment, say } from "./base.js";

const dialog = document.getElementById("preview");
let order = null;

function choice(form) {
  const [kind, value] = [form.dataset.deletes, form.elements[form.dataset.deletes].value];
  const read = {
    camera: () => ({ camera: value }),
    source: () => ({ source: Number(value) }),
    person: () => ({ person: Number(value) }),
    before: () => ({ before: moment(value) }),
    names: () => ({ names: [value.trim()] }),
  };
  return read[kind]();
}

/** Shows what would go, and remembers what deletes it. */
function show(found, sent) {
  const walks = `${found.n_tracklets.toLocaleString()} ${found.n_tracklets === 1 ? "walk" : "walks"}`;
  const goes = found.n_tracklets + found.n_sources + found.uploads.length > 0;
  document.getElementById("h-preview").textContent = goes ? `${walks} would go` : "Nothing would go";
  const notes = [];
  if (found.n_people) notes.push(`Nothing is left of ${found.n_people} ${found.n_people === 1 ? "person" : "people"}.`);
  const n_again = found.n_sources - found.uploads.length;
  if (found.uploads.length) notes.push(`So would ${found.uploads.join(", ")}, which you sent here.`);
  if (n_again > 0) notes.push(`${n_again} ${n_again === 1 ? "video stays where it is" : "videos stay where they are"}, and can be indexed again.`);
  if (found.n_uploads_left) notes.push(`${found.n_uploads_left} ${found.n_uploads_left === 1 ? "video that was sent here still shows" : "videos that were sent here still show"} them, since others were found there, too.`);
  if (found.n_undated) notes.push(`${found.n_undated} walks stay, since nobody knows when they were.`);
  if (found.n_tracklets > found.names.length) notes.push(`The first ${found.names.length} are shown.`);
  if (goes) notes.push("This can't be undone.");
  dialog.querySelector(".note").textContent = notes.join(" ");
  const cards = found.pictures.map((id, number) => {
    const card = document.createElement("li");
    card.className = "card";
    const picture = document.createElement("img");
    picture.src = api(`/tracklets/${id}/picture`);
    picture.alt = "";
    const name = document.createElement("span");
    name.textContent = found.names[number];
    card.append(picture, name);
    return card;
  });
  dialog.querySelector(".cards").replaceChildren(...cards);
  document.getElementById("delete").hidden = !goes && !("days" in (sent.body ?? {}));
  document.getElementById("delete").textContent = goes ? "Delete for good" : "Set the rule";
  order = { ...sent, body: { ...sent.body, n_tracklets: found.n_tracklets } };
  dialog.showModal();
  document.getElementById("keep").focus();
}

async function carryOut({ path, method, body }) {
  try {
    sessionStorage.setItem("told", (await ask(api(path), { method, body })).told);
    location.reload();
  } catch (fault) {
    dialog.close();
    say(fault.message);
  }
}

for (const form of document.querySelectorAll("form[data-deletes]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      if (form.dataset.deletes === "days") {
        const days = Number(form.elements.days.value);
        show(await ask(api(`/retention/preview?days=${days}`)), { path: "/retention", method: "PUT", body: { days } });
      } else {
        const body = choice(form);
        show(await ask(api("/deletions/preview"), { method: "POST", body }), { path: "/deletions", method: "POST", body });
      }
    } catch (fault) {
      say(fault.message);
    }
  });
}
// A link from a walk or a person names what it is about: it is looked at at once.
for (const [kind, value] of new URLSearchParams(location.search)) {
  const form = document.querySelector(`form[data-deletes="${CSS.escape(kind)}"]`);
  if (!form) continue;
  form.elements[kind].value = value;
  history.replaceState(null, "", location.pathname);
  form.requestSubmit();
}
document.getElementById("delete").addEventListener("click", () => carryOut(order));
document.getElementById("keep").addEventListener("click", () => dialog.close());
document.getElementById("no-rule")?.addEventListener("click", () => carryOut({ path: "/retention", method: "PUT", body: { days: null } }));
document.getElementById("verify").addEventListener("click", async (event) => {
  event.target.disabled = true;
  const told = document.getElementById("verified");
  told.textContent = "Looking at every byte …";
  try {
    told.textContent = (await ask(api("/verify"), { method: "POST" })).told;
  } catch (fault) {
    told.textContent = fault.message;
  }
  event.target.disabled = false;
});
const told = sessionStorage.getItem("told");
if (told) {
  say(told);
  sessionStorage.removeItem("told");
}
