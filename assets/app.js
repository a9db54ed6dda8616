// Niceties only: everything works without this file. Copy buttons, drag and drop, and a menu that closes.
"use strict";

function offerToCopy(code) {
  const button = document.createElement("button");
  const block = code.closest("pre");
  button.type = "button";
  button.className = block ? "copy" : "copy icon";
  button.textContent = block ? "Copy" : "";
  button.setAttribute("aria-label", "Copy " + (code.dataset.name || block?.getAttribute("aria-label") || "this"));
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.dataset.copy || code.textContent.trim());
      say(button, "Copied");
    } catch {
      getSelection().selectAllChildren(code);
      say(button, "Selected");
    }
  });
  const caption = code.closest(".code-block")?.querySelector("figcaption");
  (caption || block?.parentElement || code.parentElement).append(button);
}

function say(button, text) {
  const before = button.textContent;
  if (before) button.textContent = text;
  button.classList.add("done");
  announcer().textContent = text;
  setTimeout(() => {
    button.textContent = before && "Copy";
    button.classList.remove("done");
    announcer().textContent = "";
  }, 2000);
}

function announcer() {
  let live = document.getElementById("announcer");
  if (!live) {
    live = document.createElement("div");
    live.id = "announcer";
    live.className = "unseen";
    live.setAttribute("role", "status");
    document.body.append(live);
  }
  return live;
}

// The browser takes files that are dropped onto the input itself; this makes the whole box show that it would.
function welcomeFiles(zone) {
  const input = zone.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, () => zone.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    if (event.target === input || !event.dataTransfer.files.length) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// A form with files takes a while: it says so, and goes on saying so until the answer is there.
function showSending(form) {
  form.addEventListener("submit", () => {
    const bar = document.createElement("label");
    bar.className = "sending";
    bar.setAttribute("role", "status");
    bar.append("Sending…", document.createElement("progress"));
    form.append(bar);
    addEventListener("pageshow", () => bar.remove());
  });
}

// A form is sent once, however often its button is pressed.
function sendOnce(form) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });
}

document.querySelectorAll("code[data-copy]").forEach(offerToCopy);
document.querySelectorAll("[data-drop]").forEach(welcomeFiles);
document.querySelectorAll("form[enctype]").forEach(showSending);
document.querySelectorAll("form[method=post]").forEach(sendOnce);
document.querySelectorAll("details.account-menu").forEach((menu) => {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});
