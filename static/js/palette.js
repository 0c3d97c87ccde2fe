/* The list of commands: asked of the server for this person and this screen, narrowed here, carried out on the page. */
"use strict";
{
  const shell = document.querySelector(".shell");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, " ").toLowerCase();
  let dialog = null;

  const lines = () => [...dialog.querySelectorAll(".palette-line:not([hidden])")];
  const said = () => dialog.querySelector(".palette-said");

  const choose = (line) => {
    dialog.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    line?.setAttribute("aria-selected", "true");
    line?.scrollIntoView({ block: "nearest" });
    const field = dialog.querySelector("input");
    if (line) field.setAttribute("aria-activedescendant", line.id);
    else field.removeAttribute("aria-activedescendant");
  };

  const narrow = () => {
    const words = plain(dialog.querySelector("input").value).split(" ");
    for (const line of dialog.querySelectorAll(".palette-line")) {
      const text = ` ${plain(`${line.querySelector("span").textContent} ${line.dataset.words}`)}`;
      line.hidden = !words.every((word) => text.includes(` ${word}`));
    }
    said().textContent = lines().length ? "" : said().dataset.none;
    choose(lines()[0]);
  };

  const run = (line) => {
    const { url, key, press } = line.dataset;
    const target = press && document.querySelector(press);
    if (press && !target) return void (said().textContent = said().dataset.gone);
    dialog.close();
    if (url) location.assign(url);
    else if (key) document.dispatchEvent(new CustomEvent("officinal:key", { detail: key }));
    else target.click();
  };

  const keydown = (event) => {
    const all = lines();
    const at = all.findIndex((line) => line.getAttribute("aria-selected") === "true");
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length };
    if (event.key in steps && all.length) choose(all[steps[event.key] % all.length]);
    else if (event.key === "Enter" && at >= 0) run(all[at]);
    else return;
    event.preventDefault();
  };

  window.officinalPalette = async () => {
    if (document.querySelector("dialog[open]")) return;
    const here = document.getElementById("foot")?.dataset.again?.match(/[0-9a-f-]{36}/);
    const answer = await fetch(shell.dataset.palette + (here ? `?echange=${here[0]}` : ""), {
      headers: { "HX-Request": "true" },
    }).catch(() => null);
    if (answer?.status === 401) {
      const elsewhere = answer.headers.get("HX-Redirect");
      return elsewhere ? location.assign(elsewhere) : document.dispatchEvent(new Event("officinal:cover"));
    }
    if (!answer?.ok) return location.assign(shell.dataset.palette);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    dialog?.remove();
    dialog = document.adoptNode(page.getElementById("palette"));
    dialog.addEventListener("keydown", keydown);
    dialog.addEventListener("input", narrow);
    dialog.addEventListener("click", (event) => {
      const line = event.target.closest(".palette-line");
      if (line) run(line);
    });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("input").focus();
    narrow();
  };
  window.officinalPalette();
}
