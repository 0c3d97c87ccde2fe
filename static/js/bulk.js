/* Ticked rows: how many, and all of this page at once. Without this file they are ticked one by one. */
"use strict";
{
  const ticks = () => [...document.querySelectorAll("#rows .pick input")];

  const count = () => {
    const shown = document.getElementById("bulk-count");
    if (!shown) return;
    const n = ticks().filter((tick) => tick.checked).length;
    shown.textContent = n > 1 ? `${n} choisies` : "1 choisie";
  };

  document.addEventListener("change", (event) => event.target.closest(".pick") && count());
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-all]")) return;
    for (const tick of ticks()) tick.checked = true;
    count();
  });
  document.addEventListener("reset", (event) => event.target.id === "bulk" && setTimeout(count));
}
