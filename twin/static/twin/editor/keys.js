/* The keys of the tree, as the ARIA Authoring Practices describe a tree view, and those of editing. */

import { SITE } from "./building.js";

export const KEYS = [
  ["↑ ↓ ← →", "Go through the tree, open and close"],
  ["Home, End", "First and last row"],
  ["*", "Open all beside"],
  ["A letter", "Next row that begins with it"],
  ["Enter or F2", "Rename"],
  ["Insert or +", "Add inside"],
  ["Delete", "Remove, after a look at what goes with it"],
  ["Alt + ↑ or ↓", "Move up or down among its neighbours"],
  ["Ctrl + X, Ctrl + V", "Pick up, put into the selected space"],
  ["M", "Move to…, from a list"],
  ["Ctrl + Z, Ctrl + Y", "Undo, do again"],
  ["/", "Search"],
];

export class Keys {
  constructor(tree, building, acts) {
    Object.assign(this, { tree, building, acts, typed: "", typedAt: 0 });
    tree.element.addEventListener("keydown", (event) => this.#press(event));
  }

  #press(event) {
    if (event.target !== this.tree.element) return;
    const name = `${event.altKey ? "Alt+" : ""}${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.key}`;
    const deed = this.#deeds[name] || (this.#isLetter(event) ? () => this.#type(event.key) : null);
    if (!deed) return;
    event.preventDefault();
    deed();
  }

  #isLetter(event) {
    return event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  }

  #deeds = {
    ArrowDown: () => this.#go(1),
    ArrowUp: () => this.#go(-1),
    PageDown: () => this.#go(12),
    PageUp: () => this.#go(-12),
    Home: () => this.#goTo(0),
    End: () => this.#goTo(this.tree.rows.length - 1),
    ArrowRight: () => this.#right(),
    ArrowLeft: () => this.#left(),
    "*": () => this.#openBeside(),
    Enter: () => this.acts.rename(this.tree.active),
    F2: () => this.acts.rename(this.tree.active),
    Insert: () => this.acts.add(this.tree.active),
    "+": () => this.acts.add(this.tree.active),
    Delete: () => this.acts.remove(this.tree.active),
    "Alt+ArrowUp": () => this.acts.shift(this.tree.active, -1),
    "Alt+ArrowDown": () => this.acts.shift(this.tree.active, 1),
    "Ctrl+x": () => this.acts.pick(this.tree.active),
    "Ctrl+v": () => this.acts.drop(this.tree.active),
    m: () => this.acts.moveTo(this.tree.active),
    Escape: () => this.acts.pick(null),
    "/": () => this.acts.search(),
  };

  #place() {
    return this.tree.places.get(this.tree.active);
  }

  #go(by) {
    this.#goTo(Math.min(Math.max(this.#place() + by, 0), this.tree.rows.length - 1));
  }

  #goTo(place) {
    this.tree.select(this.tree.rows[place].id);
  }

  #right() {
    const row = this.tree.rows[this.#place()];
    if (row.isOpen === false) this.tree.setOpen(row.id, true);
    else if (row.isOpen) this.#go(1);
  }

  #left() {
    const row = this.tree.rows[this.#place()];
    if (row.isOpen) this.tree.setOpen(row.id, false);
    else if (row.id !== SITE) this.tree.select(this.building.parentOf(row.id));
  }

  #openBeside() {
    const id = this.tree.active;
    const beside = id === SITE ? [SITE] : this.tree.inside(this.building.parentOf(id));
    for (const one of beside) this.tree.open.add(one);
    this.tree.update();
  }

  /* Letters typed within half a second are one word. */
  #type(letter) {
    const now = Date.now();
    this.typed = now - this.typedAt < 500 ? this.typed + letter : letter;
    this.typedAt = now;
    const { rows } = this.tree;
    const start = this.#place() + (this.typed.length === 1 ? 1 : 0);
    for (let step = 0; step < rows.length; step += 1) {
      const row = rows[(start + step) % rows.length];
      if (this.building.nameOf(row.id).toLowerCase().startsWith(this.typed.toLowerCase())) {
        this.tree.select(row.id);
        return;
      }
    }
  }
}
