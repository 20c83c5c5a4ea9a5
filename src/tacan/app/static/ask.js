// Pictures that are sent to search with, and the link of a search.

import { api, ask, say } from "./base.js";

const form = document.querySelector("form[data-sends=pictures]");

async function send(files) {
  const pictures = [...files];
  if (!pictures.length) return;
  const body = new FormData();
  for (const picture of pictures) body.append("files", picture);
  say("Searching …");
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    const sent = await ask(api("/pictures"), { method: "POST", body });
    const gallery = encodeURIComponent(document.body.dataset.gallery);
    location.href = `/g/${gallery}/search?pictures=${sent.pictures}`;
  } catch (fault) {
    say(fault.message);
  } finally {
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  send(form.elements.files.files);
});
form?.addEventListener("dragover", (event) => {
  event.preventDefault();
  form.classList.add("over");
});
form?.addEventListener("dragleave", () => form.classList.remove("over"));
form?.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  send(event.dataTransfer.files);
});

document.querySelector("[data-copies=link]")?.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    say("The link is copied.");
  } catch {
    say("This browser doesn't let a page copy: take the address from its bar.");
  }
});
