/* The field « À »: proposals of the directory below it, by arrow keys, Enter and Escape (ARIA combobox). */
"use strict";
{
  const field = () => document.getElementById("to");
  const list = () => document.getElementById("to-list");
  const options = () => [...(list()?.querySelectorAll("[role=option]") ?? [])];
  const chosen = () => list()?.querySelector('[aria-selected="true"]');

  const mark = (option) => {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (option) {
      field().setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else field().removeAttribute("aria-activedescendant");
  };

  const settle = () => {
    field().setAttribute("aria-expanded", String(options().length > 0));
    mark(null);
  };

  const close = () => {
    list()?.nextElementSibling?.matches(".found-more") && list().nextElementSibling.remove();
    list()?.remove();
    settle();
  };

  /* What stands after the last comma are the words that were looked for. */
  const pick = (option) => {
    const input = field();
    const before = input.value.slice(0, input.value.search(/[^,;\n]*$/)).trimEnd();
    input.value = `${before}${before ? " " : ""}${option.value}, `;
    close();
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
    input.scrollLeft = input.scrollWidth;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const step = (by) => {
    const all = options();
    const here = all.indexOf(chosen());
    mark(here === -1 ? all[by > 0 ? 0 : all.length - 1] : all[(here + by + all.length) % all.length]);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const input = field();
    if (!input) return;
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": "to-found",
      "aria-expanded": "false",
      "aria-haspopup": "listbox",
    }))
      input.setAttribute(name, value);
  });

  /* Before draft.js, for which Enter goes to the next field. */
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.target !== field() || !options().length || event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
      else if (event.key === "Enter" && chosen() && !event.ctrlKey && !event.metaKey) pick(chosen());
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const option = event.target.closest("#to-list [role=option]");
    if (option) pick(option);
    else if (list() && !event.target.closest("#to-field")) close();
  });

  document.addEventListener("focusin", (event) => {
    if (list() && !event.target.closest("#to-field")) close();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "to-found") settle();
  });
}
