// Videos are chosen or sent, named, and indexed by a run that is watched.

import { api, ask, moment, say } from "./base.js";

const el = (id) => document.getElementById(id);
const POLL = 1000;

/** A new element with properties and children. */
function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// The run

const HEADS = {
  starting: "Getting ready …",
  running: "Looking for people …",
  done: "Done",
  stopped: "Stopped. What is finished is kept.",
  failed: "It could not go on.",
  killed: "The run was ended from outside. What is finished is kept.",
};
const STAGES = {
  decode: "reading the video",
  detection: "finding people",
  tracking: "following them",
  embedding: "describing their looks",
  storing: "keeping it",
};
let wasAtWork = false;
let seenFirst = null;

/** How long it will take, by how fast it was since this page watches; nothing before that is known. */
function timeLeft({ done, total }) {
  const time = Date.now();
  if (seenFirst === null || done < seenFirst.done) seenFirst = { time, done };
  const [ms, frames] = [time - seenFirst.time, done - seenFirst.done];
  if (ms < 10_000 || frames <= 0) return "";
  const minutes = ((total - done) * ms) / frames / 60_000;
  if (minutes < 1) return "less than a minute left";
  return minutes < 90 ? `about ${Math.round(minutes)} min left` : `about ${Math.round(minutes / 60)} h left`;
}

function showRun(now) {
  el("run").hidden = now.state === "none" || (now.state === "done" && !wasAtWork);
  el("run").dataset.state = now.state;
  el("h-run").textContent = HEADS[now.state] ?? "";
  el("bar").hidden = !now.is_at_work;
  el("bar").value = now.total ? now.done / now.total : 0;
  const facts = [];
  if (now.total) facts.push(`${now.done.toLocaleString()} of ${now.total.toLocaleString()} frames`);
  if (now.file && now.is_at_work) facts.push(now.file);
  if (now.is_at_work && now.total && timeLeft(now)) facts.push(timeLeft(now));
  if (now.n_found || now.state === "done") facts.push(`${now.n_found.toLocaleString()} ${now.n_found === 1 ? "walk" : "walks"} found`);
  el("run-facts").textContent = (facts.length ? facts : now.videos).join(" · ");
  el("stages").replaceChildren(...now.stages.map(({ name, share }) => {
    const meter = make("meter", { value: share, max: 1 });
    meter.setAttribute("aria-hidden", "true");
    return make("li", {}, make("span", { textContent: STAGES[name] ?? name }), meter, make("span", { textContent: `${Math.round(100 * share)} %` }));
  }));
  el("run-told").textContent = now.told;
  el("stop").hidden = !now.is_at_work;
  el("go-on").hidden = !now.can_go_on;
  el("run-closes").hidden = !now.is_at_work;
  el("see").hidden = now.state !== "done";
  el("add").hidden = now.is_at_work;
  if (now.has_picture) el("frame").src = `${api("/indexing/picture")}?${Date.now()}`;
  if (!now.is_at_work) el("frame").hidden = true;
  wasAtWork ||= now.is_at_work;
}
el("frame").addEventListener("load", () => { el("frame").hidden = false; });
el("frame").addEventListener("error", () => { el("frame").hidden = true; });

async function watch() {
  let now = null;
  try {
    now = await ask(api("/indexing"));
    showRun(now);
  } catch {
    el("h-run").textContent = "TACAN does not answer. The run goes on without it.";
  }
  if (now === null || now.is_at_work) setTimeout(watch, POLL);
  else if (wasAtWork && now.state === "done") list();
}

async function order(path, body) {
  try {
    const now = await ask(api(path), { method: "POST", body });
    showRun(now);
    setTimeout(watch, POLL);
    return true;
  } catch (fault) {
    say(fault.message);
    return false;
  }
}
el("stop").addEventListener("click", () => order("/indexing/stop"));
el("go-on").addEventListener("click", () => order("/indexing/go-on"));

// Choosing

const chosen = new Map();

function size(bytes) {
  return bytes < 1e9 ? `${Math.max(bytes / 1e6, 0.1).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

async function list() {
  const { videos } = await ask(api("/videos"));
  const items = videos.map((video) => {
    const box = make("input", { type: "checkbox", checked: chosen.has(video.path) });
    box.addEventListener("change", () => (box.checked ? choose(video.path) : leave(video.path)));
    box.dataset.path = video.path;
    const facts = `${video.place} · ${size(video.n_bytes)}${video.is_indexed ? " · in the gallery" : ""}`;
    return make("li", {}, make("label", { className: "tick" }, box, make("span", {}, make("b", { textContent: video.name }), " ", make("span", { className: "note", textContent: facts }))));
  });
  el("videos").replaceChildren(...(items.length ? items : [make("li", { className: "note", textContent: "No video lies there." })]));
}

function labelled(words, input) {
  return make("label", {}, words, " ", input);
}

async function choose(path) {
  try {
    const found = await ask(`${api("/videos/proposal")}?path=${encodeURIComponent(path)}`);
    const camera = make("input", { value: found.camera, required: true, maxLength: 100 });
    const start = make("input", { type: "datetime-local", step: 1 });
    if (found.start) {
      const time = new Date(found.start);
      start.value = new Date(time - time.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
    }
    const row = make("li", {}, make("h3", { textContent: found.name }), labelled("Camera", camera), labelled("First picture taken at", start));
    row.append(make("p", { className: "note", textContent: found.start_is_from || "No time is known from its name or metadata. Without one, times count from the start of the video." }));
    let boxes = null;
    if (found.boxes) {
      boxes = make("input", { type: "checkbox", checked: true });
      row.append(make("label", { className: "tick" }, boxes, "Take the boxes of people from the file beside it, and detect nobody"));
    }
    const away = make("button", { type: "button", className: "plain", textContent: "Leave it out" });
    away.addEventListener("click", () => leave(path));
    row.append(away);
    chosen.set(path, { row, read: () => ({ path, camera: camera.value.trim(), start: moment(start.value) || null, boxes: boxes?.checked ? found.boxes : null }) });
    el("rows").append(row);
    el("chosen").hidden = false;
  } catch (fault) {
    say(fault.message);
    tick(path, false);
  }
}

function tick(path, checked) {
  for (const box of document.querySelectorAll("#videos input")) {
    if (box.dataset.path === path) box.checked = checked;
  }
}

function leave(path) {
  chosen.get(path)?.row.remove();
  chosen.delete(path);
  el("chosen").hidden = !chosen.size;
  tick(path, false);
}

async function showChoices() {
  const { detectors, models } = await ask(api("/indexing/choices"));
  el("choosing").hidden = true;
  for (const [id, choices] of [["detectors", detectors], ["models", models]]) {
    choices.forEach(({ name, sentence }, number) => {
      const radio = make("input", { type: "radio", name: id, value: name, checked: number === 0 });
      el(id).append(make("label", { className: "tick" }, radio, make("span", {}, make("b", { textContent: name.split("/").at(-1) }), ` ${sentence}`)));
    });
  }
}

el("chosen").addEventListener("submit", async (event) => {
  event.preventDefault();
  const values = new FormData(el("chosen"));
  const videos = [...chosen.values()].map(({ read }) => read());
  // Whoever is quicker than the list of choices takes the proposed ones.
  const chosenBy = { detector: values.get("detectors") ?? "auto", model: values.get("models") };
  if (await order("/indexing", { videos, ...chosenBy })) {
    for (const path of [...chosen.keys()]) leave(path);
  }
});

// Sending

function send(file) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much is sent
    request.open("POST", `${api("/uploads")}?called=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => { el("sending").value = total ? loaded / total : 0; });
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response);
      else reject(new Error([request.response?.detail, ...(request.response?.faults ?? [])].join(" ")));
    });
    request.addEventListener("error", () => reject(new Error(`${file.name} could not be sent.`)));
    request.send(file);
  });
}

async function sendAll(files) {
  el("sending").hidden = false;
  for (const file of files) {
    try {
      const video = await send(file);
      await list();
      tick(video.path, true);
      await choose(video.path);
    } catch (fault) {
      say(fault.message);
    }
  }
  el("sending").hidden = true;
  el("files").value = "";
}

el("files").addEventListener("change", () => sendAll([...el("files").files]));
for (const [name, isOver] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  el("drop").addEventListener(name, (event) => {
    event.preventDefault();
    el("drop").classList.toggle("over", isOver);
    if (name === "drop") sendAll([...event.dataTransfer.files]);
  });
}

watch();
list().catch((fault) => say(fault.message));
showChoices().catch((fault) => say(fault.message));
