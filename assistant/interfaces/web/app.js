// Starts what the page has beside Gradio: the viewer, the sources and kept conversations on the left, the tools of a quote.

import { Conversations } from "/chat/conversations.js";
import { element } from "/chat/page.js";
import { describeQuotes, startQuotes } from "/chat/quotes.js";
import { Sources } from "/chat/sources.js";
import { Viewer } from "/chat/viewer.js";

const viewer = new Viewer();
const sources = new Sources();
const conversations = new Conversations();

/** The left side: two tabs; it can be hidden, and on a small screen it covers the conversation, so it starts hidden. */
class Side {
  constructor() {
    this.tabs = [["Sources", sources.panel], ["Conversations", conversations.panel]].map(([name, panel], at) => {
      panel.id = `qa-tab-${at}`;
      const tab = element("button", { type: "button", role: "tab", textContent: name, id: `qa-tab-button-${at}`, onclick: () => this.turn(at) });
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      return { tab, panel };
    });
    const row = element("div", { className: "qa-tabs", role: "tablist" }, ...this.tabs.map(({ tab }) => tab));
    row.addEventListener("keydown", (event) => this.step(event));
    this.panel = element("aside", { id: "qa-side", className: "qa-side", ariaLabel: "Sources and conversations" }, row, sources.panel, conversations.panel);
    document.body.prepend(this.panel);
    this.turn(0);
  }

  turn(chosen) {
    this.tabs.forEach(({ tab, panel }, at) => {
      tab.setAttribute("aria-selected", String(at === chosen));
      tab.tabIndex = at === chosen ? 0 : -1;
      panel.hidden = at !== chosen;
    });
  }

  step(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const next = this.tabs.findIndex(({ tab }) => tab === document.activeElement) === 0 ? 1 : 0;
    this.turn(next);
    this.tabs[next].tab.focus();
  }

  get shown() {
    return document.documentElement.dataset.side !== "hidden";
  }

  show(wanted) {
    document.documentElement.dataset.side = wanted ? "shown" : "hidden";
    describe();
  }
}

/**
 * Say for screen readers what Gradio's sanitizer or components leave out: whether the left side is shown, pressed buttons,
 * and what a message is, which Gradio labels with its markup.
 */
function describe() {
  document.getElementById("qa-toggle")?.setAttribute("aria-expanded", String(side.shown));
  for (const message of document.querySelectorAll('#qa-chat [aria-label*="message: <"]')) {
    message.ariaLabel = message.ariaLabel.startsWith("user") ? "Your question" : "Answer";
  }
  for (const field of document.querySelectorAll("#qa-wires textarea")) field.tabIndex = -1;
  document.getElementById("qa-wires")?.setAttribute("aria-hidden", "true");
  describeQuotes();
}

/** Bring the latest question to the top once it is asked and once it is answered, so that a reply is read from its start. */
const latest = {
  seen: "0,0",
  follow() {
    const questions = document.querySelectorAll("#qa-chat .user-row");
    const now = `${questions.length},${document.querySelectorAll("#qa-chat .qa-reply").length}`;
    if (now === this.seen) return;
    this.seen = now;
    sources.standAlone(false);
    [...questions].at(-1)?.scrollIntoView({ block: "start" });
  },
};

/** Lead to where documents are added. */
function begin() {
  side.show(true);
  side.turn(0);
  document.querySelector("#qa-files button").focus();
}

const small = matchMedia("(max-width: 860px)");
const side = new Side();
side.show(!small.matches);
small.addEventListener("change", () => side.show(!small.matches));
startQuotes();
sources.watch();

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (button?.id === "qa-toggle") side.show(!side.shown);
  else if (button?.id === "qa-new") conversations.left();
  else if (button?.matches(".qa-cite, .qa-open")) viewer.open(button);
  else if (button?.matches(".qa-begin")) begin();
  if (small.matches && button?.matches(".qa-open-kept")) side.show(false);
  for (const menu of document.querySelectorAll(".qa-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("qa-mended", () => sources.standAlone(true));
document.addEventListener("input", (event) => event.target.closest?.("#qa-question") && !event.target.value && sources.standAlone(false));

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input, textarea");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    document.querySelector("#qa-question textarea")?.focus();
  }
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (!viewer.panel.hidden) viewer.close();
  else if (small.matches) side.show(false);
});

let restored = false;
new MutationObserver(() => {
  describe();
  latest.follow();
  conversations.follow();
  if (!restored && document.querySelector("#qa-order textarea")) {
    restored = true;
    conversations.restore();
    sources.choose();
  }
}).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label"] });
