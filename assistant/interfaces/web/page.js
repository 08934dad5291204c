// Small helpers of the other scripts. Text arrives as data and becomes text nodes; nothing here ever parses HTML.

/** Make an element with properties and children. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Make a button; `label` is what a screen reader says where the text is only a sign. */
export function button(textContent, onclick, label = "", className = "") {
  const made = element("button", { type: "button", textContent, onclick, className });
  if (label) Object.assign(made, { ariaLabel: label, title: label });
  return made;
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Ask this server; give its JSON, or `{error}` in words. Too many calls at once are made again a little later. */
export async function ask(path, order = null) {
  const options = order && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) };
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      const response = await fetch(`/chat/${path}`, options ?? {});
      if (response.status !== 429) return await response.json();
    } catch {
      return { error: "The assistant does not answer; is it still running?" };
    }
    await pause(400 * (attempt + 1));
  }
  return { error: "That was too much at once; try again in a second." };
}

const write = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;

/** Write into one of Gradio's text boxes as if a person typed. */
export function type(box, text) {
  const field = document.querySelector(`${box} textarea`);
  if (!field) return;
  write.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

let orders = 0;

/** Have the conversation do something (`handlers.order`); a number makes each order different from the one before. */
export function order(wanted) {
  type("#qa-order", JSON.stringify({ ...wanted, number: ++orders }));
}

/** Say something for a moment, to the eye and to a screen reader. */
export function say(text) {
  let line = document.getElementById("qa-said");
  if (!line) {
    line = element("div", { id: "qa-said", className: "qa-said", role: "status" });
    document.body.append(line);
  }
  line.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (line.textContent = ""), 4000);
}

/** Ask before something is done; `onAgree` is called when the person agrees. */
export function confirmed(question, detail, agree, onAgree) {
  const dialog = element("dialog", { className: "qa-dialog" });
  const close = () => dialog.close();
  const go = () => {
    close();
    onAgree();
  };
  dialog.append(
    element("h2", { textContent: question }),
    element("p", { textContent: detail }),
    element("div", { className: "qa-dialog-buttons" }, button("Cancel", close), button(agree, go, "", "qa-danger")),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
