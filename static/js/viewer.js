/* The papers beside the conversation: choose one, turn the page, turn it round, make it larger; by buttons, by keys
   (keys.js presses the buttons), by wheel and double click, by two fingers. */
"use strict";
{
  const LARGEST = 4;
  const CLOSE = 3; // what a double click or tap enlarges to

  const show = (piece) => {
    const rail = piece.closest(".rail");
    for (const other of rail.querySelectorAll(".piece")) other.classList.toggle("current", other === piece);
    for (const tab of rail.querySelectorAll("[role=tab]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.shows === piece.id));
    }
  };

  const nearest = (pages) => {
    const all = [...pages.children];
    const top = pages.scrollTop + pages.clientHeight / 3;
    const index = all.findIndex((page) => page.offsetTop - pages.offsetTop + page.offsetHeight > top);
    return { all, index: index === -1 ? all.length - 1 : index };
  };

  const go = (pages, step) => {
    const { all, index } = nearest(pages);
    const page = all[Math.min(all.length - 1, Math.max(0, index + step))];
    pages.scrollTop = page.offsetTop - pages.offsetTop - 8;
  };

  const turn = (pages) => {
    const { all, index } = nearest(pages);
    const page = all[index];
    const image = page.querySelector("img");
    if (image.naturalWidth) page.style.setProperty("--tall", String(image.naturalHeight / image.naturalWidth));
    page.dataset.turn = String((Number(page.dataset.turn || 0) + 90) % 360);
  };

  /* What is under the pointer, or in the corner where lines begin, stays there. */
  const zoomTo = (pages, level, at) => {
    const before = Number(pages.dataset.zoom);
    const wanted = Math.min(LARGEST, Math.max(1, level));
    if (wanted === before) return;
    const frame = pages.getBoundingClientRect();
    const x = at ? at.clientX - frame.left : 0;
    const y = at ? at.clientY - frame.top : 0;
    const across = (pages.scrollLeft + x) / pages.scrollWidth;
    const down = (pages.scrollTop + y) / pages.scrollHeight;
    pages.dataset.zoom = String(wanted);
    pages.scrollLeft = across * pages.scrollWidth - x;
    pages.scrollTop = down * pages.scrollHeight - y;
  };

  const zoom = (pages, step, at) => zoomTo(pages, Number(pages.dataset.zoom) + step, at);

  const widen = (talk) => {
    const pages = talk.querySelector(".piece.current .pages");
    const { index } = nearest(pages);
    const wide = talk.classList.toggle("wide");
    for (const button of talk.querySelectorAll("[data-wide]")) button.setAttribute("aria-pressed", String(wide));
    go(pages, index - nearest(pages).index); // the same page as before, at its new size
  };

  const toggle = (pages, at) => zoomTo(pages, Number(pages.dataset.zoom) > 1 ? 1 : CLOSE, at);

  /* Links to pages live for some minutes: a page first looked at later asks for new ones, once in a while. */
  const AGAIN_MS = 60_000;
  const asked = new Map();
  document.addEventListener(
    "error",
    (event) => {
      const piece = event.target.closest?.(".piece[data-again]");
      if (!piece || Date.now() - (asked.get(piece.id) ?? 0) < AGAIN_MS) return;
      asked.set(piece.id, Date.now());
      htmx.ajax("GET", piece.dataset.again, { target: piece, swap: "outerHTML" });
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const chooser = event.target.closest("[data-shows]");
    const piece = chooser && document.getElementById(chooser.dataset.shows);
    if (piece && piece.closest(".rail")?.offsetParent) {
      event.preventDefault();
      show(piece);
      return;
    }
    const sheet = event.target.closest(".pages a.page");
    if (sheet && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault(); // the picture alone is for those without scripts, and for the middle button
      if (event.detail === 0) toggle(sheet.closest(".pages")); // Enter on it
      return;
    }
    const tool = event.target.closest(".piece-tools button");
    if (!tool) return;
    const pages = tool.closest(".piece").querySelector(".pages");
    if ("page" in tool.dataset) go(pages, Number(tool.dataset.page));
    if ("turn" in tool.dataset) turn(pages);
    if ("zoom" in tool.dataset) zoom(pages, Number(tool.dataset.zoom));
    if ("wide" in tool.dataset) widen(tool.closest(".talk"));
  });

  document.addEventListener(
    "scroll",
    (event) => {
      const count = event.target.closest?.(".piece")?.querySelector("output");
      if (!count) return;
      const { all, index } = nearest(event.target);
      count.textContent = `${index + 1}/${all.length}`;
    },
    { capture: true, passive: true },
  );

  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.("[role=tab]");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const tabs = [...tab.parentElement.children];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });

  document.addEventListener("dblclick", (event) => {
    const pages = event.target.closest?.(".pages");
    if (pages) toggle(pages, event);
  });

  /* The wheel with Ctrl, which is also what a touchpad sends for two fingers; a step for each notch, not each event. */
  const NOTCH = 60;
  let turned = 0;
  document.addEventListener(
    "wheel",
    (event) => {
      const pages = event.ctrlKey && event.target.closest?.(".pages");
      if (!pages) return;
      event.preventDefault();
      turned += event.deltaY;
      if (Math.abs(turned) < NOTCH) return;
      zoom(pages, turned < 0 ? 1 : -1, event);
      turned = 0;
    },
    { passive: false },
  );

  /* One mouse drags what is larger than its frame; two fingers make it larger or smaller. */
  const WIDER = 1.3;
  const fingers = new Map();
  let apart = 0;
  const spread = () => {
    const [one, other] = [...fingers.values()];
    return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  };

  document.addEventListener("pointerdown", (event) => {
    const pages = event.target.closest?.(".pages");
    if (!pages || event.button !== 0) return;
    fingers.set(event.pointerId, event);
    if (fingers.size === 2) apart = spread();
  });

  document.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    const pages = before && before.target.closest(".pages");
    if (!pages) return;
    fingers.set(event.pointerId, event);
    if (event.pointerType === "mouse") {
      pages.scrollLeft -= event.clientX - before.clientX;
      pages.scrollTop -= event.clientY - before.clientY;
    } else if (fingers.size === 2) {
      const ratio = spread() / apart;
      if (ratio < WIDER && ratio > 1 / WIDER) return;
      zoom(pages, ratio > 1 ? 1 : -1, event);
      apart = spread();
    }
  });

  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.(".pages")) event.preventDefault(); // a page is moved in its frame, not carried out
  });
}
