/* A section through a building: storeys above each other, what stands on them side by side. */

import { s } from "./dom.js";
import { SITE } from "./building.js";

const STOREY = 54;
const UNIT = 84;
const GAP = 6;
const LABEL = 70;
const ROOF = 58;
const GROUND = 26;
const DOTS = 9;

/* A box knows its size first and draws itself where it is told. */
export class Section {
  constructor(building, lit, active) {
    Object.assign(this, { building, lit, active });
  }

  draw(top) {
    const roots = top === SITE ? this.building.childrenOf(SITE) : [top];
    const boxes = roots.map((id) => this.#house(id));
    const width = Math.max(360, boxes.reduce((sum, box) => sum + box.width + 40, 40));
    const height = Math.max(120, ...boxes.map((box) => box.height)) + 70;
    const floor = height - GROUND;
    let x = 40;
    const drawn = boxes.map((box) => {
      const part = box.draw(x, floor - box.height);
      x += box.width + 40;
      return part;
    });
    const ground = s("g", {}, s("rect", { x: -2000, y: floor, width: width + 4000, height: 400, class: "sc-earth" }), s("line", { x1: -2000, x2: width + 2000, y1: floor, y2: floor, class: "sc-ground" }));
    return { parts: [ground, ...drawn], width, height };
  }

  #role(id) {
    return this.building.kinds[this.building.spaces.get(id).kind]?.role || "";
  }

  #hasStoreys(id) {
    return this.building.childrenOf(id).some((child) => this.#role(child) === "storey" || this.#hasStoreys(child));
  }

  /* A root with a roof; wings side by side if the storeys stand in several parts of it. */
  #house(id) {
    if (this.#role(id) === "storey" || !this.#hasStoreys(id)) return this.#storeys(id, [id]);
    const children = this.building.childrenOf(id);
    const storeys = children.filter((child) => this.#role(child) === "storey");
    const wings = children.filter((child) => this.#role(child) !== "storey" && this.#hasStoreys(child));
    const rest = children.filter((child) => !storeys.includes(child) && !wings.includes(child));
    const outside = rest.filter((child) => this.#role(child) === "outside");
    const inside = rest.filter((child) => !outside.includes(child));
    const columns = wings.map((wing) => this.#wing(wing));
    if (storeys.length) columns.unshift(this.#storeys(id, storeys));
    return this.#beside(id, columns, { shared: inside, gardens: outside.map((child) => this.#garden(child)) });
  }

  #wing(id) {
    const children = this.building.childrenOf(id);
    const storeys = children.filter((child) => this.#role(child) === "storey");
    const box = this.#storeys(id, storeys.length ? storeys : [id], children.filter((child) => storeys.length && !storeys.includes(child)));
    return { ...box, title: this.building.nameOf(id), id };
  }

  /* Wings under one roof; what all of them share is the lowest row, what is outside a tree. */
  #beside(id, columns, { shared, gardens }) {
    const width = columns.reduce((sum, box) => sum + box.width + GAP, -GAP);
    const tallest = Math.max(...columns.map((box) => box.height));
    const base = shared.length ? STOREY : 0;
    const height = ROOF + tallest + base;
    const yard = gardens.length ? gardens.length * 106 + 22 : 0;
    const draw = (x, y) => {
      const floor = y + height - base;
      const parts = [this.#roof(id, x, floor - tallest - ROOF, width)];
      let left = x;
      for (const box of columns) {
        parts.push(box.draw(left, floor - box.height));
        if (box.title) parts.push(this.#wingName(box, left, floor - box.height));
        left += box.width + GAP;
      }
      if (base) parts.push(this.#storey({ id: null, units: shared }, x, floor, width));
      parts.push(...gardens.map((garden, place) => garden.draw(x + width + 22 + place * 106, y + height - garden.height)));
      return s("g", {}, parts);
    };
    return { width: width + yard, height, draw };
  }

  #roof(id, x, y, width) {
    const points = `${x - 10},${y + ROOF} ${x + 26},${y + 12} ${x + width - 26},${y + 12} ${x + width + 10},${y + ROOF}`;
    return this.#pick(id, s("polygon", { points, class: this.#classes(id, "sc-roof") }), s("text", { x: x + width / 2, y: y + 31, class: "sc-name", "text-anchor": "middle" }, this.building.nameOf(id)));
  }

  #wingName({ id, title, width }, x, y) {
    return this.#pick(id, s("rect", { x: x + width / 2 - 60, y: y - 19, width: 120, height: 18, class: "sc-plate" }), s("text", { x: x + width / 2, y: y - 6, class: "sc-wing", "text-anchor": "middle" }, clipped(title, width - 20)));
  }

  /* Storeys from the lowest up; what belongs to none stands on the ground. */
  #storeys(id, storeys, rest = []) {
    const rows = storeys.map((storey) => ({ id: storey, units: this.#units(storey) }));
    if (rest.length) rows.unshift({ id: null, units: rest });
    const most = Math.max(1, ...rows.map((row) => row.units.length));
    const width = LABEL + most * (UNIT + GAP) + GAP;
    const height = rows.length * STOREY;
    const draw = (x, y) => s("g", {}, rows.map((row, place) => this.#storey(row, x, y + (rows.length - 1 - place) * STOREY, width)));
    return { width, height, draw };
  }

  #units(storey) {
    return this.building.childrenOf(storey);
  }

  #storey({ id, units }, x, y, width) {
    const unit = (width - LABEL - GAP) / Math.max(1, units.length);
    const parts = units.map((one, place) => this.#unit(one, x + LABEL + place * unit, y + 4, unit - GAP, STOREY - 9));
    const label = id ? this.building.nameOf(id) : "";
    const slab = s("rect", { x, y, width, height: STOREY, class: this.#classes(id, "sc-storey") });
    const text = s("text", { x: x + 8, y: y + STOREY / 2 + 4, class: "sc-label" }, clipped(label, LABEL - 10));
    const own = id ? this.#dots(this.building.thingsIn(id), x + 10, y + STOREY - 11, LABEL - 16) : [];
    return s("g", {}, id ? this.#pick(id, slab, text) : slab, parts, own);
  }

  /* A flat or room with the devices in it and below it. */
  #unit(id, x, y, width, height) {
    const kind = this.building.palette.get(this.building.spaces.get(id).kind) ?? 0;
    const box = s("rect", { x, y, width, height, rx: 3, class: this.#classes(id, `sc-unit k${kind}`) });
    const name = s("text", { x: x + 7, y: y + 17, class: "sc-name" }, clipped(this.building.nameOf(id), width - 12));
    const below = [...this.building.below(id)];
    const things = below.flatMap((one) => this.building.thingsIn(one));
    const missing = below.reduce((sum, one) => sum + (this.building.missing.get(one) || 0), 0);
    const mark = missing ? [s("circle", { cx: x + width - 9, cy: y + height - 10, r: 7, class: "sc-lack" }), s("text", { x: x + width - 9, y: y + height - 6.5, class: "sc-count", "text-anchor": "middle" }, missing)] : [];
    const title = s("title", {}, `${this.building.nameOf(id)}${missing ? `: ${missing} missing` : ""}`);
    return s("g", {}, this.#pick(id, box, name, title), this.#dots(things, x + 9, y + height - 10, width - 30), mark);
  }

  #dots(things, x, y, width) {
    const fit = Math.max(1, Math.floor(width / DOTS));
    const shown = things.slice(0, things.length > fit ? fit - 1 : fit);
    const dots = shown.map((id, place) => this.#pick(id, s("circle", { cx: x + place * DOTS, cy: y, r: 3.4, class: this.#classes(id, "sc-dot") }), s("title", {}, this.building.nameOf(id))));
    if (shown.length < things.length) dots.push(s("text", { x: x + shown.length * DOTS - 3, y: y + 3.5, class: "sc-more" }, `+${things.length - shown.length}`));
    return dots;
  }

  #garden(id) {
    const draw = (x, y) => this.#pick(id,
      s("rect", { x: x + 42, y: y + 34, width: 6, height: 26, class: "sc-trunk" }),
      s("circle", { cx: x + 45, cy: y + 22, r: 19, class: this.#classes(id, "sc-tree") }),
      s("text", { x: x + 45, y: y + 76, class: "sc-wing", "text-anchor": "middle" }, this.building.nameOf(id)));
    return { width: 90, height: 60, draw };
  }

  #classes(id, own) {
    if (!id) return own;
    const isDim = this.lit && ![...(this.building.spaces.has(id) ? this.building.below(id) : [id])].some((one) => this.lit.has(one) || this.building.thingsIn(one).some((thing) => this.lit.has(thing)));
    return `${own}${this.lit && this.lit.has(id) ? " sc-lit" : ""}${isDim ? " sc-dim" : ""}${id === this.active ? " sc-active" : ""}`;
  }

  #pick(id, ...parts) {
    return s("g", { "data-id": id, class: "sc-pick" }, parts);
  }
}

/* Text that fits into a width, roughly: the font is not measured for a thousand labels. */
export function clipped(text, width) {
  const most = Math.max(1, Math.floor(width / 6.4));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
