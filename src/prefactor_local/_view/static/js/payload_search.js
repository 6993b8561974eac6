// Asks the server which spans hold the words of a filter in their payloads.

/** @import { Source } from "./data.js" */

const SEARCH_AFTER = 150; // milliseconds without a key

export class PayloadSearch {
  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    this.searching = new AbortController();
  }

  /**
   * Searches soon, in the place of a search that is not done.
   * @param {string} run
   * @param {string[]} words
   * @param {(found: Map<string, Set<number>>) => void} onFound Takes the seqs of the spans by word.
   */
  start(run, words, onFound) {
    this.stop();
    const { signal } = (this.searching = new AbortController());
    setTimeout(async () => {
      if (signal.aborted) return;
      const searches = words.map((word) => this.source.search(run, word, signal));
      const found = await Promise.all(searches).catch(() => null);
      if (found && !signal.aborted) onFound(new Map(words.map((word, index) => [word, new Set(found[index])])));
    }, SEARCH_AFTER);
  }

  stop() {
    this.searching.abort();
  }
}
