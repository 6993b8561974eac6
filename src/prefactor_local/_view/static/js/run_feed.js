// Loads a run and its spans into the model, and follows the run while it is open.

/** @import { Source } from "./data.js" */
/** @import { RunModel } from "./run_model.js" */
/** @import { Finding, RowsPage } from "./shapes.js" */
import { askAgainAndAgain } from "./live.js";
import { sentenceOf } from "./messages.js";

/**
 * @typedef {object} RunFeedActions
 * @property {() => void} onRun The run was loaded, for the first time or again.
 * @property {() => void} onRows There are other spans, or none at first.
 * @property {() => void} onFindings
 * @property {() => void} onChanged All changes of a question were taken over, and there were some.
 * @property {(text: string) => void} say Why nothing can be loaded; empty: it can again.
 */

export class RunFeed {
  /**
   * @param {Source} source
   * @param {RunModel} model
   * @param {string} id Of the run, or `last`, or the beginning of an ID.
   * @param {RunFeedActions} actions
   */
  constructor(source, model, id, actions) {
    this.source = source;
    this.model = model;
    this.id = id;
    this.actions = actions;
    /** @type {Finding[]} */
    this.findings = [];
    /** When something was heard last of the run. */
    this.heardAt = 0;
    this.isFailing = false;
    this.hasRows = false;
    this.isLoaded = false;
    /** What the starts of the known spans count from; empty: none is known. */
    this.origin = "";
    this.isStopped = false;
    this.stopAsking = () => {};
    /** @type {Promise<RowsPage> | null} */
    this.firstRows = null;
  }

  /** Whether the run may change. */
  get isLive() {
    return this.source.live && this.model.isOpen;
  }

  /** Loads the run, and begins to follow it. Raises the error of the server. */
  async start() {
    // The two questions do not wait for each other. Another run may be the last one a moment later.
    this.firstRows = this.id === "last" ? null : this.source.rows(this.id, 0);
    this.firstRows?.catch(() => {});
    await this.loadRun();
    if (this.isStopped) return;
    this.stopAsking = askAgainAndAgain(
      () => this.askForChanges(),
      () => !this.isLive,
    );
  }

  stop() {
    this.isStopped = true;
    this.stopAsking();
  }

  async loadRun() {
    const details = await this.source.run(this.id);
    if (this.isStopped) return;
    this.model.details = details;
    this.heardAt = Date.parse(details.run.changed_at);
    this.id = details.run.id;
    this.actions.onRun();
  }

  /** The page does not wait for them: they need all spans. */
  async loadFindings() {
    this.findings = await this.source.findings(this.id).catch(() => this.findings);
    if (!this.isStopped) this.actions.onFindings();
  }

  /** @returns {Promise<"changed" | "same" | "failed">} */
  async askForChanges() {
    try {
      const changed = await this.loadChanges();
      if (this.isFailing) this.actions.say("");
      this.isFailing = false;
      return changed ? "changed" : "same";
    } catch (error) {
      this.isFailing = true;
      this.actions.say(`${sentenceOf(error)} This page tries again every few seconds.`);
      return "failed";
    }
  }

  async loadChanges() {
    let changed = false;
    let hasOtherStatus = false; // since the findings were asked for
    for (let more = true; more;) {
      const page = await this.nextRows();
      const { origin, run } = this.model.details ?? {};
      const isOtherStatus = run?.status !== page.status;
      hasOtherStatus ||= isOtherStatus;
      if (isOtherStatus || page.origin !== origin) await this.loadRun();
      if (this.isStopped) return false;
      if (page.origin !== this.model.details?.origin || page.origin !== (this.origin || page.origin)) {
        // A span that came late started before all others, so every start counts from another time.
        this.model.clear();
        this.origin = "";
        continue;
      }
      this.origin = page.origin;
      more = page.more;
      changed = this.model.apply(page) || changed;
      const isFirst = !this.hasRows;
      if (page.rows.length && this.isLoaded) this.heardAt = Date.now();
      this.hasRows = true;
      if (isFirst || hasOtherStatus || page.rows.length) this.actions.onRows();
      if (isFirst || hasOtherStatus) this.loadFindings();
      hasOtherStatus = false;
    }
    this.isLoaded = true;
    if (changed) this.actions.onChanged();
    return changed;
  }

  nextRows() {
    const page = this.firstRows ?? this.source.rows(this.id, this.model.change);
    this.firstRows = null;
    return page;
  }
}
