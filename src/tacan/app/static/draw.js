// A box drawn on a picture of a video: with the mouse, a finger or the keys.

import { api, say } from "./base.js";

const stage = document.querySelector(".stage");
const video = stage.querySelector("video");
const still = stage.querySelector(".still");
const drawing = stage.querySelector(".drawing");
const rect = drawing.querySelector("rect");
const told = document.getElementById("box-told");
const [draw, search, back, seconds] = ["draw", "search", "back", "seconds"].map((id) => document.getElementById(id));
const LEAST = 8;
let box = null;
let from = null;

/** The box within the picture, in its pixels. */
function place(x, y, width, height) {
  const [wide, high] = [still.naturalWidth, still.naturalHeight];
  const w = Math.min(Math.max(width, LEAST), wide);
  const h = Math.min(Math.max(height, LEAST), high);
  box = [Math.min(Math.max(x, 0), wide - w), Math.min(Math.max(y, 0), high - h), w, h].map(Math.round);
  for (const [at, name] of ["x", "y", "width", "height"].entries()) rect.setAttribute(name, box[at]);
  search.disabled = false;
  told.textContent = `The box is ${box[2]} wide and ${box[3]} high, at ${box[0]}, ${box[1]}.`;
}

function forget() {
  box = null;
  for (const name of ["x", "y", "width", "height"]) rect.setAttribute(name, 0);
  search.disabled = true;
  told.textContent = "Drag over one person from head to foot. With the keys: arrows move the box, with Shift they change its size.";
}

function showStill() {
  video.pause();
  forget();
  still.src = api(`/sources/${stage.dataset.source}/frame?seconds=${Number(seconds.value) || 0}`);
}

still.addEventListener("load", () => {
  drawing.setAttribute("viewBox", `0 0 ${still.naturalWidth} ${still.naturalHeight}`);
  still.alt = `The picture at second ${seconds.value}`;
  for (const shown of [still, drawing, search]) shown.toggleAttribute("hidden", false);
  for (const gone of [video, draw]) gone.hidden = true;
  back.hidden = Boolean(video.error);
  drawing.focus();
});
still.addEventListener("error", () => {
  if (still.getAttribute("src")) say("The video has no picture at this second.");
});

draw.addEventListener("click", showStill);
seconds.addEventListener("change", () => {
  if (still.hidden && !video.error) video.currentTime = Number(seconds.value);
  else showStill();
});
back.addEventListener("click", () => {
  for (const gone of [still, drawing, search, back]) gone.toggleAttribute("hidden", true);
  for (const shown of [video, draw]) shown.hidden = false;
  told.textContent = "";
});
video.addEventListener("timeupdate", () => {
  if (!video.hidden) seconds.value = video.currentTime.toFixed(2);
});
// What this browser can't play is looked at picture by picture.
video.addEventListener("error", showStill);
if (video.error) showStill();
const atStart = () => {
  video.currentTime = Number(stage.dataset.seconds);
};
if (video.readyState >= 1) atStart();
else video.addEventListener("loadedmetadata", atStart, { once: true });

/** Where a pointer is, in pixels of the picture. */
function point(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
  return [at.x, at.y];
}

drawing.addEventListener("pointerdown", (event) => {
  drawing.setPointerCapture(event.pointerId);
  from = point(event);
});
drawing.addEventListener("pointermove", (event) => {
  if (!from) return;
  const [x, y] = point(event);
  place(Math.min(x, from[0]), Math.min(y, from[1]), Math.abs(x - from[0]), Math.abs(y - from[1]));
});
for (const end of ["pointerup", "pointercancel"]) drawing.addEventListener(end, () => { from = null; });

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
drawing.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && box) go();
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const [wide, high] = [still.naturalWidth, still.naturalHeight];
  if (!box) return place(wide / 2 - high / 8, high / 4, high / 4, high / 2);
  const [dx, dy] = step.map((side) => side * Math.max(2, Math.round(high / 100)));
  const [x, y, w, h] = box;
  return event.shiftKey ? place(x, y, w + dx, h + dy) : place(x + dx, y + dy, w, h);
});

function go() {
  const asked = new URLSearchParams({ source: stage.dataset.source, seconds: Number(seconds.value), box: box.join(",") });
  location.href = `/g/${encodeURIComponent(document.body.dataset.gallery)}/search?${asked}`;
  search.disabled = true;
  say("Searching …");
}
search.addEventListener("click", go);
