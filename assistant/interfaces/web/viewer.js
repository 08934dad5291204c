// The panel that shows a source at a quote: its text with the quoted characters marked, and for PDF the picture of the page.

import { ask, button, element } from "/chat/page.js";

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const WIDTHS = [400, 800, 1200, 1600, 2000, 2400]; // as in pages.py

/** Turn the pieces of a window (see viewing.py) into nodes; a divider adds no characters to the text. */
function nodesOf(pieces) {
  return pieces.map((piece) => {
    if ("mark" in piece) return element("mark", {}, ...nodesOf(piece.mark));
    if ("text" in piece) return document.createTextNode(piece.text);
    const divider = element("span", { className: "qa-part", role: "separator", ariaLabel: piece.part });
    divider.dataset.label = piece.part;
    divider.dataset.at = piece.at;
    return divider;
  });
}

export class Viewer {
  constructor() {
    this.mode = matchMedia("(max-width: 500px)").matches ? "text" : "page"; // a page as narrow as a phone cannot be read
    this.zoom = 1;
    this.found = { places: [], at: -1 };
    this.title = element("h2", { id: "qa-viewer-title", textContent: "Source" });
    this.facts = element("p");
    this.panel = element("aside", { className: "qa-viewer", id: "qa-viewer", hidden: true },
      element("header", {}, element("div", {}, this.title, this.facts), button("Close", () => this.close())),
      this.tools(), this.textView(), this.pageView());
    this.panel.setAttribute("aria-labelledby", "qa-viewer-title");
    document.body.append(this.panel);
  }

  tools() {
    this.views = ["page", "text"].map((mode) => button(mode === "page" ? "Page" : "Text", () => this.turnTo(mode)));
    this.choice = element("div", { className: "qa-choice", role: "group", ariaLabel: "Show" }, ...this.views);
    this.place = element("span", { id: "qa-shown-place", className: "qa-where", role: "status" });
    this.partBack = button("‹", () => this.step(-1), "Previous page or part");
    this.partOn = button("›", () => this.step(1), "Next page or part");
    this.parts = element("div", { className: "qa-steps" }, this.partBack, this.place, this.partOn);
    const zooms = element("div", { className: "qa-steps" }, button("−", () => this.scale(-1), "Smaller"), button("+", () => this.scale(1), "Larger"));
    this.quoteLabel = element("span", { className: "qa-where" });
    this.quoteBack = button("‹", () => this.turnQuote(-1), "Previous quote");
    this.quoteOn = button("›", () => this.turnQuote(1), "Next quote");
    this.quotes = element("div", { className: "qa-steps" }, this.quoteBack, this.quoteLabel, this.quoteOn);
    return element("div", { className: "qa-toolbar" }, this.choice, this.parts, zooms, this.quotes, this.finder());
  }

  finder() {
    this.wanted = element("input", { type: "search", placeholder: "Find in this source", ariaLabel: "Find in this source" });
    this.foundLabel = element("span", { id: "qa-found-count", className: "qa-where", role: "status" });
    this.foundSteps = element("span", { className: "qa-steps", hidden: true },
      button("‹", () => this.turnFound(-1), "Previous match"), this.foundLabel, button("›", () => this.turnFound(1), "Next match"));
    const form = element("form", { className: "qa-find", role: "search", onsubmit: (event) => (event.preventDefault(), this.find()) }, this.wanted, this.foundSteps);
    this.wanted.addEventListener("search", () => this.wanted.value || this.forgetFound());
    return form;
  }

  textView() {
    this.problem = element("p", { className: "qa-problem", role: "status" });
    this.above = button("Show what comes before", () => this.extend(true), "", "qa-more");
    this.below = button("Show what comes after", () => this.extend(false), "", "qa-more");
    this.document = element("div", { className: "qa-document", dir: "auto" });
    this.scroller = element("div", { className: "qa-text", tabIndex: 0, role: "region", ariaLabel: "Text of the source" },
      this.problem, this.above, this.document, this.below);
    return this.scroller;
  }

  pageView() {
    this.picture = element("img", { alt: "", draggable: false });
    this.picture.addEventListener("error", () => this.pictureFailed());
    this.picture.addEventListener("load", () => this.pictureLoaded());
    this.sheet = element("div", { className: "qa-sheet" }, this.picture);
    this.pageProblem = element("p", { className: "qa-problem", role: "status" });
    this.pages = element("div", { className: "qa-pages", tabIndex: 0, role: "region", ariaLabel: "Picture of the page" }, this.pageProblem, this.sheet);
    return this.pages;
  }

  /** Open the place that a button names, and remember the button, to give it the focus back. */
  async open(opener) {
    this.opener?.removeAttribute("aria-current");
    this.opener = opener;
    opener.setAttribute("aria-current", "true");
    this.forgetFound();
    this.wanted.value = "";
    const shown = await this.load(opener.value);
    if (!shown) return;
    this.panel.hidden = false;
    document.body.classList.add("qa-viewing");
    this.show(shown, opener);
    (this.mode === "page" ? this.pages : this.scroller).focus({ preventScroll: true });
    this.scrollToMark();
  }

  /** Ask for a place; nothing when a later request overtook this one. */
  async load(query) {
    const ticket = (this.ticket = Symbol("latest request"));
    const shown = await ask(`passage?${query}`);
    return ticket === this.ticket ? shown : null;
  }

  show(shown, opener = null) {
    this.problem.textContent = shown.error ?? "";
    if (shown.error) return this.showProblem(opener);
    if (shown.boxes.length || shown.sha256 !== this.shown?.sha256) this.boxes = shown.boxes;
    this.shown = shown;
    this.title.textContent = shown.title;
    this.facts.textContent = `${shown.name} · ${shown.length.toLocaleString("en")} characters`;
    this.document.replaceChildren(...nodesOf(shown.pieces));
    this.choice.hidden = !shown.pages;
    this.setMode(shown.pages ? this.mode : "text", false);
    this.describePlace();
    this.describeQuotes();
    this.updateMore();
    if (this.visibleMode === "page") this.draw();
  }

  showProblem(opener) {
    if (opener) this.title.textContent = opener.textContent.trim();
    this.facts.textContent = "";
    this.shown = null;
    this.document.replaceChildren();
    this.above.hidden = this.below.hidden = this.choice.hidden = this.parts.hidden = true;
    this.setMode("text", false);
    this.describeQuotes();
  }

  turnTo(mode) {
    this.setMode(mode, true);
    if (mode === "page") this.draw();
    this.scrollToMark();
  }

  setMode(mode, chosen) {
    if (chosen) this.mode = mode;
    this.visibleMode = mode;
    this.pages.hidden = mode !== "page";
    this.scroller.hidden = mode !== "text";
    this.views.forEach((view, at) => view.setAttribute("aria-pressed", String((at === 0) === (mode === "page"))));
  }

  describePlace() {
    const { part, page, pages } = this.shown;
    const last = pages || part.count;
    const now = pages ? page : part.at + 1;
    this.parts.hidden = last < 2;
    const counted = part.label.endsWith("of the file)") ? "" : part.label.endsWith(` ${now}`) ? ` of ${last}` : ` · ${now} of ${last}`;
    this.place.textContent = part.label + counted;
    this.partBack.disabled = now <= 1;
    this.partOn.disabled = now >= last;
  }

  /** Turn to the page or part before or after the one that is shown. */
  async step(by) {
    const { source, sha256, page, pages, part } = this.shown;
    const wanted = pages ? `page=${page + by}` : `part=${part.at + by}`;
    const shown = await this.load(`${source}&sha256=${sha256}&${wanted}`);
    if (!shown) return;
    this.show(shown);
    this.pages.scrollTop = 0;
    const divider = this.document.querySelector(`[data-at="${shown.part?.at}"]`);
    divider?.scrollIntoView({ block: "start" });
  }

  get cites() {
    const reply = this.opener?.closest(".qa-reply");
    return reply ? [...reply.querySelectorAll(".qa-cite")] : [];
  }

  describeQuotes() {
    const at = this.cites.indexOf(this.opener);
    this.quotes.hidden = at < 0 || this.cites.length < 2;
    this.quoteLabel.textContent = `Quote ${at + 1} of ${this.cites.length}`;
    this.quoteBack.disabled = at <= 0;
    this.quoteOn.disabled = at >= this.cites.length - 1;
  }

  turnQuote(by) {
    const next = this.cites[this.cites.indexOf(this.opener) + by];
    if (next) this.open(next);
  }

  /** Find words in the whole source, and go to the first place after the one that is shown. */
  async find() {
    if (!this.shown || !this.wanted.value.trim()) return this.forgetFound();
    if (this.found.words === this.wanted.value) return this.turnFound(1);
    const { shown } = this;
    const words = this.wanted.value;
    const { places = [], more, error } = await ask(`find?${shown.source}&sha256=${shown.sha256}&words=${encodeURIComponent(words)}`);
    if (shown.sha256 !== this.shown.sha256 || words !== this.wanted.value) return;
    this.found = { words, places, more, at: -1 };
    this.foundSteps.hidden = false;
    this.foundLabel.textContent = error ?? "Not found";
    if (places.length) this.turnFound(1);
  }

  async turnFound(by) {
    const { places, more } = this.found;
    if (!places.length) return;
    this.found.at = (this.found.at + by + places.length) % places.length;
    const [start, end] = places[this.found.at];
    this.foundLabel.textContent = `${this.found.at + 1} of ${places.length}${more ? "+" : ""}`;
    const { source, sha256 } = this.shown;
    const shown = await this.load(`${source}&sha256=${sha256}&start=${start}&end=${end}`);
    if (!shown) return;
    this.show(shown);
    this.document.querySelector("mark")?.classList.add("qa-found");
    this.scrollToMark();
  }

  forgetFound() {
    this.found = { places: [], at: -1 };
    this.foundSteps.hidden = true;
  }

  scale(by) {
    const at = ZOOMS.indexOf(this.zoom) + by;
    this.zoom = ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, at))];
    this.document.style.fontSize = `${this.zoom}rem`;
    if (this.visibleMode === "page") this.draw();
  }

  /** Show the picture of the page, as sharp as the screen, with the marked words boxed. */
  draw() {
    const { source, sha256, page } = this.shown;
    const padding = 2 * parseFloat(getComputedStyle(this.pages).paddingLeft);
    const wide = Math.max(240, this.pages.clientWidth - padding) * this.zoom;
    this.sheet.style.width = `${wide}px`;
    const width = WIDTHS.find((drawn) => drawn >= wide * devicePixelRatio) ?? WIDTHS.at(-1);
    const address = `/chat/page?${source}&sha256=${sha256}&page=${page}&width=${width}`;
    this.sheet.querySelectorAll(".qa-box").forEach((box) => box.remove());
    this.pageProblem.textContent = this.shown.without_text ? "This page holds no text, so it is not searched." : "";
    if (this.picture.getAttribute("src") === address) return this.pictureLoaded();
    this.sheet.classList.add("qa-loading");
    this.retried = false;
    this.picture.alt = `Picture of ${this.shown.part.label}; its words are in the text view.`;
    this.picture.src = address;
  }

  pictureLoaded() {
    this.sheet.classList.remove("qa-loading");
    this.sheet.querySelectorAll(".qa-box").forEach((box) => box.remove());
    for (const { page, left, top, width, height } of this.boxes ?? []) {
      if (page !== this.shown?.page) continue;
      const box = element("span", { className: "qa-box" });
      Object.assign(box.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * height}%` });
      this.sheet.append(box);
    }
    this.scrollToMark();
  }

  /** Try once more, then say why there is no picture; the text is there in any case. */
  async pictureFailed() {
    const address = this.picture.getAttribute("src");
    if (!address) return;
    if (!this.retried) {
      this.retried = true;
      setTimeout(() => (this.picture.src = `${address}&again=1`), 600);
      return;
    }
    this.sheet.classList.remove("qa-loading");
    this.picture.removeAttribute("src");
    const { error } = await ask(address.replace("/chat/", ""));
    this.pageProblem.textContent = `${error ?? "The page cannot be drawn."} The text view still shows the words.`;
  }

  scrollToMark() {
    const mark = this.visibleMode === "page" ? this.sheet.querySelector(".qa-box") : this.document.querySelector("mark");
    if (mark) mark.scrollIntoView({ block: "center", inline: "nearest" });
    else if (this.visibleMode === "text" && this.shown?.from === 0) this.scroller.scrollTop = 0;
  }

  /** Fetch what comes before or after the text shown, and keep the reader's place. */
  async extend(upwards) {
    const { source, sha256, window_chars: size, length } = this.shown;
    const { ticket } = this;
    const from = upwards ? Math.max(0, this.shown.from - size) : this.shown.to;
    const to = upwards ? this.shown.from : Math.min(length, this.shown.to + size);
    const more = await ask(`passage?${source}&sha256=${sha256}&from=${from}&to=${to}`);
    if (ticket !== this.ticket) return;
    if (more.error) {
      this.problem.textContent = more.error;
      return;
    }
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.document[upwards ? "prepend" : "append"](...nodesOf(more.pieces));
    if (upwards) this.shown.from = from;
    else this.shown.to = to;
    this.updateMore();
    if (upwards) this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
  }

  updateMore() {
    this.above.hidden = this.shown.from === 0;
    this.below.hidden = this.shown.to >= this.shown.length;
  }

  close() {
    this.panel.hidden = true;
    document.body.classList.remove("qa-viewing");
    this.opener?.removeAttribute("aria-current");
    if (this.opener?.isConnected) this.opener.focus();
  }
}
