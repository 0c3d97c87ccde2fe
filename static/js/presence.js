/* Who else looks, and who writes: told by names of colleagues, gone with their tab. Nothing of it is kept anywhere. */
"use strict";
{
  const byId = (id) => document.getElementById(id);
  const shell = document.querySelector(".shell[data-here]");
  const AGAIN_MS = 60_000; // the server forgets a tab that says nothing for two and a half minutes
  const TYPING_MS = 12_000;

  const others = new Map();
  let said = "";
  let saidAt = 0;
  let typedAt = 0;

  const opened = () => byId("foot")?.dataset.again.match(/[0-9a-f-]{36}/)?.[0] ?? "";

  /* Where I am */
  const post = (conversation, writing, keepalive = false) => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (!token) return;
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, tab: window.officinalTab, conversation });
    if (writing) body.set("writing", "1");
    fetch(shell.dataset.here, { method: "POST", body, keepalive, headers: { "X-Unattended": "1", "HX-Request": "true" } }).catch(
      () => undefined, // told again in a minute
    );
  };

  const tell = () => {
    if (document.documentElement.dataset.live !== "on" || byId("lock")?.open) return;
    const here = document.hidden ? "" : opened();
    const writing = here !== "" && !byId("body")?.readOnly && Date.now() - typedAt < TYPING_MS;
    const words = `${here} ${writing}`;
    if (words === said && (!here || Date.now() - saidAt < AGAIN_MS)) return;
    if (here || said) post(here, writing);
    [said, saidAt] = [words, Date.now()];
  };

  /* Where the others are */
  const byPerson = (conversation) => {
    const found = new Map();
    for (const one of others.values()) {
      if (one.conversation !== conversation || one.person === shell.dataset.me) continue;
      if (!found.get(one.person)?.writes) found.set(one.person, one);
    }
    return [...found.values()];
  };

  const sentence = (people) => {
    const say = (some, one, many) => {
      const names = some.map((each) => each.name);
      const last = names.pop();
      return last && (names.length ? `${names.join(", ")} et ${last} ${many}` : `${last} ${one}`);
    };
    const [writing, looking] = [people.filter((each) => each.writes), people.filter((each) => !each.writes)];
    return [say(writing, "écrit une réponse", "écrivent une réponse"), say(looking, "regarde aussi", "regardent aussi")]
      .filter(Boolean)
      .join(" · ");
  };

  const draw = () => {
    const line = byId("here");
    const people = line ? byPerson(opened()) : [];
    if (line && line.textContent !== sentence(people)) line.textContent = sentence(people);
    line?.classList.toggle("writes", people.some((each) => each.writes));
    for (const row of document.querySelectorAll("#rows .row[id]")) {
      const there = byPerson(row.id.slice(4));
      let mark = row.querySelector(".row-here");
      if (!there.length) mark?.remove();
      else {
        if (!mark) {
          mark = document.createElement("span");
          mark.className = "row-here";
          row.append(mark);
        }
        const words = there.map((each) => `${each.name} ${each.writes ? "écrit" : "regarde"}`).join(", ");
        if (mark.textContent !== words) mark.textContent = words;
      }
    }
  };

  const heard = (told) => {
    if (told.tab === window.officinalTab) return;
    const [doing, name] = told.at.split("|");
    others.set(told.tab, { ...told, writes: doing === "writes", name });
    draw();
  };

  if (shell) {
    document.addEventListener("officinal:here", (event) => heard(event.detail));
    document.addEventListener("officinal:gone", (event) => others.delete(event.detail.tab) && draw());
    document.addEventListener("officinal:live", () => {
      others.clear(); // the stream tells all of them again
      [said, saidAt] = ["", 0];
      draw();
      tell();
    });
    document.addEventListener("officinal:followed", draw);
    document.addEventListener("htmx:afterSettle", (event) => {
      if (event.detail.target.id === "pane") typedAt = 0;
      tell();
      draw();
    });
    document.addEventListener("input", (event) => {
      if (!event.target.closest("#answer")) return;
      typedAt = Date.now();
      tell();
    });
    document.addEventListener("visibilitychange", tell);
    window.addEventListener("pagehide", () => said.trim() && opened() && post("", false, true));
    setInterval(tell, 3000);
  }
}
