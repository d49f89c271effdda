/** Results in sight, without moving the focus, and read in peace while more comes. */

const MARGIN = 24;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** Shows as much of it as fits below the upper third of the window, so that what was typed stays near. @param {Element} part */
export function reveal(part) {
  const { top, bottom } = part.getBoundingClientRect();
  const wanted = Math.min(bottom - innerHeight + MARGIN, top - innerHeight / 3);
  if (wanted > 0) scrollBy({ top: wanted, behavior: STILL.matches ? "auto" : "smooth" });
}

/** Adds to what scrolls by itself, and keeps at its end whoever has scrolled there. @param {Element} part */
export function adder(part) {
  let atEnd = false;
  let due = false;
  part.addEventListener("scroll", () => {
    atEnd = part.scrollTop > 0 && part.scrollTop + part.clientHeight > part.scrollHeight - 8;
  });
  return (piece) => {
    part.append(piece);
    if (!atEnd || due) return;
    due = true; // once a frame: a layout for each piece would take minutes
    requestAnimationFrame(() => {
      due = false;
      part.scrollTop = part.scrollHeight;
    });
  };
}
