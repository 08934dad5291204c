// What the page does beside Gradio: the source panel, and showing or hiding the list of sources.
// Document text arrives as data and becomes text nodes; nothing here ever parses HTML.

/** Make an element with properties and children. */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Turn the pieces of a window (see viewing.py) into nodes; a divider adds no characters to the text. */
function nodesOf(pieces) {
  return pieces.map((piece) => {
    if ("mark" in piece) return element("mark", {}, ...nodesOf(piece.mark));
    if ("text" in piece) return document.createTextNode(piece.text);
    const divider = element("span", { className: "qa-part", role: "separator", ariaLabel: piece.part });
    divider.dataset.label = piece.part;
    return divider;
  });
}

/** The panel that shows a source's text with the quoted characters marked. */
class Viewer {
  constructor() {
    this.title = element("h2", { id: "qa-viewer-title", textContent: "Source" });
    this.facts = element("p");
    this.problem = element("p", { className: "qa-problem", role: "status" });
    this.above = this.moreButton("Show what comes before", () => this.extend(true));
    this.below = this.moreButton("Show what comes after", () => this.extend(false));
    this.document = element("div", { className: "qa-document", dir: "auto" });
    this.scroller = element("div", { className: "qa-text", tabIndex: 0, role: "region", ariaLabel: "Text of the source" },
      this.problem, this.above, this.document, this.below);
    const close = element("button", { type: "button", textContent: "Close", onclick: () => this.close() });
    this.panel = element("aside", { className: "qa-viewer", id: "qa-viewer", hidden: true },
      element("header", {}, element("div", {}, this.title, this.facts), close), this.scroller);
    this.panel.setAttribute("aria-labelledby", "qa-viewer-title");
    document.body.append(this.panel);
  }

  moreButton(textContent, onclick) {
    return element("button", { type: "button", className: "qa-more", hidden: true, textContent, onclick });
  }

  /** Open the place that a button names, and remember the button, to give it the focus back. */
  async open(opener) {
    this.opener?.removeAttribute("aria-current");
    this.opener = opener;
    opener.setAttribute("aria-current", "true");
    const ticket = (this.ticket = Symbol("latest request"));
    const shown = await this.ask(opener.value);
    if (ticket !== this.ticket) return;
    this.panel.hidden = false;
    document.body.classList.add("qa-viewing");
    this.show(shown, opener);
    this.scroller.focus({ preventScroll: true });
    const mark = this.document.querySelector("mark");
    if (mark) mark.scrollIntoView({ block: "center" });
    else this.scroller.scrollTop = 0;
  }

  show(shown, opener) {
    this.problem.textContent = shown.error ?? "";
    if (shown.error) {
      this.title.textContent = opener.textContent.trim();
      this.facts.textContent = "";
      this.document.replaceChildren();
      this.above.hidden = this.below.hidden = true;
      return;
    }
    this.shown = shown;
    this.title.textContent = shown.title;
    this.facts.textContent = `${shown.name} · ${shown.length.toLocaleString("en")} characters`;
    this.document.replaceChildren(...nodesOf(shown.pieces));
    this.updateMore();
  }

  /** Fetch what comes before or after the text shown, and keep the reader's place. */
  async extend(upwards) {
    const { source, sha256, window_chars: size, length } = this.shown;
    const from = upwards ? Math.max(0, this.shown.from - size) : this.shown.to;
    const to = upwards ? this.shown.from : Math.min(length, this.shown.to + size);
    const more = await this.ask(`${source}&sha256=${sha256}&from=${from}&to=${to}`);
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

  async ask(query) {
    try {
      const response = await fetch(`/chat/passage?${query}`);
      return await response.json();
    } catch {
      return { error: "The source cannot be shown, because the assistant does not answer; is it still running?" };
    }
  }

  close() {
    this.panel.hidden = true;
    document.body.classList.remove("qa-viewing");
    this.opener?.removeAttribute("aria-current");
    if (this.opener?.isConnected) this.opener.focus();
  }
}

/** Show or hide the sources; on a small screen they cover the conversation, so they start hidden. */
const sources = {
  get shown() {
    return document.documentElement.dataset.sources !== "hidden";
  },
  show(wanted) {
    document.documentElement.dataset.sources = wanted ? "shown" : "hidden";
    describe();
  },
};

/**
 * Say for screen readers what Gradio's sanitizer or components leave out: whether the sources are shown, and what a
 * message is, which Gradio labels with its markup.
 */
function describe() {
  document.getElementById("qa-toggle")?.setAttribute("aria-expanded", String(sources.shown));
  for (const message of document.querySelectorAll('#qa-chat [aria-label*="message: <"]')) {
    message.ariaLabel = message.ariaLabel.startsWith("user") ? "Your question" : "Answer";
  }
}

/** Bring the latest question to the top once it is asked and once it is answered, so that a reply is read from its start. */
const latest = {
  seen: "0,0",
  follow() {
    const questions = document.querySelectorAll("#qa-chat .user-row");
    const now = `${questions.length},${document.querySelectorAll("#qa-chat .qa-reply").length}`;
    if (now === this.seen) return;
    this.seen = now;
    [...questions].at(-1)?.scrollIntoView({ block: "start" });
  },
};

const small = matchMedia("(max-width: 860px)");
const viewer = new Viewer();
sources.show(!small.matches);
small.addEventListener("change", () => sources.show(!small.matches));

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (button?.id === "qa-toggle") sources.show(!sources.shown);
  else if (button?.matches(".qa-cite, .qa-open")) viewer.open(button);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!viewer.panel.hidden) viewer.close();
  else if (small.matches) sources.show(false);
});

new MutationObserver(() => {
  describe();
  latest.follow();
}).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label"] });
