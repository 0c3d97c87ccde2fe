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

  const here = () => document.getElementById("pages");

  function show(answer) {
    const made = new DOMParser().parseFromString(answer, "text/html").getElementById("pages");
    if (!made) return false;
    here().replaceWith(made);
    return true;
  }

  function complain(name) {
    const line = document.createElement("p");
    line.className = "error";
    line.textContent = `${name} ${here().dataset.lost}`;
    here().prepend(line);
  }

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
        if (!known || !show(request.responseText)) complain(name);
        resolve();
      };
      request.send(data);
    });
  }

  function one(file) {
    bar.value = 0;
    words.textContent = `${file.name} : ${here().dataset.sending}`;
    return post({ pages: file }, file.name);
  }

  picker.addEventListener("change", () => {
    const files = [...picker.files];
    picker.value = "";
    sending.hidden = false;
    for (const file of files) queue = queue.then(() => one(file));
    const last = queue;
    queue.then(() => {
      if (queue === last) sending.hidden = true;
    });
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=remove]");
    if (!button) return;
    event.preventDefault();
    queue = queue.then(() => post({ remove: button.value }, button.getAttribute("aria-label"))).then(() => picker.focus());
  });

  // A page on its way is waited for, and a second press does nothing.
  let leaving = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (leaving) return;
    leaving = true;
    queue.then(() => form.submit());
  });
  addEventListener("pageshow", () => {
    leaving = false;
  });

  const wrong = form.querySelector("[aria-invalid=true]");
  if (wrong) wrong.focus();
})();
