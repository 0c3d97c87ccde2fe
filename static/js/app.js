/* What every team page shares: menus, dialogs, copying, printing, counting down, faults said in words. */
"use strict";
{
  const byId = (id) => document.getElementById(id);

  /* Menus and dialogs */
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target) || event.target.closest("[data-opens]")) menu.open = false;
    }
    const opener = event.target.closest("[data-opens]");
    if (opener) byId(opener.dataset.opens).showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  /* Copying and printing */
  let toastTimer = 0;
  const say = (node, seconds) => {
    const toast = byId("toast");
    if (!toast) return;
    toast.replaceChildren(node);
    toast.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => (toast.hidden = true), seconds * 1000);
  };

  const note = (words) => {
    const node = document.createElement("div");
    node.className = "notice";
    node.textContent = words;
    return node;
  };

  /* The pages of one piece alone, once all of them are there */
  const printPiece = async (piece) => {
    const images = [...piece.querySelectorAll(".page img")];
    for (const image of images) image.loading = "eager";
    await Promise.allSettled(images.map((image) => image.decode()));
    piece.classList.add("printing");
    document.documentElement.dataset.printing = "piece";
    window.print();
  };

  window.addEventListener("afterprint", () => {
    delete document.documentElement.dataset.printing;
    for (const piece of document.querySelectorAll(".piece.printing")) piece.classList.remove("printing");
  });

  document.addEventListener("click", async (event) => {
    if (event.target.closest("[data-print]")) window.print();
    if (event.target.closest("[data-print-piece]")) await printPiece(event.target.closest(".piece"));
    const copy = event.target.closest("[data-copy]");
    if (!copy) return;
    await navigator.clipboard.writeText(copy.dataset.copy);
    say(note(copy.dataset.copied), 3);
  });

  const folded = new Set();
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll(".thread :is(.msg, .quoted):not([open])")) {
      folded.add(part);
      part.open = true;
    }
  });
  window.addEventListener("afterprint", () => {
    for (const part of folded) part.open = false;
    folded.clear();
  });

  /* « Part dans 8 s » : the server holds the message, the page only counts */
  setInterval(() => {
    for (const count of document.querySelectorAll("[data-countdown]")) {
      const left = Math.max(0, Number(count.dataset.countdown) - 1);
      count.dataset.countdown = String(left);
      count.textContent = `${left}\u00a0s`;
    }
  }, 1000);

  /* A conversation opened in place: mark its row, show its last message, leave the keyboard where it is of use */
  const settle = () => {
    const thread = byId("thread");
    const last = thread && [...thread.querySelectorAll(".msg, section.note")].pop();
    const scroller = thread && thread.scrollHeight > thread.clientHeight ? thread : thread?.parentElement;
    if (last) scroller.scrollTop = Math.max(0, last.offsetTop - scroller.offsetTop - 12);
  };

  const mark = (row) => {
    for (const other of document.querySelectorAll("#rows [aria-current]")) other.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
    row.classList.remove("unread", "untouched");
  };

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "pane") return;
    settle();
    const row = event.detail.requestConfig.elt.closest(".row");
    if (row) mark(row);
    if (!row || row.offsetParent === null) byId("pane").focus({ preventScroll: true });
  });
  document.addEventListener("DOMContentLoaded", settle);

  /* A request nobody asked for (polling) must not keep the session awake */
  document.addEventListener("htmx:configRequest", (event) => {
    if ((event.detail.elt.getAttribute("hx-trigger") || "").startsWith("every ")) {
      event.detail.headers["X-Unattended"] = "1";
    }
  });

  /* Faults, in the words of _faults.html */
  const fault = (name) => {
    const template = byId(name);
    if (template) say(template.content.cloneNode(true), 12);
  };
  const unattended = (event) => "X-Unattended" in event.detail.requestConfig.headers;
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => unattended(event) || fault("fault-offline"));
  }
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 401 && !unattended(event)) fault("fault-refused");
  });
}
