// Cards load as one scrolls: the last one says what follows.

import { say, showTimes } from "./base.js";

const cards = document.getElementById("cards");

async function load(last) {
  const link = last.querySelector("a");
  const at = location.pathname.replace(/[^/]*$/, "cards");
  const answer = await fetch(`${at}?${link.dataset.more}`);
  if (!answer.ok) {
    say("The next ones can't be loaded now.");
    return;
  }
  const had = document.activeElement === link;
  const parsed = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
  const fresh = [...parsed.querySelectorAll("li")].map((card) => document.importNode(card, true));
  last.replaceWith(...fresh);
  showTimes(cards);
  if (had) fresh[0]?.querySelector("a")?.focus();
  watch();
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    seen.unobserve(entry.target);
    load(entry.target);
  }
}, { rootMargin: "800px" });

function watch() {
  const last = cards?.querySelector(".more");
  if (last) seen.observe(last);
}

cards?.addEventListener("error", (event) => {
  // A crop whose file is gone: the card stays, with its words.
  if (event.target.tagName === "IMG") event.target.classList.add("gone");
}, true);
cards?.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-more]");
  if (!link) return;
  event.preventDefault();
  seen.unobserve(link.parentElement);
  load(link.parentElement);
});
watch();
