/* Before the first paint: say that scripts run, and keep the light chosen on this computer. */
"use strict";
{
  const MEDIA = { auto: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };
  const root = document.documentElement;

  const chosen = () => {
    try {
      const name = localStorage.getItem("theme");
      return name in MEDIA ? name : "auto";
    } catch {
      return "auto"; // storage refused: follow the computer
    }
  };

  const apply = (name) => {
    document.getElementById("night").media = MEDIA[name];
    for (const label of document.querySelectorAll("[data-theme-name]")) label.textContent = label.dataset[name];
  };

  root.classList.add("js");
  apply(chosen());
  document.addEventListener("DOMContentLoaded", () => apply(chosen()));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-next]")) return;
    const names = Object.keys(MEDIA);
    const next = names[(names.indexOf(chosen()) + 1) % names.length];
    try {
      localStorage.setItem("theme", next);
    } catch {
      // storage refused: the choice holds for this page only
    }
    apply(next);
  });
}
