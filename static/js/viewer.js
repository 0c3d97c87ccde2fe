/* The papers beside the conversation: choose one, turn the page, turn it round, make it larger. */
"use strict";
{
  const LARGEST = 3;

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

  const zoom = (pages, step) => {
    pages.dataset.zoom = String(Math.min(LARGEST, Math.max(1, Number(pages.dataset.zoom) + step)));
  };

  const widen = (talk) => {
    const pages = talk.querySelector(".piece.current .pages");
    const { index } = nearest(pages);
    const wide = talk.classList.toggle("wide");
    for (const button of talk.querySelectorAll("[data-wide]")) button.setAttribute("aria-pressed", String(wide));
    go(pages, index - nearest(pages).index); // the same page as before, at its new size
  };

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
}
