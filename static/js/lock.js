/* A counter left alone: warn, then cover the page. What was being written stays under the cover. */
"use strict";
{
  const WARNING_S = 60;
  const PING_MS = 240_000;
  const dialog = document.getElementById("lock");
  const warning = document.getElementById("lock-warning");
  const idle = Number(dialog?.dataset.idle || 0) * 1000;
  let lastPing = Date.now();

  /* Shared by the tabs of one computer: work in one keeps the others awake. */
  let seen = Date.now();
  const lastSeen = () => {
    try {
      return Math.max(seen, Number(localStorage.getItem("seen") || 0));
    } catch {
      return seen; // storage refused: this tab alone
    }
  };
  const touch = () => {
    seen = Date.now();
    try {
      localStorage.setItem("seen", String(seen));
    } catch {
      return; // storage refused: this tab alone
    }
  };

  const cover = () => {
    if (dialog.open) return;
    warning.hidden = true;
    document.body.classList.add("covered");
    dialog.showModal();
    htmx.ajax("GET", dialog.dataset.unlock, { target: "#lock-inside", swap: "outerHTML" });
  };

  const uncover = (token) => {
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    document.body.classList.remove("covered");
    dialog.close();
    touch();
    const text = document.getElementById("body");
    if (text && text.value !== text.defaultValue) htmx.trigger(text, "save");
  };

  const lockNow = () => {
    cover();
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const note = document.getElementById("note-text")?.value ?? "";
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, note });
    fetch(dialog.dataset.lock, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => undefined);
  };

  const tick = () => {
    if (dialog.open) return;
    const left = Math.ceil((idle - (Date.now() - lastSeen())) / 1000);
    if (left <= 0) return lockNow();
    warning.hidden = left > WARNING_S;
    warning.querySelector("output").textContent = `${left}\u00a0s`;
    if (seen > lastPing && Date.now() - lastPing > PING_MS) {
      lastPing = Date.now(); // reading without clicking is presence too: tell the server
      fetch(dialog.dataset.lock, { headers: { "HX-Request": "true" } }).catch(() => undefined);
    }
  };

  /* One browser is one person: when somebody else comes in, in another tab or by the back button, this page is hers too. */
  const startAgain = () => {
    document.body.classList.add("covered");
    location.reload();
  };
  const me = dialog?.dataset.person;
  window.addEventListener("pageshow", (event) => event.persisted && startAgain());
  window.addEventListener("storage", (event) => {
    if (event.key === "person" && event.newValue && event.newValue !== me) startAgain();
  });

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.key.toLowerCase() !== "l" || dialog?.open) return;
    event.preventDefault();
    document.querySelector(".nav-lock")?.requestSubmit();
  });

  if (idle > 0) {
    touch();
    try {
      localStorage.setItem("person", me);
    } catch {
      // storage refused: forms of another tab are refused by their token all the same
    }
    for (const name of ["pointerdown", "pointermove", "keydown", "scroll"]) {
      let last = 0;
      document.addEventListener(
        name,
        () => {
          if (Date.now() - last < 1000 || dialog.open) return;
          last = Date.now();
          touch();
        },
        { capture: true, passive: true },
      );
    }
    setInterval(tick, 1000);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    document.addEventListener("htmx:responseError", (event) => {
      if (event.detail.xhr.status === 401) cover();
    });
    document.addEventListener("officinal:cover", cover);
    document.addEventListener("htmx:afterSettle", () => {
      const field = dialog.querySelector("[data-unlocked] [name=csrfmiddlewaretoken]");
      if (dialog.open && field) uncover(field.value);
    });
  }
}
