// Asks the server which spans hold the words of a filter in their payloads.

/** @import { Source } from "./data.js" */

const SEARCH_AFTER = 150; // milliseconds without a key

export class PayloadSearch {
  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    this.searching = new AbortController();
    /** What is searched for now; empty: nothing. */
    this.sought = "";
    this.isOutdated = false;
  }

  /**
   * Searches soon, in the place of a search for other words. One for the same words is done first, and once more
   * afterwards: spans may come faster than answers.
   * @param {string} run
   * @param {string[]} words
   * @param {(found: Map<string, Set<number>>) => void} onFound Takes the seqs of the spans by word.
   */
  start(run, words, onFound) {
    const sought = JSON.stringify(words);
    this.isOutdated = true;
    if (sought === this.sought) return;
    this.stop();
    this.sought = sought;
    const { signal } = (this.searching = new AbortController());
    setTimeout(async () => {
      if (signal.aborted) return;
      this.isOutdated = false;
      const searches = words.map((word) => this.source.search(run, word, signal));
      const found = await Promise.all(searches).catch(() => null);
      if (signal.aborted) return;
      this.sought = "";
      if (found) onFound(new Map(words.map((word, index) => [word, new Set(found[index])])));
      if (this.isOutdated) this.start(run, words, onFound);
    }, SEARCH_AFTER);
  }

  stop() {
    this.sought = "";
    this.searching.abort();
  }
}
