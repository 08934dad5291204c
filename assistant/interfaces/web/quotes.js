// What can be done with a quote in the conversation: preview it in context, copy it with its citation, judge an answer.

import { ask, element, order, say, type } from "/chat/page.js";

const preview = element("div", { id: "qa-preview", className: "qa-preview", role: "tooltip", hidden: true });

/** Show the sentences around a quote beside its citation, while the mouse or the focus is on it. */
function showPreview(cite) {
  const quote = cite.closest(".qa-quote");
  const context = quote?.querySelector(".qa-context p");
  if (!context) return;
  preview.replaceChildren(
    element("p", { className: "qa-preview-place", textContent: cite.querySelector(".qa-place")?.textContent ?? "" }),
    context.cloneNode(true),
  );
  preview.hidden = false;
  cite.setAttribute("aria-describedby", "qa-preview");
  place(cite.getBoundingClientRect());
}

/** Put the preview below the citation, so that question and quote stay in sight, or above it where there is no room. */
function place(near) {
  const { width, height } = preview.getBoundingClientRect();
  const left = Math.max(8, Math.min(near.left, innerWidth - width - 8));
  const below = near.bottom + 8;
  preview.style.left = `${left}px`;
  preview.style.top = `${below + height < innerHeight - 8 ? below : Math.max(8, near.top - height - 8)}px`;
}

function hidePreview() {
  preview.hidden = true;
}

/** The words of a quote and where they stand, as a person pastes them. */
function cited(quote) {
  const words = quote.querySelector(".qa-words").textContent;
  const where = [".qa-title", ".qa-place"].map((part) => quote.querySelector(part)?.textContent).filter(Boolean);
  return `“${words}”\n— ${where.join(", ")}`;
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(cited(button.closest(".qa-quote")));
    say("Copied the quote with its citation.");
  } catch {
    say("The browser does not allow copying here.");
  }
}

const judgements = new Map();

/** Keep what a person thinks of an answer; a second press takes it back. */
async function judge(button) {
  const [, turn, direction] = button.value.split("/");
  const judgement = button.classList.contains("qa-on") ? "none" : direction;
  judgements.set(turn, judgement);
  describeQuotes();
  const { error } = await ask("judge", { turn: Number(turn), judgement });
  say(error ?? (judgement === "none" ? "Judgement taken back." : "Thank you; kept for your evaluation file."));
}

/** Set what Gradio's sanitizer leaves out: pressed buttons. */
export function describeQuotes() {
  for (const thumb of document.querySelectorAll("#qa-chat .qa-thumb")) {
    const [, turn, direction] = thumb.value.split("/");
    if (judgements.has(turn)) thumb.classList.toggle("qa-on", judgements.get(turn) === direction);
    const pressed = String(thumb.classList.contains("qa-on"));
    if (thumb.getAttribute("aria-pressed") !== pressed) thumb.setAttribute("aria-pressed", pressed);
  }
}

const WORDS = { verified: "Still says so", changed: "Changed since", missing: "No longer there" };

/** Mark each quote of an old conversation with whether its source still says so. */
export async function recheck(conversation) {
  const { turns, error } = await ask(`recheck?conversation=${conversation}`);
  if (error) return say(error);
  for (const [turn, states] of Object.entries(turns)) {
    const thumb = document.querySelector(`#qa-chat .qa-thumb[value="${conversation}/${turn}/up"]`);
    const quotes = thumb?.closest(".qa-reply").querySelectorAll(".qa-quote .qa-state") ?? [];
    [...quotes].forEach((label, at) => {
      label.className = `qa-state qa-state-${states[at]}`;
      label.textContent = WORDS[states[at]] ?? "";
    });
  }
}

/** What the buttons in an answer do. */
const DEEDS = {
  "qa-copy": copy,
  "qa-thumb": judge,
  "qa-edit": (button) => {
    type("#qa-question", button.value);
    document.querySelector("#qa-question textarea").focus();
    document.dispatchEvent(new Event("qa-mended"));
  },
  "qa-bare": (button) => order({ ask: button.value, bare: true }),
  "qa-reading": (button) => {
    const wanted = new URLSearchParams(button.value);
    order({ ask: wanted.get("question"), source: wanted.get("source") });
  },
};

export function startQuotes() {
  document.body.append(preview);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#qa-chat button");
    const deed = button && Object.keys(DEEDS).find((kind) => button.classList.contains(kind));
    if (deed) DEEDS[deed](button);
  });
  const cite = (event) => event.target.closest?.(".qa-cite");
  document.addEventListener("pointerover", (event) => event.pointerType === "mouse" && cite(event) && showPreview(cite(event)));
  document.addEventListener("pointerout", (event) => cite(event) && !cite(event).contains(event.relatedTarget) && hidePreview());
  document.addEventListener("focusin", (event) => cite(event)?.matches(":focus-visible") && showPreview(cite(event)));
  document.addEventListener("focusout", (event) => cite(event) && hidePreview());
  document.addEventListener("click", hidePreview);
  document.addEventListener("scroll", hidePreview, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hidePreview());
}
