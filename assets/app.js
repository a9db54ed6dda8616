// Niceties only: everything works without this file. Copy buttons, drag and drop, progress, and a menu that closes.
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

// A form is sent once, however often its button is pressed.
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => { delete form.dataset.sent; });
}

// What takes a while says so, and goes on saying so until the answer is there.
function showWaiting(form, text) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const { bar } = waiting(form, text);
    addEventListener("pageshow", () => bar.remove());
  });
}

function waiting(form, text) {
  const bar = document.createElement("div");
  const label = document.createElement("label");
  const said = document.createElement("span");
  const progress = document.createElement("progress");
  bar.className = "sending";
  said.setAttribute("role", "status");
  said.textContent = text;
  label.append(said, progress);
  bar.append(label);
  form.append(bar);
  return { bar, said, progress };
}

// A package that is too large, or one of several, is told at once and not after it was sent.
function expectOnePackage(zone) {
  const input = zone.querySelector("input[type=file]");
  const limit = Number(zone.dataset.limit);
  const told = document.createElement("p");
  told.className = "error";
  told.setAttribute("role", "alert");
  input.addEventListener("change", () => {
    const [first, second] = input.files;
    let wrong = "";
    if (second) wrong = "Choose one package at a time.";
    else if (first?.size > limit) wrong = `${first.name} has ${first.size} bytes; at most ${limit} are taken.`;
    input.setCustomValidity(wrong);
    told.textContent = wrong;
    if (wrong) zone.append(told);
    else told.remove();
  });
}

// How much of a package has been sent. The answer is shown as the browser would have shown it.
function sendWithProgress(form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    const { bar, said, progress } = waiting(form, "Sending…");
    const request = new XMLHttpRequest();
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.className = "button quiet small";
    cancel.textContent = "Cancel";
    cancel.addEventListener("click", () => request.abort());
    bar.append(cancel);
    const stop = () => {
      bar.remove();
      delete form.dataset.sent;
    };
    let percent = -1;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      progress.max = total;
      progress.value = loaded;
      const now = Math.floor((loaded / total) * 100);
      // Not each byte: a screen reader would read them all.
      if (now >= percent + 10) said.textContent = `Sending… ${(percent = now)} %`;
    });
    request.upload.addEventListener("load", () => {
      progress.removeAttribute("value");
      said.textContent = "Checking…";
      cancel.remove();
    });
    request.addEventListener("load", () => {
      if (request.responseURL === form.action) return showPage(request.responseText);
      location.assign(request.responseURL);
      addEventListener("pageshow", stop);
    });
    request.addEventListener("abort", stop);
    request.addEventListener("error", () => {
      stop();
      const { bar: told, said: why, progress: none } = waiting(form, "The connection was cut. Nothing was published; send it again.");
      why.setAttribute("role", "alert");
      none.remove();
      form.addEventListener("submit", () => told.remove(), { once: true });
    });
    request.open("POST", form.action);
    request.send(new FormData(form, event.submitter));
  });
}

function showPage(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  document.title = page.title;
  document.body.replaceWith(page.body);
  enhance();
  scrollTo(0, 0);
  document.querySelector("[autofocus]")?.focus();
}

function enhance() {
  document.querySelectorAll("code[data-copy]").forEach(offerToCopy);
  document.querySelectorAll("[data-drop]").forEach(welcomeFiles);
  document.querySelectorAll("[data-limit]").forEach(expectOnePackage);
  document.querySelectorAll("form[method=post]").forEach(sendOnce);
  document.querySelectorAll("form[enctype]").forEach((form) => {
    if (form.querySelector("[data-limit]")) sendWithProgress(form);
    else showWaiting(form, "Sending…");
  });
  document.querySelectorAll("[data-busy]").forEach((zone) => {
    zone.querySelectorAll("form").forEach((form) => showWaiting(form, zone.dataset.busy));
  });
  document.querySelectorAll("details.account-menu").forEach(closeByItself);
}

function closeByItself(menu) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

enhance();
