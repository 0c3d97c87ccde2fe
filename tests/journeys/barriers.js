// Runs in every page before its own scripts, after axe. `officinal.checked()` gives what axe finds wrong with the
// page as it stands; of a shape that was checked before, in this window or another, it gives what was found then.
(() => {
  const VARYING = /[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+|(value|content|src|href|action)="[^"]*"/g;

  const stands = new Promise((resolve) => {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", resolve, { once: true });
    else resolve();
  });

  // What fades in has its last colours once it is over.
  const still = () => Promise.allSettled(
    document.getAnimations().filter((each) => each.effect && each.effect.getComputedTiming().endTime !== Infinity)
      .map((each) => each.finished));

  const shape = () => [
    innerWidth, matchMedia("(prefers-color-scheme: dark)").matches, document.documentElement.dataset.theme,
    document.documentElement.outerHTML.replace(VARYING, ""),
  ].join("\n");

  const look = async () => {
    await stands;
    await still();
    const key = shape();
    const known = await window.officinalKnown(key);
    if (known !== null) return known;
    const found = await axe.run(document, { resultTypes: ["violations"], iframes: false });
    const lines = found.violations.map((rule) =>
      `${rule.id}: ${rule.nodes[0].html.slice(0, 160)} — ${rule.nodes[0].failureSummary}`);
    await window.officinalFound({ key, lines });
    return lines;
  };

  // One at a time: axe refuses two.
  let last = look();
  window.officinal = { checked: () => (last = last.catch(() => {}).then(look)) };
})();
