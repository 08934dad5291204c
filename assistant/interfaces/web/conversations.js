// The list of kept conversations: open, search, rename, delete, export.

import { ask, button, confirmed, element, order, say } from "/chat/page.js";
import { recheck } from "/chat/quotes.js";

const NOTHING_KEPT = "Nothing is kept yet. Every conversation will be listed here.";
const FORMS = { markdown: "Markdown", json: "JSON", csv: "CSV" };

/** The conversation that is shown, in the page's address, so that a reload comes back to it. */
const current = {
  get id() {
    return Number(/^#c(\d+)$/.exec(location.hash)?.[1] ?? 0);
  },
  set id(id) {
    history.replaceState(null, "", id ? `#c${id}` : location.pathname);
  },
};

export class Conversations {
  constructor() {
    this.search = element("input", { type: "search", placeholder: "Search conversations", ariaLabel: "Search conversations" });
    this.search.addEventListener("input", () => this.refresh());
    this.list = element("ul", { id: "qa-conversations" });
    this.none = element("p", { className: "qa-empty", textContent: NOTHING_KEPT });
    const evaluation = element("a", { className: "qa-link", href: "/chat/evaluation", download: "evaluation.zip" },
      "Download your thumbs up and down as an evaluation file");
    this.panel = element("section", { className: "qa-tab", ariaLabel: "Conversations" }, this.search, this.list, this.none, evaluation);
  }

  /** Draw the list; nothing when a later request overtook this one, as happens while somebody types. */
  async refresh() {
    const ticket = (this.ticket = Symbol("latest request"));
    const { conversations, error } = await ask(`conversations?words=${encodeURIComponent(this.search.value)}`);
    if (ticket !== this.ticket) return;
    if (error) return say(error);
    const written = JSON.stringify([conversations, current.id]);
    if (written === this.written || this.list.querySelector("form")) return;
    this.written = written;
    this.none.hidden = conversations.length > 0;
    this.none.textContent = this.search.value ? "No conversation holds these words." : NOTHING_KEPT;
    this.list.replaceChildren(...conversations.map((kept) => this.row(kept)));
  }

  row(kept) {
    const open = button("", () => this.open(kept.id), "", "qa-open-kept");
    const day = new Date(kept.changed).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
    const questions = kept.turns === 1 ? "1 question" : `${kept.turns} questions`;
    open.append(element("span", { className: "qa-kept-name", dir: "auto", textContent: kept.name }),
      element("span", { className: "qa-facts", textContent: `${questions} · ${day}` }));
    if (kept.id === current.id) open.setAttribute("aria-current", "true");
    const item = element("li", { className: "qa-kept" }, open);
    item.append(this.menu(kept, item));
    return item;
  }

  menu(kept, item) {
    const exports = Object.entries(FORMS).map(([form, name]) =>
      element("a", { href: `/chat/export?conversation=${kept.id}&form=${form}`, download: "" }, `Export as ${name}`));
    const menu = element("details", { className: "qa-menu" },
      element("summary", { textContent: "⋯", ariaLabel: `More for ${kept.name}`, title: "Rename, export, delete" }),
      element("div", {}, button("Rename", () => this.rename(kept, item)), ...exports, button("Delete", () => this.remove(kept), "", "qa-danger")));
    menu.addEventListener("click", (event) => event.target.closest("a, button") && (menu.open = false));
    return menu;
  }

  /** Show a kept conversation, and once it is there, whether its sources still say so. */
  open(id) {
    current.id = id;
    this.written = "";
    this.refresh();
    if (this.last?.startsWith(`${id}/`)) return recheck(id);
    this.awaited = id;
    this.send(id, 12);
  }

  /** Ask for the conversation until it is shown: right after a reload Gradio may not listen yet. */
  send(id, times) {
    const refused = document.querySelector("#qa-notice .qa-notice");
    if (this.awaited !== id || !times || refused) return;
    order({ open: id });
    setTimeout(() => this.send(id, times - 1), 2000);
  }

  rename(kept, item) {
    const field = element("input", { value: kept.name, ariaLabel: "Name of the conversation", maxLength: 200 });
    const done = async (save) => {
      if (save) await ask("rename", { conversation: kept.id, name: field.value });
      form.remove();
      this.written = "";
      this.refresh();
    };
    const form = element("form", { onsubmit: (event) => (event.preventDefault(), done(true)) }, field,
      element("button", { type: "submit", textContent: "Save" }));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      done(false);
    });
    item.replaceChildren(form);
    field.select();
  }

  remove(kept) {
    confirmed("Delete this conversation?", `“${kept.name}” and its answers will be gone from this machine.`, "Delete", async () => {
      const { error } = await ask("delete", { conversation: kept.id });
      if (error) return say(error);
      if (kept.id === current.id) document.querySelector("#qa-new").click();
      this.refresh();
      say("The conversation was deleted.");
    });
  }

  /** Notice which conversation the page shows, from the ids that its answers carry. */
  follow() {
    const last = [...document.querySelectorAll("#qa-chat .qa-thumb")].at(-1)?.value ?? "";
    if (last === this.last) return;
    this.last = last;
    const [id, turn] = last.split("/").map(Number);
    if (id && this.awaited === id) {
      this.awaited = 0;
      recheck(id);
    }
    if (turn) current.id = id;
    this.refresh();
  }

  /** Come back, after a reload, to the conversation that was shown. */
  restore() {
    if (current.id) this.open(current.id);
    else this.refresh();
  }

  left() {
    current.id = 0;
    this.written = "";
    this.refresh();
  }
}
