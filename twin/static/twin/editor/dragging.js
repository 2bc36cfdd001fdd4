/* Drag and drop in the tree with mouse, pen and finger: onto a space, or between two of them. */

import { h } from "./dom.js";
import { SITE } from "./building.js";

const FROM_PX = 5;
const OPEN_AFTER_MS = 600;
const EDGE_PX = 36;

export class Dragging {
  constructor(tree, building, acts) {
    Object.assign(this, { tree, building, acts, drag: null });
    this.line = h("div", { class: "ed-line", hidden: true });
    tree.ground.append(this.line);
    tree.element.addEventListener("pointerdown", (event) => this.#down(event));
    tree.element.addEventListener("click", (event) => this.#click(event));
    tree.element.addEventListener("dblclick", (event) => this.#rename(event));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.drag?.ghost) this.#end(); }, true);
  }

  #idAt(event) {
    return event.target.closest?.(".ed-row")?.dataset.id;
  }

  #click(event) {
    const id = this.#idAt(event);
    if (id === undefined || event.target.tagName === "INPUT") return;
    if (event.target.closest(".ed-twist")) this.tree.setOpen(id, !this.tree.open.has(id));
    this.tree.select(id, { scroll: false, focus: true });
  }

  #rename(event) {
    const id = this.#idAt(event);
    if (id !== undefined && event.target.closest(".ed-name")) this.acts.rename(id);
  }

  /* A finger scrolls the tree unless it takes a row by its grip. */
  #down(event) {
    const id = this.#idAt(event);
    const isFinger = event.pointerType === "touch" && !event.target.closest(".ed-grip");
    if (!id || event.button !== 0 || isFinger || event.target.tagName === "INPUT") return;
    this.drag = { id, pointer: event.pointerId, x: event.clientX, y: event.clientY, ghost: null, to: null };
    const stop = new AbortController();
    this.drag.stop = stop;
    const options = { signal: stop.signal };
    document.addEventListener("pointermove", (move) => this.#move(move), options);
    document.addEventListener("pointerup", () => this.#drop(), options);
    document.addEventListener("pointercancel", () => this.#end(), options);
  }

  #move(event) {
    const { drag } = this;
    if (event.pointerId !== drag.pointer) return;
    if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FROM_PX) return;
    event.preventDefault();
    if (!drag.ghost) this.#lift();
    drag.ghost.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 8}px)`;
    drag.at = event.clientY;
    this.#aim(event.clientX, event.clientY);
  }

  #lift() {
    const { drag } = this;
    const count = this.building.spaces.has(drag.id) ? [...this.building.below(drag.id)].length - 1 : 0;
    const text = this.building.nameOf(drag.id) + (count ? ` and ${count} inside` : "");
    drag.ghost = h("div", { class: "ed-ghost" }, text);
    document.body.append(drag.ghost);
    document.body.classList.add("ed-dragging");
    this.tree.mark(drag.id);
    drag.scroll = setInterval(() => this.#scroll(), 30);
  }

  #scroll() {
    const box = this.tree.element.getBoundingClientRect();
    const { at } = this.drag;
    if (at < box.top + EDGE_PX) this.tree.element.scrollTop -= 14;
    else if (at > box.bottom - EDGE_PX) this.tree.element.scrollTop += 14;
  }

  #aim(x, y) {
    const { drag, tree } = this;
    const box = tree.ground.getBoundingClientRect();
    const frame = tree.element.getBoundingClientRect();
    const isOver = x >= frame.left && x <= frame.right && y >= frame.top && y <= frame.bottom;
    const place = Math.floor((y - box.top) / tree.rowHeight);
    const row = isOver ? tree.rows[place] : null;
    const part = (y - box.top) / tree.rowHeight - place;
    drag.to = row ? this.#target(row, part) : null;
    this.#show(place, row);
    this.#openLater(row);
  }

  /* Where a space would go that is let go here: into, before or behind the row. */
  #target(row, part) {
    const { building, drag } = this;
    const isThing = building.things.has(drag.id);
    const into = { parent: row.id, before: null, how: "into" };
    const beside = !isThing && row.id !== SITE && building.spaces.has(row.id) && row.id !== drag.id
      ? this.#beside(row, part) : null;
    const order = part < 0.3 || part > 0.7 ? [beside, into] : [into, beside];
    return order.find((one) => one && this.#isAllowed(one)) || null;
  }

  #isAllowed(target) {
    return !(target.how === "into" && this.building.parentOf(this.drag.id) === target.parent)
      && this.building.mayStand(this.drag.id, target.parent);
  }

  #beside(row, part) {
    const parent = this.building.parentOf(row.id);
    if (part < 0.5) return { parent, before: row.id, how: "before" };
    const siblings = this.building.childrenOf(parent).filter((id) => id !== this.drag.id);
    return { parent, before: siblings[siblings.indexOf(row.id) + 1] || null, how: "after" };
  }

  #show(place, row) {
    const { to } = this.drag;
    this.line.hidden = !to;
    this.drag.ghost.classList.toggle("ed-no", !to);
    if (!to) return;
    const height = this.tree.rowHeight;
    this.line.className = `ed-line ed-${to.how}`;
    this.line.style.setProperty("--level", to.how === "into" ? row.level : row.level - 1);
    this.line.style.transform = `translateY(${(place + (to.how === "after" ? 1 : 0)) * height}px)`;
  }

  #openLater(row) {
    const { drag } = this;
    if (drag.over === row?.id) return;
    clearTimeout(drag.timer);
    drag.over = row?.id;
    if (row?.isOpen === false) drag.timer = setTimeout(() => this.tree.setOpen(row.id, true), OPEN_AFTER_MS);
  }

  #drop() {
    const { id, to, ghost } = this.drag;
    this.#end();
    if (ghost && to) this.acts.place(id, to.parent, to.before);
  }

  #end() {
    const { drag } = this;
    if (!drag) return;
    drag.stop.abort();
    clearInterval(drag.scroll);
    clearTimeout(drag.timer);
    drag.ghost?.remove();
    document.body.classList.remove("ed-dragging");
    this.line.hidden = true;
    this.tree.mark(null);
    this.drag = null;
  }
}
