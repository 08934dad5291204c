// What `test_browser_accessible` asks of the page: contrast by WCAG 2.2 (1.4.3), ids, alternatives of pictures, what Tab must reach.

const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

/** Any CSS colour as red, green, blue from 0 to 255 and alpha from 0 to 1. */
function rgba(colour) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

/** Lay one colour over another that lets nothing through. */
const over = ([r, g, b, alpha], under) => [r, g, b].map((part, at) => part * alpha + under[at] * (1 - alpha));

/** Relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour) {
  const [red, green, blue] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function ancestry(element) {
  const chain = [];
  for (let at = element; at; at = at.parentElement) chain.unshift(at);
  return chain;
}

/** What is behind the text of an element: the backgrounds of all that hold it, laid over each other. */
function behind(element) {
  const page = getComputedStyle(document.documentElement).colorScheme === "dark" ? [0, 0, 0] : [255, 255, 255];
  return ancestry(element).reduce((under, each) => over(rgba(getComputedStyle(each).backgroundColor), under), page);
}

function isSeen(element) {
  const box = element.getBoundingClientRect();
  return box.width > 2 && box.height > 2 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true })
    && !ancestry(element).some((each) => getComputedStyle(each).clipPath.startsWith("inset(50%"));
}

/** Large is 24 pixels, or 18.66 in bold: https://www.w3.org/TR/WCAG22/#dfn-large-scale */
function needed(style) {
  const size = parseFloat(style.fontSize);
  return size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
}

function faintness(element, text, style) {
  const ground = behind(element);
  const share = ancestry(element).reduce((all, each) => all * Number(getComputedStyle(each).opacity), 1);
  const [r, g, b, alpha] = rgba(style.color);
  const ratio = contrast(over([r, g, b, alpha * share], ground), ground);
  return ratio < needed(style) ? `${ratio.toFixed(2)} ${element.tagName}.${element.className} “${text.slice(0, 40)}”` : null;
}

/** Every text that is too faint to read; what cannot be used at the moment is exempt. */
function faint() {
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: element, data } = texts.currentNode;
    if (data.trim() && !element.closest("script, style, :disabled, option") && isSeen(element)) found.add(faintness(element, data.trim(), getComputedStyle(element)));
  }
  for (const field of document.querySelectorAll("input[placeholder], textarea[placeholder]")) {
    if (isSeen(field)) found.add(faintness(field, field.placeholder, getComputedStyle(field, "::placeholder")));
  }
  return [...found].filter(Boolean);
}

const describe = (element) => element.outerHTML.slice(0, 120);

function repeatedIds() {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return ids.filter((id, at) => ids.indexOf(id) !== at);
}

function withoutAlternative() {
  return [...document.querySelectorAll("img:not([alt])")].map(describe);
}

/** What a person can use, and what of it the focus has not been on; of tabs one is reached, and arrows lead to the others. */
function unreached() {
  const usable = "button, a[href], input, summary, textarea, select, [role=button]";
  const wanted = [...document.querySelectorAll(usable)].filter((each) => isSeen(each) && !each.matches(":disabled, [role=tab]"));
  return wanted.filter((each) => !globalThis.qaReached.has(each)).map(describe);
}

function watchFocus() {
  globalThis.qaReached = new Set([document.activeElement]);
  document.addEventListener("focusin", (event) => globalThis.qaReached.add(event.target), true);
}

globalThis.qaCheck = { faint, repeatedIds, withoutAlternative, unreached, watchFocus };
