/* Find a template in the composer's menu by typing: arrows choose, Enter takes it. */
"use strict";
{
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const lines = (box) => [...box.closest(".menu-sheet").querySelectorAll(".menu-line")];
  const shown = (box) => lines(box).filter((line) => !line.hidden);

  /* In the capturing phase: what is typed here is no word of the answer, so nobody saves it. */
  document.addEventListener(
    "input",
    (event) => {
      const box = event.target;
      if (box.id !== "models-search") return;
      event.stopPropagation();
      const words = plain(box.value).split(/\s+/).filter(Boolean);
      for (const line of lines(box)) {
        const text = plain(line.textContent);
        line.hidden = !words.every((word) => text.includes(word));
      }
      document.getElementById("models-none").hidden = shown(box).length > 0;
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("#models");
    const box = menu?.querySelector("#models-search");
    if (!box) return;
    const found = shown(box);
    const here = found.indexOf(event.target);
    if (event.key === "Enter" && event.target === box) {
      event.preventDefault(); // it would send the answer
      found[0]?.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = here + (event.key === "ArrowDown" ? 1 : -1);
      (found[next] ?? (next < 0 ? box : found[here]))?.focus();
    } else if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
