/* « @ » in a note: the team in a small list, by arrow keys, Enter and Escape. Whom it names is judged on the server. */
"use strict";
{
  const field = (target) => (target?.id === "note-text" ? target : null);
  const list = () => document.getElementById("mention-list");
  const options = () => [...(list()?.children ?? [])];
  const chosen = () => list()?.querySelector('[aria-selected="true"]');
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const begun = (input) => input.value.slice(0, input.selectionStart).match(/(?:^|[^\p{L}\p{N}])@([\p{L}.-]*)$/u);

  const mark = (input, option) => {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };

  const close = () => {
    const found = list();
    if (!found) return;
    found.replaceChildren();
    found.hidden = true;
    document.getElementById("note-text")?.removeAttribute("aria-activedescendant");
  };

  const propose = (input) => {
    const word = begun(input);
    const people = [...(document.getElementById("mention")?.options ?? [])].filter((each) => each.dataset.word);
    const alike = word ? people.filter((each) => plain(each.textContent).split(" ").some((part) => part.startsWith(plain(word[1])))) : [];
    if (!alike.length) return close();
    list().replaceChildren(
      ...alike.map((each) => {
        const option = document.createElement("li");
        option.id = `mention-${each.value}`;
        option.role = "option";
        option.dataset.word = each.dataset.word;
        option.textContent = each.textContent;
        return option;
      }),
    );
    list().hidden = false;
    mark(input, options()[0]);
  };

  const pick = (input, option) => {
    const end = input.selectionStart;
    const start = end - begun(input)[1].length;
    input.setRangeText(`${option.dataset.word} `, start, end, "end");
    close();
    input.focus();
  };

  document.addEventListener("input", (event) => field(event.target) && propose(event.target));

  document.addEventListener("keydown", (event) => {
    const input = field(event.target);
    if (!input || !options().length || event.isComposing) return;
    const [all, here] = [options(), options().indexOf(chosen())];
    if (event.key === "ArrowDown") mark(input, all[(here + 1) % all.length]);
    else if (event.key === "ArrowUp") mark(input, all[(here - 1 + all.length) % all.length]);
    else if (event.key === "Enter" || event.key === "Tab") pick(input, chosen());
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest("#mention-list [role=option]");
    if (!option) return;
    event.preventDefault(); // the caret stays where the name goes
    pick(document.getElementById("note-text"), option);
  });

  document.addEventListener("focusout", (event) => field(event.target) && close());
}
