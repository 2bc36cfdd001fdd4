/* Dialogs: choose a place or a device from a list, look at a removal, read the keys. */

import { h } from "./dom.js";

const MOST = 60;

/* Shows a dialog and answers what it was closed with, null if it was left. */
function open(title, build, { wide = false } = {}) {
  return new Promise((resolve) => {
    let answer = null;
    const close = (value = null) => { answer = value; dialog.close(); };
    const heading = h("h2", { id: "ed-dialog-title" }, title);
    const dialog = h("dialog", { class: wide ? "ed-dialog ed-wide" : "ed-dialog", "aria-labelledby": "ed-dialog-title" }, heading);
    dialog.append(...build(close));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const leave = (close, label = "Cancel") => h("button", { type: "button", onclick: () => close() }, label);

/* Lets one be chosen of what `find(text)` answers: [{ id, name, where }]. */
export function choose(title, find, { label = "Search", none = "Nothing fits." } = {}) {
  return open(title, (close) => {
    const list = h("ul", { class: "ed-choices", role: "listbox", id: "ed-choices", "aria-label": title });
    const input = h("input", { type: "search", class: "ed-choose", "aria-label": label, placeholder: label, autocomplete: "off", role: "combobox", "aria-controls": "ed-choices", "aria-expanded": "true" });
    const options = new Options(input, list, close);
    let turn = 0;
    const refresh = async () => {
      const mine = (turn += 1);
      const found = await find(input.value.trim().toLowerCase());
      if (mine === turn) options.show(found.slice(0, MOST), none);
    };
    input.addEventListener("input", refresh);
    refresh();
    return [input, list, h("div", { class: "ed-foot" }, leave(close))];
  });
}

/* A list under a field: arrows go through it, Enter takes. */
export class Options {
  constructor(input, list, take) {
    Object.assign(this, { input, list, take, at: 0, found: [] });
    input.addEventListener("keydown", (event) => this.#press(event));
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const place = event.target.closest("[role=option]")?.dataset.place;
      if (place !== undefined) this.take(this.found[place]);
    });
  }

  show(found, none) {
    this.found = found;
    this.at = 0;
    this.list.replaceChildren(...found.map((one, place) => h("li", { role: "option", id: `${this.list.id}-${place}`, "data-place": place },
      h("span", { class: "ed-name" }, one.name), h("span", { class: "ed-where" }, one.where || ""))));
    if (!found.length) this.list.replaceChildren(h("li", { class: "ed-quiet" }, none));
    this.#mark();
  }

  #mark() {
    [...this.list.children].forEach((child, place) => {
      if (child.getAttribute("role")) child.setAttribute("aria-selected", place === this.at);
    });
    const current = this.found.length ? this.list.children[this.at] : null;
    current?.scrollIntoView({ block: "nearest" });
    if (current) this.input.setAttribute("aria-activedescendant", current.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #press(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && this.found.length) {
      event.preventDefault();
      this.at = (this.at + by + this.found.length) % this.found.length;
      this.#mark();
    } else if (event.key === "Enter" && this.found.length) {
      event.preventDefault();
      this.take(this.found[this.at]);
    }
  }
}

/* Asks how a new space behind another is called and what goes there: { name, children } or null. */
export function askSplit(title, name, children) {
  return open(title, (close) => {
    const input = h("input", { type: "text", class: "ed-choose", "aria-label": "Name of the new space", value: name, maxlength: 200, required: true });
    const boxes = children.map((child) => h("input", { type: "checkbox", value: child.id }));
    const take = () => {
      if (!input.reportValidity()) return;
      close({ name: input.value.trim(), children: boxes.filter((box) => box.checked).map((box) => box.value) });
    };
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); take(); } });
    return [
      h("p", { class: "ed-quiet" }, "It is of the same kind and has the same properties. Devices can be moved there afterwards."),
      input,
      children.length ? h("fieldset", { class: "ed-ticks" }, h("legend", {}, "What goes there"), boxes.map((box, place) => h("label", {}, box, children[place].name))) : null,
      h("div", { class: "ed-foot" }, leave(close), h("button", { type: "button", class: "ed-default", id: "ed-split-look", onclick: take }, "Look at the plan")),
    ].filter(Boolean);
  });
}

/* Shows what is planned; answers "apply", "place" (say where things go) or null. */
export function lookAtPlan(question, plan, word) {
  return open(question, (close) => [
    plan.refusals.length ? h("div", { class: "ed-refusals", role: "alert" }, plan.refusals.map((text) => h("p", {}, text))) : null,
    plan.changes.length ? h("ul", { class: "ed-changes" }, plan.changes.map((text, place) => h("li", { "data-sign": plan.signs[place] }, text))) : null,
    (plan.notes || []).map((text) => h("p", {}, text)),
    h("p", { class: "ed-quiet" }, plan.can_apply ? `${plan.totals} You can undo it.` : "Nothing has been changed."),
    h("div", { class: "ed-foot" },
      leave(close),
      plan.can_apply
        ? h("button", { type: "button", class: plan.signs.includes("-") ? "ed-danger" : "ed-default", id: "ed-apply", onclick: () => close("apply") }, word)
        : h("button", { type: "button", class: "ed-default", id: "ed-relocate", onclick: () => close("place") }, "Choose where they go…")),
  ].flat().filter(Boolean), { wide: true });
}

export function showKeys(keys) {
  return open("Keys", (close) => [
    h("dl", { class: "ed-keys" }, keys.map(([key, text]) => [h("dt", {}, key), h("dd", {}, text)]).flat()),
    h("div", { class: "ed-foot" }, leave(close, "Close")),
  ]);
}

/* A menu under a button: arrows, Home, End, Escape; answers what was taken, or null. */
export function menu(button, items, label) {
  return new Promise((resolve) => {
    const list = h("div", { class: "ed-menu", role: "menu", "aria-label": label });
    const close = (value) => {
      if (!list.isConnected) return;
      list.remove();
      button.setAttribute("aria-expanded", "false");
      if (value === null) button.focus();
      resolve(value);
    };
    list.append(h("p", { class: "ed-quiet" }, label), ...items.map((item) => h("button", { type: "button", role: "menuitem", tabindex: -1, "data-kind": item.kind, disabled: item.isFull, onclick: () => close(item) },
      item.name, item.isFull ? h("span", { class: "ed-where" }, "full") : null)));
    const choices = [...list.querySelectorAll("button:not(:disabled)")];
    list.addEventListener("keydown", (event) => {
      const at = choices.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1 + choices.length, Home: 0, End: choices.length - 1 }[event.key];
      if (event.key === "Escape" || event.key === "Tab") { event.preventDefault(); close(null); }
      if (to !== undefined) { event.preventDefault(); choices[to % choices.length].focus(); }
    });
    list.addEventListener("focusout", (event) => { if (!list.contains(event.relatedTarget)) setTimeout(() => close(null), 150); });
    const box = button.getBoundingClientRect();
    list.style.left = `${box.left}px`;
    list.style.top = `${box.bottom + 4}px`;
    document.body.append(list);
    button.setAttribute("aria-expanded", "true");
    if (choices.length) choices[0].focus();
    else list.setAttribute("tabindex", "-1"), list.focus();
  });
}
