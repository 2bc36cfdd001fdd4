/* The panel beside the tree: all about the selected site, space or device, and what can be done. */

import { h, plural } from "./dom.js";
import { SITE } from "./building.js";
import { deeds } from "./desk.js";
import { propertyForm } from "./forms.js";

export class Panel {
  constructor(element, { api, building, desk, acts, tree, say }) {
    Object.assign(this, { element, api, building, desk, acts, tree, say, turn: 0, view: null });
    tree.addEventListener("select", () => this.show());
    desk.addEventListener("turn", () => this.show());
  }

  async show() {
    const id = this.tree.active;
    const sort = this.building.sortOf(id);
    const mine = (this.turn += 1);
    if (sort === "site") return this.#fill(id, this.#site());
    if (sort === "thing") return this.#fill(id, this.#thing(this.building.things.get(id)));
    await new Promise((resolve) => { setTimeout(resolve, 120); });
    if (mine !== this.turn) return;
    try {
      const details = await this.api.get(`spaces/${id}/`);
      if (mine === this.turn && this.building.spaces.has(id)) this.#fill(id, this.#space(this.building.spaces.get(id), details));
    } catch (refusal) {
      if (mine === this.turn) this.#fill(id, [h("p", { class: "ed-quiet" }, refusal.message)]);
    }
  }

  #fill(id, parts) {
    const way = id === SITE ? [] : this.building.pathOf(id);
    const crumbs = way.map((one) => h("button", { type: "button", class: "ed-link", onclick: () => this.tree.reveal(one, { focus: true }) }, this.building.nameOf(one)));
    this.element.replaceChildren(
      h("nav", { class: "ed-crumbs", "aria-label": "Where it stands" }, crumbs),
      h("h2", {}, this.building.nameOf(id)), ...parts.filter(Boolean));
  }

  #part(title, ...children) {
    return h("section", { class: "ed-part" }, h("h3", {}, title), ...children);
  }

  #button(label, act, options = {}) {
    return h("button", { type: "button", onclick: act, ...options }, label);
  }

  #site() {
    const { building } = this;
    const missing = [...building.missing.values()].reduce((sum, one) => sum + one, 0);
    const loose = building.thingsIn(SITE);
    return [
      h("p", { class: "ed-quiet" }, `${plural(building.spaces.size, "space")}, ${plural(building.things.size, "device")}.`),
      this.#part("Slots to fill",
        h("p", {}, missing ? `${plural(missing, "device")} missing in ${plural(building.missing.size, "space")}.` : "Every slot has its device."),
        missing ? this.#button("Go to the next", () => this.acts.nextMissing(), { id: "ed-next" }) : null),
      this.#part("Views", h("p", { class: "ed-quiet" }, building.views.length ? "Choose one to see what is in it." : "This site has no views."),
        h("div", { class: "ed-views" }, building.views.map((view) => this.#viewButton(view)))),
      loose.length ? this.#part("In the site, in no space", this.#things(loose)) : null,
    ];
  }

  #viewButton(view) {
    const isOn = this.view === view.id;
    return this.#button(view.name, () => this.light(view), { class: "ed-chip", "aria-pressed": String(isOn), title: view.description });
  }

  /* Lights up what is in a view, in the tree and in the pictures. */
  async light(view) {
    if (this.view === view.id) {
      this.view = null;
      this.tree.light(null);
      this.tree.dispatchEvent(new Event("light"));
      return this.show();
    }
    try {
      const { nodes } = await this.api.get(`views/${view.id}/`);
      this.view = view.id;
      this.tree.light(new Set(nodes));
      this.tree.dispatchEvent(new Event("light"));
      this.say(`${view.name}: ${plural(nodes.length, "member")}.`);
    } catch (refusal) {
      this.say(refusal.message, "wrong");
    }
    return this.show();
  }

  #space(space, details) {
    const { building, acts } = this;
    const kind = building.kinds[space.kind];
    const things = building.thingsIn(space.id);
    return [
      h("p", { class: "ed-quiet" }, building.kindName(space.kind), details.holds.occupants ? `, ${plural(details.holds.occupants, "person", "people")} living here` : ""),
      h("div", { class: "ed-row-of" },
        this.#button("Rename", () => acts.rename(space.id)),
        this.#button("Move to…", () => acts.moveTo(space.id), { id: "ed-move-to" }),
        this.#button("Merge…", () => acts.merge(space.id), { id: "ed-merge" }),
        this.#button("Split…", () => acts.split(space.id), { id: "ed-split" }),
        this.#button("Remove…", () => acts.remove(space.id))),
      details.slots.length ? this.#part("Slots", details.slots.map((slot) => this.#slot(space, slot))) : null,
      this.#part(`Devices (${things.length})`, things.length ? this.#things(things) : h("p", { class: "ed-quiet" }, "None stands here."),
        this.#button("Place a device…", () => acts.fill(space.id, { name: "A device", categories: [], types: [] }))),
      this.#part("Properties", this.#properties(space, kind, details)),
      this.#memberships(space.id, details),
    ];
  }

  #properties(space, kind, details) {
    const schemas = kind?.properties ?? Object.fromEntries(Object.entries(details.properties).map(([key, value]) => [key, { name: key, schema: { type: typeof value === "object" ? "" : typeof value } }]));
    return propertyForm(schemas, details.properties, (given) => this.desk.do(...deeds.describe(this.building, space.id, given)));
  }

  #slot(space, slot) {
    const range = slot.max === null ? `at least ${slot.min}` : slot.min === slot.max ? `${slot.min}` : `${slot.min} to ${slot.max}`;
    const isFull = slot.max !== null && slot.devices.length >= slot.max;
    return h("div", { class: "ed-slot" },
      h("span", { class: slot.missing ? "ed-missing" : slot.devices.length ? "ed-filled" : "ed-empty" }, `${slot.devices.length}`),
      h("span", {}, slot.name, h("span", { class: "ed-where" }, ` ${range}`)),
      isFull ? null : this.#button("Place…", () => this.acts.fill(space.id, slot), { "aria-label": `Place a device: ${slot.name}` }));
  }

  #things(ids) {
    return h("ul", { class: "ed-things" }, ids.map((id) => {
      const thing = this.building.things.get(id);
      return h("li", {}, h("span", { class: `ed-state ed-${thing.status}`, title: thing.status }),
        this.#button(thing.name, () => this.tree.reveal(id, { focus: true }), { class: "ed-link" }),
        h("span", { class: "ed-where" }, thing.category || thing.sort));
    }));
  }

  #memberships(id, details) {
    const { building } = this;
    if (!building.views.length) return null;
    const boxes = building.views.map((view) => {
      const box = h("input", { type: "checkbox", checked: details.views.includes(view.id), onchange: () => this.desk.do(...(box.checked ? deeds.join : deeds.leave)(building, view, id)) });
      return h("label", { class: "ed-check" }, box, view.name, view.has_rule ? h("span", { class: "ed-where" }, " has a rule too") : null);
    });
    return this.#part("Put into views by hand", boxes);
  }

  #thing(thing) {
    const page = `../../../../../devices/${thing.sort}/${thing.id}/change/`;
    return [
      h("p", { class: "ed-quiet" }, `${thing.category || thing.sort}, ${thing.status}`),
      h("div", { class: "ed-row-of" },
        this.#button("Move to…", () => this.acts.moveTo(thing.id), { id: "ed-move-to" }),
        this.#button("Take off the site", () => this.acts.remove(thing.id)),
        h("a", { class: "ed-button", href: page }, "Its own page")),
      h("p", { class: "ed-quiet" }, "Drag it onto another space in the tree, or press Ctrl + X here and Ctrl + V there."),
    ];
  }
}
