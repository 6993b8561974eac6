// Keeps the address of the page up to date.

const EVERY = 200; // milliseconds; browsers refuse many changes in a short time

/** Writes the address of the page that is shown. */
let writeLast = () => {};

/** Brings the address up to date before another one takes its place: a person may come back to it. */
export function leaveAddress() {
  writeLast();
}

/**
 * @param {() => string} addressNow What the address is to be.
 * @param {() => unknown} [stateNow] What comes back with it when a person goes back to it, beside what the address says.
 * @returns {{ write: () => void, push: () => void, stop: () => void }} `write` changes the address: now, or soon after
 *   the last change. `push` keeps it as it is: a person who goes back comes to it.
 */
export function addressWriter(addressNow, stateNow = () => null) {
  let written = -EVERY;
  let timer = 0;

  function writeNow() {
    clearTimeout(timer);
    written = performance.now();
    history.replaceState(stateNow(), "", addressNow());
  }

  writeLast = writeNow;
  return {
    write() {
      clearTimeout(timer);
      const wait = written + EVERY - performance.now();
      if (wait <= 0) writeNow();
      else timer = window.setTimeout(writeNow, wait);
    },
    push() {
      writeNow();
      history.pushState(stateNow(), "", addressNow());
    },
    stop() {
      clearTimeout(timer);
      writeLast = () => {};
    },
  };
}
