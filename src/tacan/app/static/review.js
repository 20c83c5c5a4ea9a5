// One question after the other; the next comes by itself.

import { api, ask, say, showTimes } from "./base.js";
import "./decide.js";

const state = document.getElementById("state");
const box = document.getElementById("question");
const answers = document.getElementById("answers");
let queue = [];
let busy = false;

async function refill() {
  queue = (await ask(api("/review"))).questions;
}

function side(id, tracklet) {
  const link = document.getElementById(id);
  link.href = `/g/${encodeURIComponent(document.body.dataset.gallery)}/tracklets/${tracklet.id}`;
  link.querySelector("img").src = api(`/tracklets/${tracklet.id}/picture`);
  link.querySelector("img").alt = tracklet.tracklet;
  const caption = link.parentElement.querySelector("figcaption");
  caption.textContent = `${tracklet.person ?? tracklet.tracklet} · ${tracklet.camera} `;
  if (tracklet.start) {
    const time = document.createElement("time");
    time.dateTime = tracklet.start;
    caption.append(time);
    showTimes(caption);
  }
}

function draw() {
  const question = queue[0];
  box.hidden = !question;
  for (const button of answers.querySelectorAll("button")) {
    button.disabled = !question && button.dataset.review !== "undo";
  }
  if (!question) {
    state.textContent = "Nothing is unsure any more, as far as anybody can tell.";
    return;
  }
  const pairs = question.settles === 1 ? "this pair" : `${question.settles} pairs of walks`;
  state.textContent = `They are ${question.is_linked ? "taken for one person now" : "two people now"}. The answer counts for ${pairs}.`;
  side("one", question.one);
  side("other", question.other);
}

async function act(what) {
  if (busy || (!queue.length && what !== "undo")) return;
  busy = true;
  try {
    const question = queue[0];
    if (what === "undo") {
      say((await ask(api("/people/undo"), { method: "POST" })).told);
      queue = [];
    } else {
      const body = { answer: what, one: question.one.tracklet, other: question.other.tracklet };
      await ask(api("/people/answers"), { method: "POST", body });
      const touched = what === "unsure" ? [] : [question.one.person_id, question.other.person_id];
      // What concerns the same people may be settled by now.
      const isTouched = (each) => touched.includes(each.one.person_id) || touched.includes(each.other.person_id);
      queue = queue.slice(1).filter((each) => !isTouched(each));
    }
    if (!queue.length) await refill();
    draw();
  } catch (fault) {
    say(fault.message);
  } finally {
    busy = false;
  }
}

if (answers) {
  answers.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) act(button.dataset.review);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const button = answers.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (button) act(button.dataset.review);
  });
  for (const button of answers.querySelectorAll("button")) button.disabled = true;
  refill().then(draw, (fault) => say(fault.message));
}
