// Saves a file that the page has asked for itself: a link could not carry the token.

const KEPT = 60_000; // milliseconds that the browser has to read it

/**
 * @param {string} name
 * @param {Blob} content
 */
export function saveFile(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}
