/* Password pages: show what is typed, and tick the rules as they are met. The server alone decides. */
"use strict";
{
  const CLASSES = [/[a-zà-öø-ÿ]/, /[A-ZÀ-ÖØ-Þ]/, /\d/, /[^\p{L}\d\s]/u];

  const RULES = {
    four: (text) => text.length >= 12 && kinds(text) === 4,
    three: (text) => text.length >= 14 && kinds(text) >= 3,
    words: (text) => text.trim().split(/\s+/).filter((word) => word.length > 1).length >= 7,
  };
  const kinds = (text) => CLASSES.filter((kind) => kind.test(text)).length;

  document.addEventListener("input", (event) => {
    const rules = document.getElementById("rules");
    if (!rules || event.target.name !== "password") return;
    for (const line of rules.querySelectorAll("[data-rule]")) {
      line.classList.toggle("met", RULES[line.dataset.rule](event.target.value));
    }
  });

  document.addEventListener("click", async (event) => {
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) {
      const field = document.getElementById(reveal.dataset.reveal);
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      reveal.setAttribute("aria-pressed", String(shown));
    }
    if (event.target.closest("[data-print]")) window.print();
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.lastElementChild.textContent = copy.dataset.copied;
    }
  });
}
