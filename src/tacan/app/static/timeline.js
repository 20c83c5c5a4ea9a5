// Lanes over time: one a camera, one a person. Drag, buttons and keys choose the stretch.

import { api, ask, say } from "./base.js";

const NS = "http://www.w3.org/2000/svg";
const lanes = document.getElementById("lanes");
const gallery = encodeURIComponent(document.body.dataset.gallery);
const ROW = 26;
const COLOURS = 8;
let shown = null;
let since = null;
let until = null;

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const tick = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dayTick = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });

function element(name, attributes = {}, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

async function load() {
  const asked = new URLSearchParams();
  if (since !== null) asked.set("since", new Date(since).toISOString());
  if (until !== null) asked.set("until", new Date(until).toISOString());
  try {
    shown = await ask(`${api("/timeline")}?${asked}`);
  } catch (fault) {
    say(fault.message);
    return;
  }
  if (!shown.first) {
    document.getElementById("timeless").hidden = false;
    for (const id of ["moves", "how"]) document.getElementById(id).hidden = true;
    return;
  }
  since = Date.parse(shown.since);
  until = Math.max(Date.parse(shown.until), since + 1000);
  history.replaceState(null, "", `?${new URLSearchParams({ since, until })}`);
  draw();
}

function draw() {
  document.getElementById("stretch").textContent = `${full.format(since)} to ${full.format(until)}`;
  document.getElementById("left-out").textContent = shown.n_left_out
    ? `${shown.n_left_out} more walks are not drawn: a shorter stretch has all.` : "";
  const width = lanes.clientWidth || 800;
  const left = Math.min(130, width * 0.28);
  const x = (moment) => left + ((moment - since) / (until - since)) * (width - left - 8);
  const rows = [
    ...shown.cameras.map((camera) => ({ label: camera, passes: shown.lanes.flatMap((lane) => lane.passes.filter((pass) => pass.camera === camera)) })),
    ...shown.lanes.map((lane) => ({ ...lane, isPerson: true })),
  ];
  const height = ROW * (rows.length + 2);
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Who was where" });
  ticks(svg, x, height, width, left);
  rows.forEach((row, number) => {
    const y = ROW * (number + 1) + (row.isPerson ? ROW / 2 : 0);
    svg.append(element("line", { class: "floor", x1: 0, x2: width, y1: y + ROW, y2: y + ROW }));
    label(svg, row, y);
    for (const pass of row.passes) bar(svg, pass, x, y, left, width);
  });
  lanes.replaceChildren(svg);
  dragOver(svg, left, width);
}

function label(svg, row, y) {
  const text = element("text", { x: 0, y: y + ROW - 8 }, row.label.length > 18 ? `${row.label.slice(0, 17)}…` : row.label);
  if (!row.person) {
    svg.append(text);
    return;
  }
  const link = element("a", { href: `/g/${gallery}/people/${row.person}` });
  link.append(text);
  svg.append(link);
}

function bar(svg, pass, x, y, left, width) {
  const start = Math.max(left, x(Date.parse(pass.start)));
  const end = Math.min(width - 8, x(Date.parse(pass.end)));
  if (end < left || start > width) return;
  const name = `${pass.tracklet}, ${full.format(Date.parse(pass.start))}`;
  const link = element("a", { href: `/g/${gallery}/tracklets/${pass.id}`, "aria-label": name });
  const colour = shown.cameras.indexOf(pass.camera) % COLOURS;
  const rect = element("rect", { class: `f${colour}`, x: start, y: y + 5, width: Math.max(4, end - start), height: ROW - 10, rx: 2 });
  rect.append(element("title", {}, name));
  link.append(rect);
  svg.append(link);
}

function ticks(svg, x, height, width, left) {
  const span = until - since;
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000];
  const most = Math.max(2, Math.floor((width - left) / 110));
  const step = 1000 * (steps.find((seconds) => span / 1000 / seconds <= most) ?? steps.at(-1));
  const offset = new Date(since).getTimezoneOffset() * 60000;
  for (let at = Math.ceil((since - offset) / step) * step + offset; at < until; at += step) {
    svg.append(element("line", { class: "tick", x1: x(at), x2: x(at), y1: ROW, y2: height }));
    const text = (step >= 21600000 || span > 86400000 ? dayTick : tick).format(at);
    svg.append(element("text", { class: "when", x: x(at) + 3, y: ROW - 9 }, text));
  }
}

function dragOver(svg, left, width) {
  let from = null;
  const mark = element("rect", { class: "drag", y: ROW, height: svg.viewBox.baseVal.height, width: 0 });
  svg.append(mark);
  const at = (event) => Math.min(width - 8, Math.max(left, event.clientX - svg.getBoundingClientRect().left));
  svg.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType === "mouse") from = at(event);
  });
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener("pointermove", (event) => {
    if (from === null) return;
    mark.setAttribute("x", Math.min(from, at(event)));
    mark.setAttribute("width", Math.abs(at(event) - from));
  });
  const release = (event) => {
    if (from === null) return;
    const [one, other] = [from, at(event)].sort((a, b) => a - b);
    from = null;
    mark.setAttribute("width", 0);
    if (other - one < 8) return;
    svg.addEventListener("click", (click) => click.preventDefault(), { once: true, capture: true });
    const moment = (px) => since + ((px - left) / (width - left - 8)) * (until - since);
    [since, until] = [moment(one), moment(other)];
    load();
  };
  svg.addEventListener("pointerup", release);
  svg.addEventListener("pointerleave", release);
}

function zoom(times) {
  const middle = (since + until) / 2;
  const half = Math.max(1000, ((until - since) * times) / 2);
  [since, until] = [middle - half, middle + half];
  load();
}

function move(share) {
  const by = (until - since) * share;
  [since, until] = [since + by, until + by];
  load();
}

function everything() {
  [since, until] = [Date.parse(shown.first), Date.parse(shown.last) + 1];
  load();
}

document.querySelector(".tools").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || !shown?.first) return;
  if (button.dataset.zoom) zoom(Number(button.dataset.zoom));
  else if (button.dataset.move) move(Number(button.dataset.move));
  else everything();
});
document.addEventListener("keydown", (event) => {
  if (!shown?.first || event.ctrlKey || event.metaKey || event.altKey) return;
  const acts = { ArrowLeft: () => move(-0.25), ArrowRight: () => move(0.25), "+": () => zoom(0.5), "-": () => zoom(2), 0: everything };
  const act = acts[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});
let resized;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => shown?.first && draw(), 150);
});
const kept = new URLSearchParams(location.search);
if (kept.has("since")) since = Number(kept.get("since")) || null;
if (kept.has("until")) until = Number(kept.get("until")) || null;
load();
