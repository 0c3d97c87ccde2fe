/* A message came: a banner and the count by default, a sound or a notification by choice. Never a word of a patient. */
"use strict";
{
  const byId = (id) => document.getElementById(id);
  const banner = byId("arrivals");
  const QUIET_MS = 3000; // one alert for what comes together, and one tab of a workstation rings
  const came = new Set();

  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage refused: no more than the banner
    }
  };
  const keep = (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      return; // storage refused: forgotten with the page
    }
  };
  const chosen = (what) => kept(`alert-${what}`) === "on";

  /* Two notes, drawn here: no file, nothing to load */
  let air = null;
  const ring = () => {
    air ??= new AudioContext();
    for (const [at, pitch] of [[0, 784], [0.16, 1047]]) {
      const [note, loudness] = [air.createOscillator(), air.createGain()];
      const start = air.currentTime + at;
      note.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.0001, start);
      loudness.gain.exponentialRampToValueAtTime(0.16, start + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
      note.connect(loudness).connect(air.destination);
      note.start(start);
      note.stop(start + 0.4);
    }
  };

  const notify = (words) => {
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const shown = new Notification(document.querySelector(".shell").dataset.pharmacy, { body: words, tag: "officinal" });
    shown.addEventListener("click", () => window.focus());
  };

  const words = () => (came.size > 1 ? `${came.size} ${banner.dataset.many}` : banner.dataset.one);

  const show = () => {
    const link = banner.querySelector("a");
    const one = came.size === 1 ? banner.dataset.each.replace("00000000-0000-0000-0000-000000000000", [...came][0]) : "";
    link.querySelector("span").textContent = `${words()}.`;
    link.href = one || banner.dataset.list;
    if (one && byId("pane")) link.setAttribute("hx-get", one);
    else link.removeAttribute("hx-get");
    const fresh = link.cloneNode(true); // htmx binds an element once
    link.replaceWith(fresh);
    htmx.process(fresh);
    banner.hidden = false;
  };

  const close = () => {
    came.clear();
    banner.hidden = true;
  };

  const heard = (id) => {
    came.add(id);
    show();
    if (Date.now() - Number(kept("rang") || 0) < QUIET_MS) return;
    if (!chosen("sound") && !chosen("notify")) return;
    keep("rang", String(Date.now()));
    if (chosen("sound")) ring();
    if (chosen("notify")) notify(banner.dataset.one);
  };

  if (banner) {
    document.addEventListener("officinal:mail", (event) => heard(event.detail));
    document.addEventListener("click", (event) => {
      if (event.target.closest("#arrivals a, [data-arrivals-close]")) close();
      else if (event.target.closest(".row") && came.size) came.delete(event.target.closest(".row").id.slice(4)) && !came.size && close();
      if (event.target.closest("[data-alert-try]")) {
        ring();
        if (chosen("notify")) notify(banner.dataset.one);
      }
    });
    for (const box of document.querySelectorAll("[data-alert]")) {
      const what = box.dataset.alert;
      box.checked = chosen(what);
      box.addEventListener("change", async () => {
        let allowed = true;
        if (what === "notify" && box.checked) {
          allowed = "Notification" in window && (await Notification.requestPermission()) === "granted";
        }
        box.checked &&= allowed;
        byId("alerts-refused").hidden = allowed;
        keep(`alert-${what}`, box.checked ? "on" : "off");
        if (what === "sound" && box.checked) ring();
      });
    }
    /* A browser lets a page ring only after somebody touched it */
    document.addEventListener("pointerdown", () => chosen("sound") && (air ??= new AudioContext()).resume(), { once: true });
  }
}
