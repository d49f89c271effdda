/** Brings results into sight, without moving the focus. */

const MARGIN = 24;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** Shows as much of it as fits below the upper third of the window, so that what was typed stays near. @param {Element} part */
export function reveal(part) {
  const { top, bottom } = part.getBoundingClientRect();
  const wanted = Math.min(bottom - innerHeight + MARGIN, top - innerHeight / 3);
  if (wanted > 0) scrollBy({ top: wanted, behavior: STILL.matches ? "auto" : "smooth" });
}
