// Keeps the address of the page up to date.

const EVERY = 200; // milliseconds; browsers refuse many changes in a short time

/**
 * @param {() => string} addressNow What the address is to be.
 * @returns {{ write: () => void, stop: () => void }} `write` changes the address: now, or soon after the last change.
 */
export function addressWriter(addressNow) {
  let written = -EVERY;
  let timer = 0;

  function writeNow() {
    written = performance.now();
    history.replaceState(null, "", addressNow());
  }

  return {
    write() {
      clearTimeout(timer);
      const wait = written + EVERY - performance.now();
      if (wait <= 0) writeNow();
      else timer = window.setTimeout(writeNow, wait);
    },
    stop: () => clearTimeout(timer),
  };
}
