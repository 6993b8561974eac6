// Signs this page in. The link has a token, or a code for it, after `#`, which browsers send to no server. It is kept in
// the storage of this address, which pages of other ports cannot read.

import { readSetting, writeSetting } from "./settings.js";

const TOKEN = "token";
const SAFE = /^[\w-]{1,200}$/;

/** For browsers that keep nothing. */
let tokenOfPage = "";
/** The part of the address that is being taken. */
let takenPart = "";
/** Resolves when the last link was taken. */
let linkTaken = Promise.resolve();

/** The headers of a request for data. */
export async function accessHeaders() {
  await linkTaken;
  return bearer(readSetting(TOKEN) ?? tokenOfPage);
}

/** Keeps the token of the page's address, if it has one, and takes it out of the address. */
export function takeLink() {
  const part = location.hash;
  const said = new URLSearchParams(part.slice(1));
  const [token, code] = ["t", "c"].map((name) => said.get(name) ?? "");
  if ((!token && !code) || part === takenPart) return;
  takenPart = part;
  // Others can lead a person to a link: a wrong one must not replace the token that is kept.
  const found = code ? tokenFor(code) : accepted(token);
  // Until the server has answered, a page that is loaded again still has its link. The next request says what is wrong.
  linkTaken = found.then(keep).then(cleanAddress, () => void (takenPart = ""));
}

function cleanAddress() {
  if (location.hash === takenPart) history.replaceState(history.state, "", location.pathname + location.search);
  takenPart = "";
}

/** @param {string} token Empty: there is none. */
function keep(token) {
  if (!token) return;
  tokenOfPage = token;
  writeSetting(TOKEN, token);
}

/** @param {string} code */
async function tokenFor(code) {
  const answer = await fetch(`/ui/api/token?code=${encodeURIComponent(code)}`, { credentials: "omit" });
  return answer.ok ? String((await answer.json()).token) : "";
}

/** @param {string} token */
async function accepted(token) {
  if (!SAFE.test(token)) return "";
  const answer = await fetch("/ui/api/server", { headers: bearer(token), credentials: "omit" });
  return answer.ok ? token : "";
}

/**
 * @param {string} token
 * @returns {{ [name: string]: string }}
 */
function bearer(token) {
  return SAFE.test(token) ? { Authorization: `Bearer ${token}` } : {};
}

/**
 * Removes the service workers that an earlier server of this port has left, which would see what this page asks.
 * @returns {Promise<boolean>} Whether one has this page in its hands: it must be loaded again, before it asks anything.
 */
export async function removeServiceWorkers() {
  try {
    const found = await navigator.serviceWorker.getRegistrations();
    await Promise.all(found.map((registration) => registration.unregister()));
    return found.length > 0 && navigator.serviceWorker.controller !== null;
  } catch {
    return false; // this browser has none at this address
  }
}
