// The list of sources: add files and folders, remove, rebuild with progress, choose which ones are asked.

import { ask, button, confirmed, element, say, type } from "/chat/page.js";

const SHOWN_AT_ONCE = 150;
const WATCHED_EVERY_MS = 700;

/** Collect the files of what was dropped, folders and all, each with its path. */
async function filesOf(items) {
  const entries = [];
  const found = [];
  for (const item of items) {
    const entry = item.webkitGetAsEntry?.();
    const file = entry ? null : item.getAsFile(); // what comes from no folder: an attachment of a mail, a file made by a program
    if (entry) entries.push(entry);
    else if (file) found.push({ file, path: file.name });
  }
  const visit = async (entry, path) => {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      found.push({ file, path: path + entry.name });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!some.length) return;
      for (const each of some) await visit(each, `${path}${entry.name}/`);
    }
  };
  for (const entry of entries) await visit(entry, "");
  return found;
}

export class Sources {
  constructor() {
    this.chosen = new Set();
    this.bare = false; // whether the next question stands alone, because a person mended how it was understood
    this.rows = [];
    this.index = "";
    this.limits = { max_file_mb: 50, max_files: 200 };
    this.summary = element("p", { className: "qa-summary" });
    this.filter = element("input", { type: "search", placeholder: "Find a source", ariaLabel: "Find a source", oninput: () => this.list() });
    this.rule = element("p", { id: "qa-choice-rule", className: "qa-rule" });
    this.items = element("ul", { id: "qa-source-list" });
    this.more = button("Show more", () => this.list(Infinity), "", "qa-more");
    this.notes = element("div", { id: "qa-notes", className: "qa-outcome", role: "status" });
    this.build = element("div", { id: "qa-build", className: "qa-outcome", role: "status" });
    this.rebuild = button("Rebuild", () => this.start(), "", "qa-wide");
    this.rebuild.id = "qa-rebuild";
    this.chip = element("div", { id: "qa-scope-chip", className: "qa-scope", role: "status", hidden: true });
    this.panel = element("section", { className: "qa-tab", ariaLabel: "Sources" }, this.summary, this.filter, this.rule, this.items, this.more,
      this.notes, this.build, this.dropZone(), this.rebuild);
  }

  dropZone() {
    const field = (folder) => {
      const input = element("input", { type: "file", multiple: true, tabIndex: -1, ariaHidden: "true" });
      if (folder) input.webkitdirectory = true;
      input.addEventListener("change", () => {
        this.add([...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
        input.value = "";
      });
      return input;
    };
    const [files, folder] = [field(false), field(true)];
    const zone = element("div", { id: "qa-files" }, files, folder,
      element("p", { textContent: "Drop files or folders here, or" }),
      element("div", {}, button("Choose files", () => files.click()), button("Choose a folder", () => folder.click())));
    this.catchDrops(zone);
    return zone;
  }

  /** Take files dropped anywhere on the page, and show where they will go. */
  catchDrops(zone) {
    addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.add("qa-over");
    });
    addEventListener("dragleave", (event) => event.relatedTarget || zone.classList.remove("qa-over"));
    addEventListener("drop", async (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.remove("qa-over");
      this.add(await filesOf(event.dataTransfer.items));
    }, true);
  }

  async add(files) {
    const visible = files.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));
    const most = this.limits.max_files;
    const lines = visible.length > most ? [`Only the first ${most} files were taken; add the others in a second go.`] : [];
    const batch = crypto.randomUUID();
    let added = 0;
    for (const [at, { file, path }] of visible.slice(0, most).entries()) {
      this.note([`Adding ${at + 1} of ${Math.min(visible.length, most)}: ${path}`]);
      const { said, error } = await this.send(file, path, batch);
      if (said) added += 1;
      if (error || visible.length <= 5) lines.push(said ?? `${path}: ${error}`);
    }
    if (visible.length > 5) lines.unshift(`Added ${added} files.`);
    this.note(lines);
    if (added) await this.start(true);
  }

  async send(file, path, batch) {
    if (file.size > this.limits.max_file_mb * 1e6) return { error: `it is larger than ${this.limits.max_file_mb} MB and was not added.` };
    try {
      const changed = Math.max(0, Math.floor(file.lastModified / 1000));
      const query = new URLSearchParams({ path, batch, changed });
      const response = await fetch(`/chat/upload?${query}`, { method: "POST", body: file });
      return response.headers.get("Content-Type") === "application/json" ? await response.json() : { error: await response.text() };
    } catch {
      return { error: "it could not be sent." };
    }
  }

  note(lines) {
    this.notes.replaceChildren(...lines.map((line) => element("p", { textContent: line })));
  }

  async start(followUp = false) {
    const { said, error } = await ask("rebuild", { follow_up: followUp });
    if (!followUp) this.note(said || error ? [said || error] : []);
    this.watch();
  }

  remove(row) {
    confirmed(`Remove ${row.name}?`, "It goes to the hidden folder .removed of your sources and is not searched any more.", "Remove", async () => {
      const { said, error } = await ask("remove", { source: row.id });
      this.chosen.delete(row.id);
      this.note([said ?? error]);
      this.watch();
    });
  }

  /** Follow the build until it has ended; then the list and the example questions are made anew. */
  async watch() {
    clearTimeout(this.timer);
    const state = await ask(`state?index=${encodeURIComponent(this.index)}`);
    if (state.error) {
      this.note([state.error]);
    } else {
      this.take(state);
    }
    if (state.build?.running) this.timer = setTimeout(() => this.watch(), WATCHED_EVERY_MS);
  }

  take(state) {
    this.limits = state;
    this.show(state.build);
    if (!state.sources) return;
    if (this.index) type("#qa-refresh", state.index);
    this.index = state.index;
    this.rows = state.sources;
    document.documentElement.dataset.sources = this.rows.length ? "some" : "none";
    this.summary.textContent = this.rows.length ? state.summary : "";
    const known = new Set(this.rows.map((row) => row.id.split("&")[0]));
    this.chosen = new Set([...this.chosen].filter((id) => known.has(id)));
    this.list();
    this.choose();
  }

  show(build) {
    const stop = this.build.querySelector("button") ?? button("Cancel", () => ask("cancel", {}), "Cancel the rebuild");
    const focused = [this.rebuild, stop].includes(document.activeElement);
    this.rebuild.hidden = build.running;
    this.build.classList.toggle("qa-failed", Boolean(build.failed));
    const lines = build.lines.map((line) => element("p", { textContent: line }));
    if (build.running) this.showProgress(build, lines, stop);
    else this.build.replaceChildren(...lines);
    if (focused) (build.running ? stop : this.rebuild).focus(); // the one of the two that is there
  }

  showProgress(build, lines, stop) {
    const bar = this.build.querySelector("progress") ?? element("progress", { ariaLabel: "Progress of the rebuild" });
    if (build.share === null) bar.removeAttribute("value");
    else bar.value = build.share;
    stop.ariaDisabled = String(build.stopping); // not disabled, which would take the focus away
    stop.textContent = build.stopping ? "Stopping…" : "Cancel";
    if (!bar.isConnected) return this.build.replaceChildren(bar, ...lines, stop);
    this.build.querySelectorAll("p").forEach((line) => line.remove());
    bar.after(...lines);
  }

  list(most = SHOWN_AT_ONCE) {
    const wanted = this.filter.value.toLowerCase();
    const rows = this.rows.filter((row) => row.name.toLowerCase().includes(wanted));
    this.filter.hidden = this.rows.length < 8;
    this.more.hidden = rows.length <= most;
    this.more.textContent = `Show all ${rows.length}`;
    this.items.replaceChildren(...rows.slice(0, most).map((row) => this.row(row)));
    if (!this.rows.length) this.items.append(element("li", { className: "qa-empty", textContent: "There is nothing to ask yet. Add documents below to begin; they stay on this machine." }));
  }

  row(row) {
    const readable = row.state !== "rejected";
    const title = readable
      ? element("button", { type: "button", className: "qa-open", value: row.id, title: "Read this source", textContent: row.name })
      : element("span", { className: "qa-open", textContent: row.name });
    const badge = row.state === "indexed" ? null : element("span", { className: `qa-badge qa-${row.state}`, textContent: row.badge });
    const remove = button("×", () => this.remove(row), `Remove ${row.name}`, "qa-remove");
    const facts = element("p", { className: "qa-facts" }, badge, ` ${row.facts}`);
    return element("li", { className: `qa-source qa-is-${row.state}` }, readable ? this.box(row) : element("span"), title, remove, facts,
      ...row.remarks.map((remark) => element("p", { className: "qa-remark", textContent: remark })));
  }

  box(row) {
    const id = row.id.split("&")[0];
    const box = element("input", { type: "checkbox", checked: this.chosen.has(id), ariaLabel: `Ask ${row.name} and only what is ticked`, title: "Ticked: questions go to this source and others that are ticked, and to no other" });
    box.addEventListener("change", () => {
      box.checked ? this.chosen.add(id) : this.chosen.delete(id);
      this.choose();
    });
    return box;
  }

  standAlone(bare) {
    if (this.bare === bare) return;
    this.bare = bare;
    this.choose();
  }

  /** Tell the conversation which sources are asked, and the person beside the boxes and beside the question. */
  choose() {
    type("#qa-scope", JSON.stringify({ sources: [...this.chosen], bare: this.bare }));
    this.rule.hidden = this.rows.length < 2;
    this.rule.textContent = this.chosen.size ? "Only the ticked sources are asked." : "All sources are asked. Tick some to ask only those.";
    this.showChoice();
    const bar = document.getElementById("qa-ask");
    if (bar && this.chip.nextSibling !== bar) bar.before(this.chip);
  }

  showChoice() {
    this.chip.hidden = !this.chosen.size;
    const names = this.rows.filter((row) => this.chosen.has(row.id.split("&")[0])).map((row) => row.name);
    const all = button("Ask all sources", () => {
      this.chosen.clear();
      this.list();
      this.choose();
    });
    const asked = this.rows.filter((row) => row.state !== "rejected");
    const words = `Asking only ${this.chosen.size} of ${asked.length} sources: ${names.join(", ")}`;
    this.chip.replaceChildren(element("span", { className: "qa-scope-words", textContent: words, title: words }), all);
  }
}
