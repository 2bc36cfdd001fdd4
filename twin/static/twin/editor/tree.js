/* The tree of spaces and devices: only the rows in sight exist; one of them is the active one. */

import { h, perFrame, plural } from "./dom.js";
import { SITE } from "./building.js";

const AROUND = 8;

export class Tree extends EventTarget {
  constructor(element, building) {
    super();
    this.element = element;
    this.building = building;
    this.rows = [];
    this.places = new Map();
    this.open = new Set([SITE]);
    this.shown = new Map();
    this.active = SITE;
    this.marked = null;
    this.lit = null;
    this.ground = h("div", { role: "none", class: "ed-ground" });
    element.append(this.ground);
    this.draw = perFrame(() => this.#draw());
    element.addEventListener("scroll", this.draw, { passive: true });
    new ResizeObserver(this.draw).observe(element);
    building.addEventListener("change", () => this.update());
  }

  get rowHeight() {
    this.height ??= parseFloat(getComputedStyle(this.element).getPropertyValue("--ed-row")) || 32;
    return this.height;
  }

  /* Works out which rows there are, then draws those in sight. */
  update() {
    this.rows = [];
    this.#walk(SITE, 1, 1, 1);
    this.places = new Map(this.rows.map((row, place) => [row.id, place]));
    if (!this.places.has(this.active)) this.#fallBack();
    this.ground.style.height = `${this.rows.length * this.rowHeight}px`;
    this.draw();
  }

  #walk(id, level, size, nth) {
    const inside = this.inside(id);
    this.rows.push({ id, level, size, nth, isOpen: inside.length ? this.open.has(id) : null });
    if (!inside.length || !this.open.has(id)) return;
    inside.forEach((child, place) => this.#walk(child, level + 1, inside.length, place + 1));
  }

  inside(id) {
    return this.building.things.has(id) ? [] : [...this.building.childrenOf(id), ...this.building.thingsIn(id)];
  }

  #fallBack() {
    const place = Math.min(this.lastPlace ?? 0, this.rows.length - 1);
    this.active = this.rows[Math.max(0, place)].id;
    this.dispatchEvent(new CustomEvent("select", { detail: this.active }));
  }

  #draw() {
    const height = this.rowHeight;
    const first = Math.max(0, Math.floor(this.element.scrollTop / height) - AROUND);
    const last = Math.min(this.rows.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / height) + AROUND);
    const wanted = new Set();
    for (let place = first; place < last; place += 1) wanted.add(place);
    const active = this.places.get(this.active);
    if (active !== undefined) wanted.add(active);
    const keep = new Set([...wanted].map((place) => this.rows[place].id));
    for (const [id, row] of this.shown) {
      if (!keep.has(id) && !row.contains(document.activeElement)) { row.remove(); this.shown.delete(id); }
    }
    for (const place of [...wanted].sort((a, b) => a - b)) this.#drawRow(this.rows[place], place);
    this.element.setAttribute("aria-activedescendant", `row-${this.active}`);
  }

  #drawRow(row, place) {
    let element = this.shown.get(row.id);
    if (!element) {
      element = h("div", { role: "treeitem", class: "ed-row", id: `row-${row.id}`, "data-id": row.id });
      this.shown.set(row.id, element);
      this.ground.append(element);
    }
    element.style.transform = `translateY(${place * this.rowHeight}px)`;
    element.style.setProperty("--level", row.level - 1);
    const facts = { "aria-level": row.level, "aria-setsize": row.size, "aria-posinset": row.nth, "aria-selected": row.id === this.active };
    for (const [name, value] of Object.entries(facts)) element.setAttribute(name, value);
    if (row.isOpen === null) element.removeAttribute("aria-expanded");
    else element.setAttribute("aria-expanded", row.isOpen);
    element.classList.toggle("ed-cut", row.id === this.marked);
    element.classList.toggle("ed-lit", Boolean(this.lit && this.lit.has(row.id)));
    if (!element.querySelector("input")) this.#fill(element, row.id);
  }

  #fill(element, id) {
    const building = this.building;
    const sort = building.sortOf(id);
    const known = sort === "space" ? building.spaces.get(id) : building.things.get(id);
    const missing = building.missing.get(id) || 0;
    const kind = sort === "space" ? building.kindName(known.kind) : sort === "site" ? "Site" : known.category || known.sort;
    const mark = `${known ? known.name : building.site.name}|${kind}|${missing}`;
    if (element.dataset.mark === mark) return;
    element.dataset.mark = mark;
    const dot = sort === "thing" ? "ed-dot ed-device" : `ed-dot k${sort === "space" ? building.palette.get(known.kind) ?? 0 : "s"}`;
    element.replaceChildren(...[
      h("span", { class: "ed-twist", "aria-hidden": "true" }),
      h("span", { class: dot, "aria-hidden": "true" }),
      h("span", { class: "ed-name" }, building.nameOf(id)),
      h("span", { class: "ed-kind" }, kind),
      missing ? h("span", { class: "ed-missing" }, h("span", { "aria-hidden": "true" }, missing), h("span", { class: "ed-hidden" }, `, ${plural(missing, "device")} missing`)) : null,
      id === SITE ? null : h("span", { class: "ed-grip", "aria-hidden": "true" }, "⋮⋮"),
    ].filter(Boolean));
  }

  rowOf(id) {
    return this.shown.get(id);
  }

  select(id, { scroll = true, focus = false } = {}) {
    if (!this.places.has(id)) return;
    this.active = id;
    this.lastPlace = this.places.get(id);
    if (scroll) this.#scrollTo(this.lastPlace);
    this.#draw();
    if (focus) this.element.focus({ preventScroll: true });
    this.dispatchEvent(new CustomEvent("select", { detail: id }));
  }

  #scrollTo(place) {
    const top = place * this.rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight) this.element.scrollTop = top + this.rowHeight - clientHeight;
  }

  /* Opens all that leads to a node, and selects it. */
  reveal(id, options) {
    if (this.building.sortOf(id) === null) return;
    for (const above of this.building.pathOf(id)) this.open.add(above);
    this.update();
    this.select(id, options);
  }

  setOpen(id, isOpen) {
    if (isOpen) this.open.add(id);
    else this.open.delete(id);
    this.update();
  }

  foldAll() {
    this.open = new Set([SITE, ...this.building.childrenOf(SITE)]);
    this.update();
    this.select(SITE);
  }

  mark(id) {
    this.marked = id;
    this.draw();
  }

  light(ids) {
    this.lit = ids;
    this.draw();
  }

  /* Lets a name be written in its row; answers the new name, or null. */
  rename(id) {
    this.select(id);
    const row = this.rowOf(id);
    const before = this.building.nameOf(id);
    const input = h("input", { class: "ed-rename", value: before, maxlength: 200, "aria-label": `Name of ${before}` });
    row.querySelector(".ed-name").replaceChildren(input);
    input.focus();
    input.select();
    return new Promise((resolve) => {
      let isOver = false;
      const end = (name) => {
        if (isOver) return;
        isOver = true;
        const hadFocus = document.activeElement === input;
        delete row.dataset.mark;
        input.remove();
        this.#fill(row, id);
        if (hadFocus) this.element.focus({ preventScroll: true });
        resolve(name && name !== before ? name : null);
      };
      input.addEventListener("blur", () => end(input.value.trim()));
      input.addEventListener("keydown", (event) => {
        event.stopPropagation();
        if (event.key === "Enter") end(input.value.trim());
        if (event.key === "Escape") end(null);
      });
    });
  }
}
