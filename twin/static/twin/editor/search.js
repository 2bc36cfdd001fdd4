/* Search by name in what is loaded, and jump there. */

import { SITE } from "./building.js";
import { Options } from "./dialogs.js";

const MOST = 12;

export class Search {
  constructor(input, list, building, jump) {
    Object.assign(this, { input, list, building });
    this.options = new Options(input, list, (found) => { this.#close(); input.value = ""; jump(found.id); });
    input.addEventListener("input", () => this.#find());
    input.addEventListener("keydown", (event) => { if (event.key === "Escape") this.#close(); });
    input.addEventListener("blur", () => this.#close());
  }

  #find() {
    const words = this.input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return this.#close();
    const found = [];
    for (const node of [...this.building.spaces.values(), ...this.building.things.values()]) {
      const where = this.#where(node.id);
      const text = `${node.name} ${where}`.toLowerCase();
      if (words.every((word) => text.includes(word))) {
        const isName = node.name.toLowerCase().startsWith(words[0]);
        found.push({ id: node.id, name: node.name, where, rank: isName ? 0 : 1 });
      }
    }
    found.sort((a, b) => a.rank - b.rank || a.name.length - b.name.length);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    return this.options.show(found.slice(0, MOST), "Nothing has that name.");
  }

  #where(id) {
    return this.building.pathOf(id).filter((one) => one !== SITE).map((one) => this.building.nameOf(one)).join(" › ");
  }

  #close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }
}
