/* The building as a graph: spaces from left to right by depth, devices behind them, edges between. */

import { s } from "./dom.js";
import { SITE } from "./building.js";
import { clipped } from "./section.js";

const ROW = 30;
const COLUMN = 178;
const BOX = 138;
const MOST = 400;

export class Graph {
  constructor(building, links, lit, active) {
    Object.assign(this, { building, links, lit, active });
  }

  draw(top) {
    this.at = new Map();
    this.next = 0;
    this.deepest = 0;
    this.left = MOST;
    this.#place(top, 0);
    const parts = [...this.#edges(), ...this.#links(), ...[...this.at.keys()].map((id) => this.#node(id))];
    const width = (this.deepest + 1) * COLUMN + 40;
    const height = Math.max(160, this.next * ROW + 50);
    if (this.left <= 0) parts.push(s("text", { x: 20, y: height - 8, class: "sc-wing" }, `The first ${MOST} are shown. Select a smaller part in the tree.`));
    return { parts, width, height };
  }

  /* Leaves get a line each; what holds others stands in their middle. */
  #place(id, depth) {
    this.left -= 1;
    this.deepest = Math.max(this.deepest, depth);
    const inside = this.building.things.has(id) ? [] : [...this.building.childrenOf(id), ...this.building.thingsIn(id)];
    const rows = [];
    for (const child of inside) {
      if (this.left <= 0) break;
      rows.push(this.#place(child, depth + 1));
    }
    const row = rows.length ? (rows[0] + rows.at(-1)) / 2 : this.next++;
    this.at.set(id, { x: 20 + depth * COLUMN, y: 24 + row * ROW });
    return row;
  }

  #edges() {
    return [...this.at].filter(([id]) => id !== SITE && this.at.has(this.building.parentOf(id))).map(([id, to]) => {
      const from = this.at.get(this.building.parentOf(id));
      const x = from.x + BOX;
      const middle = (x + to.x) / 2;
      const cls = this.building.things.has(id) ? "gr-edge gr-placed" : "gr-edge";
      return s("path", { d: `M${x},${from.y} C${middle},${from.y} ${middle},${to.y} ${to.x},${to.y}`, class: cls });
    });
  }

  #links() {
    return this.links.filter(([, from, to]) => this.at.has(from) && this.at.has(to)).map(([kind, source, target]) => {
      const from = this.at.get(source);
      const to = this.at.get(target);
      const bow = Math.max(from.x, to.x) + BOX + 46;
      const d = `M${from.x + BOX},${from.y} C${bow},${from.y} ${bow},${to.y} ${to.x + BOX},${to.y}`;
      return s("g", {}, s("path", { d, class: "gr-link" }, s("title", {}, `${this.building.nameOf(source)} ${kind} ${this.building.nameOf(target)}`)),
        s("text", { x: bow - 18, y: (from.y + to.y) / 2, class: "gr-kind" }, kind));
    });
  }

  #node(id) {
    const { x, y } = this.at.get(id);
    const { building } = this;
    const space = building.spaces.get(id);
    const color = space ? `k${building.palette.get(space.kind) ?? 0}` : id === SITE ? "ks" : "gr-thing";
    const state = `${id === this.active ? " sc-active" : ""}${this.lit ? (this.lit.has(id) ? " sc-lit" : " sc-dim") : ""}`;
    const round = building.things.has(id) ? 11 : 4;
    return s("g", { "data-id": id, class: "sc-pick" },
      s("rect", { x, y: y - 11, width: BOX, height: 22, rx: round, class: `sc-unit ${color}${state}` }),
      s("text", { x: x + 9, y: y + 4, class: "sc-name" }, clipped(building.nameOf(id), BOX - 14)),
      s("title", {}, building.nameOf(id)));
  }
}
