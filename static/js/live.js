/* Follow what others do: the server says that something changed, this page asks for it again. Nothing moves under a hand. */
"use strict";
{
  const byId = (id) => document.getElementById(id);
  const shell = document.querySelector(".shell[data-events]");
  const EVENTS = ["conversation", "mail", "counts", "again"];
  const GATHER_MS = 150; // what one act tells comes together
  const REST_MS = 600; // between two questions
  const HAND_MS = 4000; // a pointer that lies still so long over the list is about to click nothing
  const COME_BACK_MS = 20_000;
  const LIVE_POLL_MS = 300_000; // the page's own poll goes on, rarely, while the stream lives

  /* This tab, as it names itself to the stream and to colleagues */
  window.officinalTab = crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16));
  let stream = null;
  let greeted = false;
  let due = 0;
  let lastAsked = 0;
  let missed = false; // while nobody looked
  const changed = new Set();

  /* Asking again */
  const ask = async (url) => {
    const headers = { "HX-Request": "true", "X-Unattended": "1", "HX-Current-URL": location.href };
    const answer = await fetch(url, { headers }).catch(() => null);
    if (answer?.status === 401) return void refused(answer);
    return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : answer;
  };

  const refused = (answer) => {
    const target = answer.headers.get("HX-Redirect");
    if (target) location.href = target;
    else document.dispatchEvent(new Event("officinal:cover"));
  };

  const refresh = async () => {
    lastAsked = Date.now();
    missed = document.hidden;
    const opened = [...changed];
    changed.clear();
    const rows = byId("rows");
    const lists = rows?.dataset.again && !/[?&]apres=/.test(location.search) && !document.hidden;
    const found = await ask(lists ? rows.dataset.again : shell.dataset.again);
    if (found?.querySelector) {
      count(found);
      if (lists) arrange(found.getElementById("rows"));
    }
    const foot = byId("foot");
    if (!foot || document.hidden) return void opened.forEach((id) => changed.add(id));
    if (opened.includes("all") || opened.some((id) => foot.dataset.again.includes(id))) await follow(foot);
  };

  const soon = (id) => {
    if (id) changed.add(id);
    if (due) return;
    const wait = Math.max(GATHER_MS, lastAsked + REST_MS - Date.now());
    due = setTimeout(() => {
      due = 0;
      refresh();
    }, wait);
  };

  /* Counts beside the views, and in the title of the tab */
  const count = (found) => {
    for (const link of document.querySelectorAll("#views .nav-link")) {
      const fresh = found.querySelector(`.nav-link[href="${link.getAttribute("href")}"]`);
      if (fresh && fresh.textContent !== link.textContent) link.replaceChildren(...fresh.childNodes);
    }
    const here = document.querySelector("#views .nav-link[aria-current] .nav-count");
    if (!document.querySelector("#views .nav-link[aria-current]")) return;
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = here ? `(${here.textContent}) ${title}` : title;
  };

  /* The list: a row changes where it stands at once; rows come, go and move only when no hand is on them */
  let waiting = null;
  let handAt = 0;
  const held = (rows) =>
    (rows.matches(":hover") && Date.now() - handAt < HAND_MS) ||
    rows.querySelector(".pick :checked") !== null ||
    rows.scrollTop > 8 ||
    window.scrollY > 200;

  const same = (a, b) => a.textContent === b.textContent && a.className === b.className;

  const arrange = (fresh) => {
    const rows = byId("rows");
    if (!fresh || !rows) return;
    const current = rows.querySelector("[aria-current]")?.id;
    for (const row of fresh.querySelectorAll(".row")) {
      const old = row.id && byId(row.id);
      if (row.id === current) row.setAttribute("aria-current", "true");
      if (old && !same(old, row)) {
        old.className = row.className;
        old.replaceChildren(...row.cloneNode(true).childNodes);
      }
      const [tick, now] = [old, row].map((each) => each?.closest(".line")?.querySelector(".pick input"));
      if (tick && now && !tick.checked) tick.value = now.value; // a ticked one keeps the version that was chosen
    }
    waiting = fresh;
    if (held(rows)) say(rows, fresh);
    else settle();
    document.dispatchEvent(new Event("officinal:followed"));
  };

  const settle = () => {
    const rows = byId("rows");
    if (!waiting || !rows) return;
    const before = [...rows.children].map((each) => each.id).join();
    if (before !== [...waiting.children].map((each) => each.id).join()) {
      const focused = rows.contains(document.activeElement) && document.activeElement.id;
      rows.replaceChildren(...waiting.childNodes);
      htmx.process(rows);
      if (focused) byId(focused)?.focus({ preventScroll: true });
    }
    waiting = null;
    byId("news")?.replaceChildren();
    document.dispatchEvent(new Event("officinal:followed"));
  };

  /* « 2 nouveaux messages · Afficher » : what waits, for whoever wants it now */
  const say = (rows, fresh) => {
    const known = new Set([...rows.querySelectorAll(".row")].map((row) => row.id));
    const more = [...fresh.querySelectorAll(".row.unread")].filter((row) => !known.has(row.id)).length;
    const news = byId("news");
    if (!more || !news) return;
    const link = document.createElement("button");
    link.type = "button";
    link.className = "news";
    link.textContent = more > 1 ? `${more} nouveaux messages · Afficher` : "1 nouveau message · Afficher";
    link.addEventListener("click", () => {
      settle();
      byId("rows").scrollTop = 0;
    });
    news.replaceChildren(link);
  };

  for (const name of ["pointermove", "pointerdown", "wheel"]) {
    document.addEventListener(name, () => (handAt = Date.now()), { capture: true, passive: true });
  }
  setInterval(() => waiting && byId("rows") && !held(byId("rows")) && settle(), 500);

  /* The conversation that is open: what came is added below; who writes keeps every word */
  const follow = async (foot) => {
    const found = await ask(`${foot.dataset.again}?version=${foot.dataset.version}`);
    const now = byId("foot");
    if (!found?.querySelector || now?.dataset.again !== foot.dataset.again) return;
    const fresh = found.getElementById("conversation");
    const there = fresh.querySelector("#foot").dataset.again;
    if (there !== now.dataset.again) {
      // Joined to another one: there, unless words are being written, which stay on the page and are kept there too.
      if (!written(now)) return void location.replace(`${there.replace(/suite\/$/, "")}?reuni=1`);
      now.dataset.again = there;
    }
    swap(".head", fresh);
    swap(".fault[role=alert]", fresh);
    const came = add(fresh.querySelector("#thread"));
    beside(fresh);
    for (const review of document.querySelectorAll("#conversation .review")) swap(`#${review.id}`, fresh);
    underneath(now, fresh.querySelector("#foot"), found.getElementById("moved"));
    came?.scrollIntoView({ block: "nearest" });
    document.dispatchEvent(new Event("officinal:followed"));
  };

  const version = (part) => [...part.querySelectorAll("input[name$=version]")].map((field) => field.value).join();
  const differs = (a, b) => a.textContent.replace(/\s+/g, " ") !== b.textContent.replace(/\s+/g, " ") || version(a) !== version(b);
  const busy = (part) => part.contains(document.activeElement) || part.querySelector("details[open]") !== null;

  const put = (old, fresh) => {
    old.replaceWith(fresh);
    htmx.process(fresh);
  };

  const swap = (selector, from) => {
    const [old, fresh] = [document.querySelector(`#conversation ${selector}`), from.querySelector(selector)];
    if (old && fresh && differs(old, fresh) && !busy(old)) put(old, fresh);
    else if (old && !fresh && !busy(old)) old.remove();
  };

  const add = (fresh) => {
    const thread = byId("thread");
    const near = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 120;
    let last = thread.querySelector(".subject");
    let came = null;
    const stays = new Set([...fresh.children].map((entry) => entry.id));
    for (const old of thread.querySelectorAll(":scope > :is(.msg, .event, section.note)")) {
      if (!stays.has(old.id)) old.remove(); // split off, or taken back before it left
    }
    for (const entry of [...fresh.children]) {
      if (!entry.id || entry.id === "note") continue;
      const old = byId(entry.id);
      if (!old) {
        last.after(entry);
        htmx.process(entry);
        if (entry.matches(".msg, section.note")) came = entry;
      }
      last = old || entry;
    }
    return near ? came : null;
  };

  /* Files and prescriptions: only when there are others, for their addresses are new each time */
  const beside = (fresh) => {
    const [talk, other] = [byId("talk"), fresh.querySelector("#talk")];
    const pieces = (part) => [...part.querySelectorAll(".rail .piece")].map((piece) => piece.id).join();
    for (const selector of [".rail", ".steps"]) {
      const [old, now] = [talk.querySelector(selector), other.querySelector(selector)];
      if (selector === ".rail" && pieces(talk) === pieces(other)) continue;
      if (old && now && (selector === ".rail" || (differs(old, now) && !old.contains(document.activeElement)))) put(old, now);
      else if (!old && now) {
        talk.append(now);
        htmx.process(now);
      }
    }
    for (const name of ["has-rail", "has-steps"]) talk.classList.toggle(name, other.classList.contains(name));
  };

  const written = (foot) =>
    foot.contains(document.activeElement) ||
    [...foot.querySelectorAll("#answer textarea, #answer input:not([type=hidden])")].some((field) => field.value);

  /* Colleagues' drafts, and the pen: who loses it keeps every word, in a field that only shows them */
  const theirs = (foot, fresh) => {
    const words = (part) => [...part.querySelectorAll(".their")].map((each) => each.textContent).join();
    return words(foot) !== words(fresh);
  };

  const pass = (foot, fresh) => {
    const [form, body, pen] = [byId("answer"), byId("body"), fresh.querySelector("#pen")];
    foot.dataset.pen = fresh.dataset.pen;
    for (const old of foot.querySelectorAll("#pen, .their")) old.remove();
    if (!form || !body) return;
    if (pen && body.value !== body.defaultValue) htmx.trigger(body, "save");
    for (const part of fresh.querySelectorAll("#pen, .their")) {
      body.closest(".writing").before(part);
      htmx.process(part);
    }
    body.readOnly = Boolean(pen);
    form.classList.toggle("locked", Boolean(pen));
  };

  const underneath = (foot, fresh, moved) => {
    const [moves, passes] = [fresh.dataset.version !== foot.dataset.version, fresh.dataset.pen !== foot.dataset.pen];
    if (!moves && !passes && !theirs(foot, fresh)) return;
    if (!written(foot)) return put(foot, fresh);
    if (passes) pass(foot, fresh);
    if (!moves || !moved) return;
    byId("moved-notice")?.remove();
    foot.prepend(moved.content.cloneNode(true));
  };

  /* The stream */
  const alive = () => stream?.readyState === EventSource.OPEN;

  const open = () => {
    if (stream && stream.readyState !== EventSource.CLOSED) return;
    stream = new EventSource(`${shell.dataset.events}?onglet=${window.officinalTab}`, { withCredentials: true });
    stream.addEventListener("hello", () => {
      document.documentElement.dataset.live = "on";
      if (greeted) soon("all");
      else soon();
      greeted = true;
      document.dispatchEvent(new Event("officinal:live"));
    });
    for (const kind of EVENTS) {
      stream.addEventListener(kind, (event) => {
        document.dispatchEvent(new CustomEvent(`officinal:${kind}`, { detail: event.data }));
        soon(kind === "again" ? "all" : event.data);
      });
    }
    for (const kind of ["here", "gone"]) {
      stream.addEventListener(kind, (event) =>
        document.dispatchEvent(new CustomEvent(`officinal:${kind}`, { detail: JSON.parse(event.data) })));
    }
    stream.addEventListener("end", () => {
      stream.close();
      document.documentElement.dataset.live = "off";
      soon();
    });
    stream.addEventListener("error", () => (document.documentElement.dataset.live = "off"));
  };

  if (shell && "EventSource" in window) {
    open();
    setInterval(() => !document.querySelector("#lock[open]") && open(), COME_BACK_MS);
    byId("lock")?.addEventListener("close", open);
    window.addEventListener("pagehide", () => stream?.close());
    window.addEventListener("pageshow", (event) => event.persisted && open());
    document.addEventListener("visibilitychange", () => !document.hidden && (missed || changed.size) && soon());
    document.addEventListener("htmx:beforeRequest", (event) => {
      const polls = event.detail.elt.id === "news" && alive() && Date.now() - lastAsked < LIVE_POLL_MS;
      if (polls) event.preventDefault();
    });
  }
}
