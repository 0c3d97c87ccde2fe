/* Have the browser ask a passkey: fetch the question, hand what was signed to the form that asked. The server alone decides. */
"use strict";
{
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list = []) => list.map((each) => ({ ...each, id: bytes(each.id) }));

  const question = async (button) => {
    const token = button.form.querySelector("[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({ csrfmiddlewaretoken: token });
    const answer = await fetch(button.dataset.passkey, { method: "POST", body, redirect: "error" });
    if (!answer.ok) throw new Error(`question: ${answer.status}`);
    const asked = await answer.json();
    return { ...asked, challenge: bytes(asked.challenge) };
  };

  const make = (asked) =>
    navigator.credentials.create({
      publicKey: { ...asked, user: { ...asked.user, id: bytes(asked.user.id) }, excludeCredentials: known(asked.excludeCredentials) },
    });
  const sign = (asked) =>
    navigator.credentials.get({ publicKey: { ...asked, allowCredentials: known(asked.allowCredentials) } });

  const written = ({ id, rawId, type, response }) => {
    const found = { clientDataJSON: text(response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) found[name] = text(response[name]);
    }
    if (response.getTransports) found.transports = response.getTransports();
    return JSON.stringify({ id, rawId: text(rawId), type, response: found });
  };

  const ask = async (button) => {
    const { form } = button;
    const unsigned = form.querySelector("[data-unsigned]");
    unsigned.hidden = true;
    button.disabled = true;
    try {
      const asked = await question(button);
      form.elements.passkey.value = written(await ("makes" in button.dataset ? make(asked) : sign(asked)));
      form.noValidate = true; // the other fields are the other way: the server says what lacks
      form.requestSubmit();
    } catch {
      unsigned.hidden = false; // given up, too late, no such passkey: the browser does not tell which
      button.disabled = false;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-passkey]");
    if (button) ask(button);
  });

  const ready = () => {
    for (const button of document.querySelectorAll("[data-passkey]:not([data-seen])")) {
      button.dataset.seen = "";
      button.hidden = !window.PublicKeyCredential;
      button.form.querySelector("[data-unable]").hidden = !button.hidden;
      if ("now" in button.dataset && !button.hidden) ask(button);
    }
  };
  document.addEventListener("DOMContentLoaded", ready);
  document.addEventListener("htmx:afterSettle", ready);
}
