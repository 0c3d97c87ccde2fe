/* What is being written: saved while typing, retried when the server is away, never closed on by mistake. */
"use strict";
{
  const RETRY_MS = 5000;
  let unsaved = false;

  const box = () => document.getElementById("draft-state");
  const text = () => document.getElementById("body");
  const savesDraft = (event) => event.detail.elt === text();

  document.addEventListener("input", (event) => {
    if (event.target.closest("#answer")) unsaved = true;
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const state = box();
    if (savesDraft(event) && state) state.textContent = state.dataset.saving;
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = event.detail;
    if (savesDraft(event)) return void (successful ? (unsaved = false) : lost());
    if (elt.type === "file" && successful) elt.value = "";
    if (elt.id === "answer" && successful) unsaved = false;
  });

  const lost = () => {
    const state = box();
    if (!state) return;
    state.textContent = state.dataset.lost;
    state.classList.add("failed");
    setTimeout(() => unsaved && text() && htmx.trigger(text(), "save"), RETRY_MS);
  };

  /* Another conversation, or an act on this one, replaces the composer: keep its last words first. */
  document.addEventListener("htmx:confirm", (event) => {
    const { elt, target, issueRequest } = event.detail;
    if (!unsaved || !text() || target?.id !== "pane" || elt.closest("#answer")) return;
    event.preventDefault();
    const go = (done) => {
      if (done.detail.successful || window.confirm(box().dataset.leave)) issueRequest(true);
    };
    text().addEventListener("htmx:afterRequest", go, { once: true });
    htmx.trigger(text(), "save");
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "answer") unsaved = false;
    const note = document.getElementById("note-text");
    if (note?.value && form.matches("[data-leaves]")) {
      const kept = Object.assign(document.createElement("input"), { type: "hidden", name: "note", value: note.value });
      form.append(kept); // a note is kept by its button alone: what was begun waits for its author
    }
    if (!form.matches("[data-leaves]") || !unsaved || !text()) return;
    event.preventDefault(); // another person is about to come: keep the last words first
    const go = (done) => {
      if (!done.detail.successful && !window.confirm(box().dataset.leave)) return;
      unsaved = false;
      form.submit();
    };
    text().addEventListener("htmx:afterRequest", go, { once: true });
    htmx.trigger(text(), "save");
  });

  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("#answer");
    if (!form || event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) form.requestSubmit(form.querySelector("[data-first]"));
    if (event.target.matches("#to, #subject")) {
      event.preventDefault(); // Enter goes to the next field: a message leaves by its button
      form.querySelector(event.target.id === "to" ? "#subject" : "#body").focus();
    }
  });
}
