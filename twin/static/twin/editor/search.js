/* Search by name, kind and place in what is loaded, and jump there. */

import { SITE } from "./building.js";
import { Options } from "./dialogs.js";

const MOST = 12;

/* Without capitals and accents: "residence" finds "Résidence". */
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/* Best a name that begins so, then one that holds all words, then what is found by kind or place. */
function rank(name, words) {
  if (name.startsWith(words.join(" "))) return 0;
  if (!words.every((word) => name.includes(word))) return name.startsWith(words[0]) ? 2 : 3;
  return 1;
}

export class Search {
  constructor(input, list, building, jump) {
    Object.assign(this, { input, list, building });
    this.options = new Options(input, list, (found) => { this.#close(); input.value = ""; jump(found); });
    input.addEventListener("input", () => this.#find());
    input.addEventListener("keydown", (event) => { if (event.key === "Escape") this.#close(); });
    input.addEventListener("blur", () => this.#close());
  }

  #find() {
    const words = folded(this.input.value).split(/\s+/).filter(Boolean);
    if (!words.length) return this.#close();
    const found = [];
    for (const one of this.#all()) {
      const text = folded(`${one.name} ${one.sort} ${one.where}`);
      if (words.every((word) => text.includes(word))) found.push({ ...one, rank: rank(folded(one.name), words) });
    }
    found.sort((a, b) => a.rank - b.rank || a.name.length - b.name.length || a.name.localeCompare(b.name, undefined, { numeric: true }));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    return this.options.show(found.slice(0, MOST), "Nothing has that name.");
  }

  /* Spaces by name, kind and place; devices by name, category and place; views by name. */
  *#all() {
    const { spaces, things, views } = this.building;
    for (const { id, name, kind } of spaces.values()) yield { id, name, sort: this.building.kindName(kind), where: this.#where(id) };
    for (const { id, name, category } of things.values()) yield { id, name, sort: category, where: this.#where(id) };
    for (const view of views) yield { view, name: view.name, sort: "View", where: "View" };
  }

  #where(id) {
    return this.building.pathOf(id).filter((one) => one !== SITE).map((one) => this.building.nameOf(one)).join(" › ");
  }

  #close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }
}
