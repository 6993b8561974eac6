// Asks for changes again and again: often while there are some, seldom while there are none.

const SHORTEST = 500; // milliseconds
const LONGEST = 5000;

/**
 * How long to wait before asking again, in milliseconds.
 * @param {number} previous The last wait.
 * @param {"changed" | "same" | "failed"} outcome Of the last question.
 * @param {number} [shortest]
 */
export function nextWait(previous, outcome, shortest = SHORTEST) {
  if (outcome === "changed") return shortest;
  return Math.min(LONGEST, Math.round(previous * (outcome === "failed" ? 2 : 1.3)));
}

/**
 * Asks until it is told to stop. While the page is not visible it waits; afterwards it asks at once.
 * @param {() => Promise<"changed" | "same" | "failed">} ask
 * @param {() => boolean} isOver Whether no more changes are to be expected. It stops when nothing came for a while.
 * @param {number} [shortest] How long to wait at least, in milliseconds.
 * @returns {() => void} Stops it.
 */
export function askAgainAndAgain(ask, isOver, shortest = SHORTEST) {
  let wait = shortest;
  let asking = false;
  let stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  async function round() {
    if (asking || stopped || document.hidden) return;
    clearTimeout(timer);
    asking = true;
    const outcome = await ask();
    asking = false;
    const settled = wait === LONGEST && outcome === "same" && isOver();
    wait = nextWait(wait, outcome, shortest);
    if (!stopped && !settled) timer = setTimeout(round, wait);
  }

  function whenVisible() {
    if (document.hidden) return;
    wait = shortest;
    round();
  }

  document.addEventListener("visibilitychange", whenVisible);
  round();
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", whenVisible);
  };
}
