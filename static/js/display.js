/* A screen on the wall: ask for its numbers, and never show old ones as if they were of now. */
"use strict";
{
  const EVERY = 15_000; // milliseconds
  const TOO_OLD = 60_000;
  const figures = () => document.getElementById("figures");
  const lost = document.getElementById("lost");
  let good = performance.now();

  const show = () => {
    const stale = performance.now() - good > TOO_OLD;
    if (stale) lost.querySelector("[data-since]").textContent = figures().dataset.at;
    lost.hidden = !stale;
    figures().hidden = stale;
  };

  const ask = async () => {
    try {
      const answer = await fetch(`${location.pathname}?chiffres`, {
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: AbortSignal.timeout(EVERY - 1000),
      });
      if (answer.status === 404) return location.reload(); // taken away: say so
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("figures");
        if (fresh) {
          figures().replaceWith(document.adoptNode(fresh));
          good = performance.now();
        }
      }
    } catch {
      // no connection, or no answer in time: the clock below tells
    }
    show();
  };

  setInterval(ask, EVERY);
  setInterval(show, 5000);
}
