/* The frame of both pictures: what is shown, how large, and that a click selects. */

import { byId, perFrame, s } from "./dom.js";
import { SITE } from "./building.js";
import { Graph } from "./graph.js";
import { Section } from "./section.js";

const TABS = ["section", "graph"];

export class Picture {
  constructor(element, { api, building, tree, say }) {
    Object.assign(this, { element, api, building, tree, say, shown: "section", links: [], box: null });
    this.draw = perFrame(() => this.#draw());
    this.svg = s("svg", { role: "group", "aria-label": "Section of the building" });
    element.append(this.svg);
    building.addEventListener("change", this.draw);
    tree.addEventListener("light", this.draw);
    this.mark = perFrame(() => this.#mark());
    tree.addEventListener("select", this.mark);
    this.#tabs();
    this.#moves();
    new ResizeObserver(() => this.draw()).observe(element);
  }

  #tabs() {
    for (const [place, name] of TABS.entries()) {
      const tab = byId(`ed-tab-${name}`);
      tab.addEventListener("click", () => this.#open(name));
      tab.addEventListener("keydown", (event) => {
        if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.#open(TABS[1 - place], true);
      });
    }
    byId("ed-in").addEventListener("click", () => this.#zoom(0.8));
    byId("ed-out").addEventListener("click", () => this.#zoom(1.25));
    byId("ed-fit").addEventListener("click", () => { this.box = null; this.draw(); });
  }

  async #open(name, focus = false) {
    this.shown = name;
    this.box = null;
    for (const one of TABS) {
      const tab = byId(`ed-tab-${one}`);
      tab.setAttribute("aria-selected", one === name);
      tab.tabIndex = one === name ? 0 : -1;
      if (focus && one === name) tab.focus();
    }
    this.element.setAttribute("aria-labelledby", `ed-tab-${name}`);
    this.svg.setAttribute("aria-label", name === "graph" ? "Graph of the building" : "Section of the building");
    if (name === "graph") await this.#askLinks();
    this.draw();
  }

  async #askLinks() {
    try {
      this.links = (await this.api.get("links/")).links;
    } catch (refusal) {
      this.say(refusal.message, "wrong");
    }
  }

  /* The section shows the whole house; the graph what is selected. */
  #top() {
    const { active } = this.tree;
    if (this.building.sortOf(active) === null || active === SITE) return SITE;
    if (this.shown === "graph") return this.building.things.has(active) ? this.building.parentOf(active) : active;
    return this.building.pathOf(active)[1] ?? (this.building.things.has(active) ? SITE : active);
  }

  /* Another row of what is shown: nothing is drawn anew. */
  #mark() {
    if (this.top !== `${this.shown}${this.#top()}`) return this.#draw();
    this.svg.querySelector(".sc-active")?.classList.remove("sc-active");
    this.svg.querySelector(`[data-id="${this.tree.active}"] > :first-child`)?.classList.add("sc-active");
    this.#bring();
    return this.#frame();
  }

  #draw() {
    if (!this.building.site) return;
    const { lit, active } = this.tree;
    const top = this.#top();
    const kind = this.shown === "graph" ? new Graph(this.building, this.links, lit, active) : new Section(this.building, lit, active);
    const { parts, width, height } = kind.draw(top);
    this.size = { width, height };
    if (this.top !== `${this.shown}${top}`) this.box = null;
    this.top = `${this.shown}${top}`;
    this.svg.replaceChildren(...parts);
    if (!this.box) this.#fit();
    this.#frame();
  }

  #fit() {
    const { clientWidth, clientHeight } = this.element;
    const ratio = clientWidth / Math.max(1, clientHeight);
    const { width, height } = this.size;
    const wide = Math.max(width, height * ratio, clientWidth / 1.4);
    const most = Math.min(wide, clientWidth / 0.45);
    const tall = most / ratio;
    const x = most < width ? 0 : (width - most) / 2;
    const y = this.shown === "section" ? height - tall : height < tall ? (height - tall) / 2 : 0;
    this.box = { x, y, width: most, height: tall };
  }

  /* Moves what was selected elsewhere into sight. */
  #bring() {
    const found = this.svg.querySelector(".sc-active");
    if (!found || this.tree.active === SITE) return;
    const { x, y, width, height } = found.getBBox();
    const { box } = this;
    if (x < box.x || x + width > box.x + box.width) box.x = x + width / 2 - box.width / 2;
    if (y < box.y || y + height > box.y + box.height) box.y = y + height / 2 - box.height / 2;
  }

  #frame() {
    const { x, y, width, height } = this.box;
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  }

  #zoom(by, at = { x: 0.5, y: 0.5 }) {
    const { box } = this;
    if (!box) return;
    const width = Math.min(Math.max(box.width * by, 120), Math.max(this.size.width * 3, 3000));
    const factor = width / box.width;
    box.x += box.width * (1 - factor) * at.x;
    box.y += box.height * (1 - factor) * at.y;
    box.width *= factor;
    box.height *= factor;
    this.#frame();
  }

  #pan(x, y) {
    const scale = this.box.width / this.element.clientWidth;
    this.box.x -= x * scale;
    this.box.y -= y * scale;
    this.#frame();
  }

  #moves() {
    const { element } = this;
    element.addEventListener("wheel", (event) => {
      event.preventDefault();
      const frame = element.getBoundingClientRect();
      this.#zoom(event.deltaY > 0 ? 1.12 : 0.89, { x: (event.clientX - frame.left) / frame.width, y: (event.clientY - frame.top) / frame.height });
    }, { passive: false });
    element.addEventListener("pointerdown", (event) => this.#grab(event));
    element.addEventListener("keydown", (event) => this.#press(event));
  }

  #grab(event) {
    if (event.button !== 0 || !this.box) return;
    const start = { x: event.clientX, y: event.clientY };
    const id = event.target.closest("[data-id]")?.dataset.id;
    let moved = 0;
    const stop = new AbortController();
    document.addEventListener("pointermove", (move) => {
      this.#pan(move.clientX - start.x, move.clientY - start.y);
      moved += Math.abs(move.clientX - start.x) + Math.abs(move.clientY - start.y);
      start.x = move.clientX;
      start.y = move.clientY;
    }, { signal: stop.signal });
    for (const end of ["pointerup", "pointercancel"]) {
      document.addEventListener(end, () => {
        stop.abort();
        if (moved < 5 && id !== undefined && end === "pointerup") this.tree.reveal(id);
      }, { signal: stop.signal });
    }
  }

  #press(event) {
    const step = 60;
    const pans = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (pans[event.key]) this.#pan(...pans[event.key]);
    else if (event.key === "+") this.#zoom(0.8);
    else if (event.key === "-") this.#zoom(1.25);
    else return;
    event.preventDefault();
  }
}
