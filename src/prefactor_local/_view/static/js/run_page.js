// The page of a run: what happened, and, beside it, the span that is selected.

/** @import { Context } from "./app.js" */
/** @import { Counts } from "./run_model.js" */
/** @import { TreeNode } from "./tree.js" */
import { addressWriter } from "./address.js";
import { element, replaceChildren } from "./dom.js";
import { saveFile } from "./download.js";
import { parseFilter } from "./filter.js";
import { lastNews, runName, shorten } from "./format.js";
import { message, sentenceOf } from "./messages.js";
import { Minimap } from "./minimap.js";
import { Notice } from "./notice.js";
import { PayloadSearch } from "./payload_search.js";
import { RunFeed } from "./run_feed.js";
import { RunHeader } from "./run_header.js";
import { RunModel } from "./run_model.js";
import { runKeys } from "./run_keys.js";
import { onThemeChange } from "./settings.js";
import { SpanList } from "./span_list.js";
import { SpanPane } from "./span_pane.js";
import { Toolbar } from "./toolbar.js";
import { findNext, hasError } from "./tree.js";
import { formatRunState, parseRoute, parseRunState, runUrl } from "./urls.js";

const LONGEST_TITLE = 80; // characters
const GROW_EVERY = 500; // milliseconds
const NO_MATCH =
  "No span matches the filter: each word must be in the type, summary, params or result of a span. " +
  'Durations are written as >200ms or <2s, and "words in this order" in quotation marks.';

export class RunPage {
  /**
   * @param {Context} context
   * @param {string} run Its ID, or `last`, or the beginning of an ID.
   */
  constructor(context, run) {
    this.context = context;
    this.title = "Run";
    this.keys = runKeys(this);
    this.source = context.source;
    this.model = new RunModel(parseRunState(this.source.live ? location.search : location.hash));
    /** @type {(() => void)[]} */
    this.cleanup = [];
    this.payloads = new PayloadSearch(this.source);
    this.address = addressWriter(() => this.url);
    this.notice = new Notice();
    this.feed = new RunFeed(this.source, this.model, run, {
      onRun: () => this.showName(),
      onRows: () => this.show(),
      onFindings: () => this.drawHeader(this.model.counts()),
      onChanged: () => this.changed(),
      say: (text) => this.notice.say(text),
    });
    this.header = new RunHeader(
      this.source.live ? (id, format) => this.export(id, format) : null,
      (seq) => this.goToSeq(seq),
      (status) => this.toolbar.showOnly(status),
    );
    this.toolbar = new Toolbar(this.model, {
      changed: () => this.filterChanged(),
      leave: () => this.focusList(),
      error: (step) => this.goToError(step),
      showAllTime: () => this.zoom(null),
    });
    this.list = new SpanList({
      model: this.model,
      source: this.source,
      onOpen: (node) => this.jump(node),
      onToggle: (node) => this.toggle(node),
      onScroll: () => this.minimap.drawFrame(),
    });
    this.minimap = new Minimap(this.list, (range) => this.zoom(range));
    this.empty = element("div", { class: "empty" });
    this.left = element("div", { class: "run-left" }, this.minimap.element, this.list.element, this.empty);
    this.body = element("div", { class: "run-body" }, this.left);
    this.pane = new SpanPane(this.body, {
      source: this.source,
      model: this.model,
      now: () => this.now,
      select: (node) => this.jump(node),
      changed: () => this.address.write(),
      close: () => this.closePane(),
    });
    this.element = element(
      "div",
      { class: "run" },
      this.header.element,
      this.notice.element,
      this.toolbar.element,
      this.body,
    );
  }

  /** Begins to load and to follow the run. */
  async open() {
    try {
      await this.feed.start();
    } catch (error) {
      replaceChildren(this.element, message(sentenceOf(error)));
      return;
    }
    if (this.feed.isStopped) return;
    const timer = setInterval(() => this.grow(), GROW_EVERY);
    this.cleanup.push(() => clearInterval(timer));
    this.cleanup.push(onThemeChange(() => this.minimap.draw()));
  }

  close() {
    for (const done of this.cleanup) done();
    this.feed.stop();
    this.payloads.stop();
    this.list.briefs.stop();
    this.pane.hide();
    this.address.stop();
  }

  showName() {
    const { details } = this.model;
    this.address.write();
    if (details) this.context.setTitle(shorten(runName(details.run), LONGEST_TITLE));
  }

  /** The time since the beginning of the run; for a run that is over, the end of what is known. */
  get now() {
    const { details, end } = this.model;
    return details && this.feed.isLive ? Math.max(0, Date.now() - Date.parse(details.origin)) : end;
  }

  changed() {
    if (this.model.state.text) this.search();
    this.pane.refresh();
  }

  /** Draws all that depends on the spans. */
  show() {
    const { now, model } = this;
    model.arrange(now);
    const counts = model.counts();
    this.toolbar.drawCounts(counts);
    this.drawEmpty();
    this.list.show(now);
    this.minimap.draw();
    this.drawHeader(counts);
    if (!model.selected || this.pane.isOpen) return;
    this.list.rows.showSelected(); // the span of the address
    this.pane.load(model.selected);
  }

  drawEmpty() {
    const { model } = this;
    const none = model.rows.size === 0;
    this.empty.hidden = model.visible.length > 0;
    const waiting = model.isOpen
      ? "No spans yet. They appear here as soon as the agent sends them."
      : "This run has no spans.";
    this.empty.textContent = none ? waiting : NO_MATCH;
    this.minimap.element.hidden = !this.empty.hidden;
    this.list.element.hidden = !this.empty.hidden;
  }

  /** @param {Counts} counts */
  drawHeader(counts) {
    const { details } = this.model;
    if (!details) return;
    const { run } = details;
    const { findings, heardAt, isLive } = this.feed;
    const sofar = isLive && run.started_at ? Date.now() - Date.parse(run.started_at) : null;
    const news = isLive ? lastNews(Date.now() - heardAt) : "";
    this.header.draw({ details, counts, findings, duration: run.duration_ms ?? sofar, news });
  }

  /** Lets the bars of spans that run grow. */
  grow() {
    if (document.hidden || !this.feed.isLive || !this.model.rows.size) return;
    this.show();
    this.pane.grow();
  }

  filterChanged() {
    this.search();
    this.address.write();
    this.show();
  }

  /** Asks which payloads hold the words of the filter. */
  search() {
    const { words } = parseFilter(this.model.state.text);
    if (words.length)
      return this.payloads.start(this.feed.id, words, (found) => {
        this.model.found = found;
        this.show();
      });
    this.payloads.stop();
    this.model.found = new Map();
  }

  focusList() {
    this.list.rows.grid.focus();
    const first = this.model.visible.find(({ node }) => !this.model.kept || this.model.kept[node.index] === 2);
    if (first && this.model.state.text) this.select(first.node);
  }

  /**
   * Selects a span, shows its line, and loads it into the pane.
   * @param {TreeNode} node
   */
  select(node) {
    const { state } = this.model;
    this.model.reveal(node);
    state.span = node.seq;
    this.address.write();
    if (this.model.indexOf(node.seq) < 0) this.show();
    this.list.rows.showSelected();
    this.pane.load(node);
  }

  /**
   * Selects another span. Going back leads to the one before it; not after each key: there are many in a second.
   * @param {TreeNode} node
   */
  jump(node) {
    const { selected } = this.model;
    if (selected && selected !== node) this.address.push();
    this.select(node);
  }

  /** @param {number} seq */
  goToSeq(seq) {
    const node = this.model.tree.nodes.get(seq);
    if (node) this.jump(node);
  }

  /** Shows what the address says after a person went back or forward; false if it belongs to another page. */
  restored() {
    const { live } = this.source;
    const route = parseRoute(location.pathname, location.search);
    if (live && !(route.page === "run" && route.run === this.feed.id)) return false;
    Object.assign(this.model.state, parseRunState(live ? location.search : location.hash));
    this.toolbar.drawState();
    this.search();
    this.show();
    const { selected } = this.model;
    if (selected) this.select(selected);
    else this.pane.hide();
    return true;
  }

  get pageSize() {
    return this.list.rows.pageSize;
  }

  /** @param {number} step How many lines further. */
  move(step) {
    const seq = this.list.rows.further(step);
    const node = seq !== null && this.model.tree.nodes.get(seq);
    if (node) this.select(node);
  }

  /** @param {1 | -1} step */
  goToError(step) {
    const { kept } = this.model;
    const accepts = (/** @type {TreeNode} */ node) => hasError(node.row) && (!kept || kept[node.index] > 0);
    this.goTo(step, accepts, "No span failed, and all payloads match their schemas.");
  }

  /** @param {1 | -1} step */
  goToMatch(step) {
    this.goTo(step, (node) => this.model.kept?.[node.index] === 2, "There is no filter, or no span matches it.");
  }

  /**
   * @param {1 | -1} step
   * @param {(node: TreeNode) => boolean} accepts
   * @param {string} none What to say if there is none.
   */
  goTo(step, accepts, none) {
    const node = findNext(this.model.tree, this.model.selected?.index ?? -1, step, accepts);
    if (node) this.select(node);
    else this.context.announce(none);
  }

  /** @param {TreeNode} node */
  toggle(node) {
    const { collapsed } = this.model;
    if (!node.children.length) return;
    if (!collapsed.delete(node.seq)) collapsed.add(node.seq);
    this.show();
  }

  /** @param {{ from: number, to: number } | null} range */
  zoom(range) {
    this.model.state.zoom = range;
    this.address.write();
    this.show();
  }

  closePane() {
    if (!this.pane.isOpen) return;
    this.pane.hide();
    this.model.state.span = null;
    this.address.write();
    this.show();
    this.list.rows.grid.focus();
  }

  /**
   * Saves the run as a file.
   * @param {string} id
   * @param {string} format
   */
  async export(id, format) {
    try {
      const { name, content } = await this.source.exportRun(id, format);
      saveFile(name, content);
    } catch (error) {
      this.notice.say(`The run was not exported: ${sentenceOf(error)}`);
    }
  }

  /** The address of what is shown. */
  get url() {
    const state = formatRunState(this.model.state);
    return this.source.live ? runUrl(this.feed.id) + (state ? `?${state}` : "") : `#${state}`;
  }
}
