// Numbers, durations, times and sizes as people read them. No DOM.

const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @param {number} value */
export function formatNumber(value) {
  return Number.isFinite(value) ? NUMBER.format(value) : String(value);
}

/**
 * A number of things: `1 span`, `2,000 spans`.
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function formatCount(count, one, many = `${one}s`) {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/**
 * A duration: `0.42 ms`, `850 ms`, `2.35 s`, `3 m 05 s`, `2 h 00 m`, `4 d 01 h`.
 * @param {number} ms
 * @returns {string}
 */
export function formatDuration(ms) {
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 9.95) return `${trimZeros(ms.toFixed(ms < 0.995 ? 2 : 1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const whole = Math.round(ms / 1000) * 1000;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} m ${twoDigits((whole % MINUTE) / 1000)} s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${twoDigits(Math.floor((whole % HOUR) / MINUTE))} m`;
  return `${Math.floor(whole / DAY)} d ${twoDigits(Math.floor((whole % DAY) / HOUR))} h`;
}

/** @param {string} text */
function trimZeros(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** @param {number} value */
function twoDigits(value) {
  return String(value).padStart(2, "0");
}

/**
 * A time in the time zone of the browser: `2026-11-28 17:40:12.345`.
 * @param {string} iso
 */
export function formatTime(iso) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const date = [time.getFullYear(), twoDigits(time.getMonth() + 1), twoDigits(time.getDate())].join("-");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(":");
  return `${date} ${clock}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/**
 * The time zone of the browser at a time: `UTC+1`, `UTC−3:30`.
 * @param {string} iso
 */
export function timeZone(iso) {
  const minutes = -new Date(iso).getTimezoneOffset();
  if (!minutes) return Number.isNaN(minutes) ? "" : "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${twoDigits(rest)}` : ""}`;
}

/**
 * How long ago something was: `just now`, `5 minutes ago`, `3 days ago`.
 * @param {number} ms
 */
export function formatAgo(ms) {
  if (ms < 10_000) return "just now";
  if (ms < MINUTE) return `${Math.floor(ms / 1000)} seconds ago`;
  if (ms < HOUR) return `${formatCount(Math.floor(ms / MINUTE), "minute")} ago`;
  if (ms < DAY) return `${formatCount(Math.floor(ms / HOUR), "hour")} ago`;
  return `${formatCount(Math.floor(ms / DAY), "day")} ago`;
}

/**
 * What a run is called: its agent, and the version of it if it has one.
 * @param {{ agent_name: string, version: string }} run
 */
export function runName({ agent_name: agent, version }) {
  return version ? `${agent} ${version}` : agent;
}

const QUIET = 10_000; // milliseconds

/**
 * How long ago something was heard of a run that is not over; empty if that was a moment ago. The agent may be gone.
 * @param {number} ms
 */
export function lastNews(ms) {
  return ms < QUIET ? "" : formatAgo(ms);
}

/**
 * A size of a text in characters, or of data in bytes: `812 characters`, `1.2 MB`.
 * @param {number} bytes
 */
export function formatBytes(bytes) {
  if (bytes < 1000) return formatCount(bytes, "byte");
  const units = ["kB", "MB", "GB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/**
 * The places of the marks of a time axis: about `wanted` of them, at 1, 2 or 5 times a power of ten milliseconds, or at
 * whole seconds, minutes, hours and days.
 * @param {number} from
 * @param {number} to
 * @param {number} wanted
 * @returns {number[]}
 */
export function axisMarks(from, to, wanted) {
  const step = axisStep((to - from) / Math.max(1, wanted));
  const marks = [];
  for (let index = Math.ceil(from / step); index * step <= to; index += 1) marks.push(index * step);
  return marks;
}

const LONG_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400].map(
  (s) => s * 1000,
);

/** @param {number} least */
function axisStep(least) {
  if (least >= 1000) {
    const found = LONG_STEPS.find((step) => step >= least);
    return found ?? Math.ceil(least / DAY) * DAY;
  }
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999) ?? power * 10;
}

// Control characters, and those that change the direction of the text after them.
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text in which characters that would make it look like another text are written out, as `⟨U+202E⟩`.
 * @param {string} text
 */
export function visibleText(text) {
  return text.replaceAll("\r\n", "\n").replace(INVISIBLE, (character) => {
    return `⟨U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/**
 * The beginning of a text.
 * @param {string} text
 * @param {number} most Characters.
 */
export function shorten(text, most) {
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}

/** Far from the red of failures. */
export const HUES = Array.from({ length: 20 }, (_, step) => 78 + step * 13);
const HUE_SEED = 176; // with it, the span types that come with this package have hues far from each other

/**
 * A hue for a name, the same everywhere.
 * @param {string} name
 */
export function hueOf(name) {
  let hash = HUE_SEED;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  hash ^= hash >>> 15;
  return HUES[(hash >>> 0) % HUES.length];
}
