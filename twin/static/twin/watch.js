/* Keeps the page of what runs up to date; without it one reloads by hand. */

const EVERY_MS = 2000;
const shown = () => document.getElementById("watched");

async function refresh() {
  const response = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("watched");
  // Whoever is at a button keeps it under the finger.
  if (fresh && !shown().contains(document.activeElement)) shown().replaceWith(document.adoptNode(fresh));
}

async function watch() {
  if (!("running" in shown().dataset)) return;
  if (!document.hidden) await refresh().catch(() => {});
  setTimeout(watch, EVERY_MS);
}

setTimeout(watch, EVERY_MS);
