// The pane beside the list: loads the selected span, and shows it.

/** @import { Source } from "./data.js" */
/** @import { RunModel } from "./run_model.js" */
/** @import { SpanDetails } from "./shapes.js" */
/** @import { PaneActions, SpanView } from "./span_view.js" */
/** @import { TreeNode } from "./tree.js" */
import { AnswerError } from "./data.js";
import { element, replaceChildren } from "./dom.js";
import { shorten } from "./format.js";
import { message, sentenceOf } from "./messages.js";
import { paneSplitter } from "./pane_splitter.js";
import { drawFacts, drawSpan } from "./span_view.js";
import { endOf, selfTime } from "./tree.js";

const HELD = 90; // milliseconds between two spans
const TRY_AGAIN_AFTER = 3000; // milliseconds

/**
 * @typedef {object} SpanPaneOptions
 * @property {Source} source
 * @property {RunModel} model
 * @property {() => number} now
 * @property {(node: TreeNode) => void} select
 * @property {() => void} changed The state of the model was changed.
 * @property {() => void} close
 */

export class SpanPane {
  /**
   * @param {HTMLElement} body Where it goes, after what is there.
   * @param {SpanPaneOptions} options
   */
  constructor(body, options) {
    this.options = options;
    this.body = body;
    this.element = element("aside", { class: "pane", "aria-label": "Span", tabindex: -1 });
    this.splitter = paneSplitter(body, this.element);
    this.loading = new AbortController();
    this.lastLoad = -HELD;
    /** @type {SpanDetails | null} */
    this.span = null;
    this.unfolded = "";
    body.append(this.splitter, this.element);
    this.setVisible(false);
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {boolean} visible */
  setVisible(visible) {
    this.element.hidden = !visible;
    this.splitter.hidden = !visible;
    this.body.classList.toggle("with-pane", visible);
  }

  hide() {
    this.loading.abort();
    this.span = null;
    this.setVisible(false);
  }

  /** Loads the span again if it has changed; what is around it may have, too. */
  refresh() {
    const node = this.options.model.selected;
    if (node && this.span && node.row[4] !== this.span.status) this.load(node);
    this.grow();
  }

  /**
   * @param {TreeNode} node
   * @param {string} [whole] Side and pointer of a value that is wanted as a whole.
   */
  async load(node, whole) {
    this.loading.abort();
    this.unfolded = whole ?? "";
    this.loading = new AbortController();
    const { signal } = this.loading;
    this.setVisible(true);
    try {
      await this.wait();
      if (signal.aborted) return;
      const span = await this.options.source.span(node.row[1], whole !== undefined, signal);
      if (signal.aborted) return;
      this.span = span;
      this.draw();
    } catch (error) {
      if (signal.aborted) return;
      replaceChildren(this.element, message(sentenceOf(error)));
      this.tryAgain(node, whole, signal, error);
    }
  }

  /**
   * Loads the span again in a while, if the server was gone, and no other span was selected.
   * @param {TreeNode} node
   * @param {string | undefined} whole
   * @param {AbortSignal} signal
   * @param {unknown} error
   */
  tryAgain(node, whole, signal, error) {
    if (!(error instanceof AnswerError) || error.status) return;
    setTimeout(() => signal.aborted || this.load(node, whole), TRY_AGAIN_AFTER);
  }

  /** While a key is held down, only the span at which it is released is loaded. */
  async wait() {
    const now = performance.now();
    const held = now - this.lastLoad < HELD;
    this.lastLoad = now;
    if (held) await new Promise((resolve) => setTimeout(resolve, HELD));
  }

  /** Shows the times of a span that runs, and what changes around a span. */
  grow() {
    const node = this.options.model.selected;
    if (node && this.span?.id === node.row[1])
      drawFacts(this.element, this.viewOf(node, this.span), this.actionsFor(node));
  }

  draw() {
    const node = this.options.model.selected;
    if (node && this.span) drawSpan(this.element, this.viewOf(node, this.span), this.actionsFor(node));
  }

  /**
   * @param {TreeNode} node
   * @returns {PaneActions}
   */
  actionsFor(node) {
    const { source, close, select } = this.options;
    return {
      close,
      showJson: (json) => this.showJson(json),
      showAll: source.live ? (place) => this.load(node, place) : null,
      whole: () => source.span(node.row[1], true, this.loading.signal),
      openParent: () => node.parent && select(node.parent),
    };
  }

  /**
   * @param {TreeNode} node
   * @param {SpanDetails} span
   * @returns {SpanView}
   */
  viewOf(node, span) {
    const { model } = this.options;
    const now = this.options.now();
    const start = node.row[5];
    const end = endOf(node.row, now);
    const duration = span.duration_ms ?? (start === null || end === null ? null : end - start);
    const type = model.typeOf(span.type);
    const above = node.parent?.row;
    const known = {
      span,
      type,
      hue: model.hueOf(span.type),
      duration,
      selfTime: selfTime(node, now),
      children: node.children.length,
    };
    return {
      ...known,
      parent: above ? shorten(above[7], 60) || above[3] : "",
      json: model.state.json,
      unfolded: this.unfolded,
    };
  }

  /** @param {boolean} json */
  showJson(json) {
    this.options.model.state.json = json;
    this.options.changed();
    this.draw();
  }
}
