/* Single-letter shortcuts, which a person may switch off (WCAG 2.1.4). */
"use strict";
{
  const byId = (id) => document.getElementById(id);
  const rows = () => [...document.querySelectorAll("#rows .row")];

  const move = (step) => {
    const all = rows();
    const here = all.findIndex((row) => row.hasAttribute("aria-current"));
    const next = all[here === -1 ? 0 : here + step];
    if (!next) return;
    next.focus();
    next.click();
  };

  const tool = (which) => document.querySelector(`.piece.current .piece-tools ${which}`)?.click();

  const unfold = (id) => {
    const menu = byId(id);
    if (!menu) return;
    menu.open = true;
    menu.querySelector("button:not([tabindex='-1']), summary")?.focus();
  };

  const ACTS = {
    j: () => move(1),
    k: () => move(-1),
    x: () => {
      const row = document.activeElement.closest(".line") ?? document.querySelector("#rows [aria-current]")?.parentElement;
      row?.querySelector(".pick input")?.click();
    },
    e: () => byId("finish")?.requestSubmit(),
    u: () => byId("unread")?.requestSubmit(),
    a: () => unfold("assign"),
    w: () => unfold("wait"),
    l: () => unfold("label"),
    r: () => {
      const fold = document.querySelector(".other-answer");
      if (fold) fold.open = true;
      const body = byId("body");
      (body?.querySelector("input") ?? body)?.focus();
    },
    m: () => {
      const menu = byId("models");
      if (!menu) return;
      menu.open = true;
      (menu.querySelector("input") ?? menu.querySelector("button"))?.focus();
    },
    d: () => document.querySelector("[data-review]")?.focus(),
    n: () => {
      const fold = byId("note");
      if (!fold) return;
      fold.open = true;
      byId("note-text").focus();
    },
    t: () => tool("[data-turn]"),
    "+": () => tool('[data-zoom="1"]'),
    "=": () => tool('[data-zoom="1"]'), // the same key without Shift
    "-": () => tool('[data-zoom="-1"]'),
    v: () => document.querySelector(".piece.current [data-wide]")?.click(),
    p: () => {
      const paper = document.querySelector(".piece.current [data-print-piece]") ?? document.querySelector("#keep [data-print]");
      if (paper) paper.click();
      else window.print();
    },
    "/": () => byId("search")?.focus(),
    "?": () => byId("keys").showModal(),
  };

  const enabled = () => {
    try {
      return localStorage.getItem("keys") !== "off";
    } catch {
      return true; // storage refused: shortcuts as on a new computer
    }
  };

  const busy = (target) =>
    target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog") !== null ||
    document.querySelector("dialog[open]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!(event.key in ACTS) || busy(event.target) || !enabled()) return;
    event.preventDefault();
    ACTS[event.key]();
  });

  /* The list of commands: its script comes when it is first asked for */
  const palette = () => {
    if (window.officinalPalette) return window.officinalPalette();
    const script = document.createElement("script");
    script.src = document.querySelector(".shell").dataset.paletteScript;
    document.head.append(script);
  };

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    palette();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-commands]") && palette());
  document.addEventListener("officinal:key", (event) => ACTS[event.detail]?.());

  document.addEventListener("DOMContentLoaded", () => {
    const box = byId("keys-on");
    if (!box) return;
    box.checked = enabled();
    box.addEventListener("change", () => {
      try {
        localStorage.setItem("keys", box.checked ? "on" : "off");
      } catch {
        box.checked = true; // storage refused: nothing could be remembered
      }
    });
  });
}
