// A tracklet's box over its video, from its first moment to its last.

import { api, ask } from "./base.js";
import "./decide.js";

const player = document.querySelector(".player");
if (player) show(player);

async function show(player) {
  const video = player.querySelector("video");
  const still = player.querySelector(".still");
  const rect = player.querySelector(".boxes rect");
  const { first, last, tracklet, source } = player.dataset;
  const path = await ask(api(`/tracklets/${tracklet}/trajectory`));
  const start = Math.max(0, Number(first) - 0.5);

  /** The box at this time: between two boxes the straight way. */
  function place(seconds) {
    const times = path.seconds;
    let after = times.findIndex((time) => time >= seconds);
    const isSeen = seconds > times[0] - 0.3 && seconds < times.at(-1) + 0.3;
    if (after < 0) after = times.length - 1;
    const before = Math.max(0, after - 1);
    const span = times[after] - times[before] || 1;
    const share = Math.min(1, Math.max(0, (seconds - times[before]) / span));
    const [x1, y1, x2, y2] = path.boxes[after].map((value, side) => path.boxes[before][side] * (1 - share) + value * share);
    rect.setAttribute("visibility", isSeen ? "visible" : "hidden");
    for (const [name, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) {
      rect.setAttribute(name, Math.max(0, value));
    }
  }

  function onFrame(now, { mediaTime }) {
    place(mediaTime);
    if (mediaTime > Number(last) + 0.5 && !video.paused && !video.wasOver) {
      video.wasOver = true;
      video.pause();
    }
    video.requestVideoFrameCallback(onFrame);
  }

  /** What this browser can't play is shown as one picture. */
  function fallBack() {
    const middle = path.seconds[Math.floor(path.seconds.length / 2)];
    still.src = api(`/sources/${source}/frame?seconds=${middle}`);
    still.hidden = false;
    video.hidden = true;
    place(middle);
  }

  function seek(seconds) {
    video.wasOver = false;
    video.currentTime = seconds;
  }

  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(onFrame);
  else video.addEventListener("timeupdate", () => place(video.currentTime));
  video.addEventListener("error", fallBack);
  if (video.error) fallBack();
  const atStart = () => seek(start);
  if (video.readyState >= 1) atStart();
  else video.addEventListener("loadedmetadata", atStart, { once: true });
  document.getElementById("again").addEventListener("click", () => {
    atStart();
    video.play();
  });
  for (const crop of document.querySelectorAll(".strip button")) {
    crop.addEventListener("click", () => seek(Number(crop.dataset.seconds)));
  }
}
