"use strict";
for (const section of document.querySelectorAll(".tracklet")) {
  const clipOf = section.dataset.clips.split(" ").map(Number);
  const frames = [...section.querySelectorAll(".film img")];
  const clips = [...section.querySelectorAll(".chart rect")];
  const now = section.querySelector(".now");
  const number = section.querySelector(".number");
  const where = section.querySelector(".where");
  const slider = section.querySelector("input");
  const cursor = section.querySelector(".cursor");
  const chart = section.querySelector(".chart");
  const film = section.querySelector(".film");
  const show = (frame) => {
    const clip = clips[clipOf[frame]];
    slider.value = String(frame);
    now.src = frames[frame].src;
    now.alt = frames[frame].alt;
    now.className = "now " + clip.dataset.level;
    number.className = "number " + clip.dataset.level;
    number.textContent = clip.dataset.weight;
    where.textContent = frames[frame].dataset.told;
    cursor.setAttribute("x1", String(frame + 0.5));
    cursor.setAttribute("x2", String(frame + 0.5));
    for (const image of frames) image.classList.remove("here");
    frames[frame].classList.add("here");
    film.scrollLeft = frames[frame].offsetLeft - film.offsetLeft - film.clientWidth / 2;
  };
  slider.addEventListener("input", () => show(Number(slider.value)));
  frames.forEach((image, frame) => image.addEventListener("click", () => show(frame)));
  chart.addEventListener("click", (event) => {
    const box = chart.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    show(Math.min(frames.length - 1, Math.max(0, Math.floor(share * frames.length))));
  });
  show(0);
}
