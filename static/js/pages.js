"use strict";

// The form of patients: each page leaves as soon as it is chosen. Without this script they leave with the whole form.
(() => {
  const form = document.getElementById("ask");
  const picker = document.getElementById("field-pages");
  const sending = document.getElementById("sending");
  if (!form || !picker || !sending) return;
  const words = sending.querySelector("span");
  const bar = sending.querySelector("progress");
  let queue = Promise.resolve();

  // Whether a page was not kept, or not taken out, since the last press on « Envoyer ».
  let missed = false;

  const here = () => document.getElementById("pages");
  const errors = (block) => [...block.querySelectorAll(".error")];

  function show(answer) {
    const made = new DOMParser().parseFromString(answer, "text/html").getElementById("pages");
    if (!made) return false;
    // What was said of the files before stays said.
    const anew = errors(made).map((line) => line.textContent);
    const before = errors(here()).filter((line) => !anew.includes(line.textContent));
    for (const line of before) line.removeAttribute("id");
    made.prepend(...before);
    here().replaceWith(made);
    return true;
  }

  function complain(words) {
    const line = document.createElement("p");
    line.className = "error";
    line.textContent = words;
    here().prepend(line);
    return line;
  }

  // Resolves to whether it was done as asked; if not, the list of pages says why.
  function post(extra, name) {
    return new Promise((resolve) => {
      const data = new FormData();
      for (const field of ["csrfmiddlewaretoken", "form", "had"]) data.set(field, form.elements[field].value);
      for (const [key, value] of Object.entries(extra)) data.set(key, value);
      const request = new XMLHttpRequest();
      request.open("POST", form.dataset.pages);
      request.timeout = 120000;
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) bar.value = Math.round((100 * event.loaded) / event.total);
      };
      request.onloadend = () => {
        const known = request.status === 200 || request.status === 422;
        const shown = known && show(request.responseText);
        if (!shown) complain(`${name} ${here().dataset.lost}`);
        resolve(shown && request.status === 200);
      };
      request.send(data);
    });
  }

  function next(step) {
    queue = queue.then(step).then((done) => {
      missed ||= !done;
    });
    return queue;
  }

  function one(file) {
    bar.value = 0;
    words.textContent = `${file.name} : ${here().dataset.sending}`;
    return post({ pages: file }, file.name);
  }

  picker.addEventListener("change", () => {
    const files = [...picker.files];
    picker.value = "";
    if (sending.hidden) for (const line of errors(here())) line.remove();
    sending.hidden = false;
    for (const file of files) next(() => one(file));
    const last = queue;
    queue.then(() => {
      if (queue === last) sending.hidden = true;
    });
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=remove]");
    if (!button) return;
    event.preventDefault();
    next(() => post({ remove: button.value }, button.getAttribute("aria-label"))).then(() => picker.focus());
  });

  // What did not come is looked at before the rest leaves: the next press sends it.
  function hold() {
    missed = leaving = false;
    const line = complain(here().dataset.held);
    line.tabIndex = -1;
    line.focus();
  }

  // A page on its way is waited for, and a second press does nothing.
  let leaving = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (leaving) return;
    leaving = true;
    queue.then(() => (missed ? hold() : form.submit()));
  });
  addEventListener("pageshow", () => {
    leaving = false;
  });

  const wrong = form.querySelector("[aria-invalid=true]");
  if (wrong) wrong.focus();
})();
