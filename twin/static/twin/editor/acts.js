/* What a person can do to the selected row, whichever way they ask for it: mouse, keys or buttons. */

import { SITE } from "./building.js";
import { deeds } from "./desk.js";
import { byId, plural } from "./dom.js";
import { askSplit, choose, lookAtPlan, menu } from "./dialogs.js";

export class Acts {
  constructor({ api, building, desk, say, may }) {
    Object.assign(this, { api, building, desk, say, may, picked: null });
  }

  async rename(id) {
    if (!this.building.spaces.has(id)) return this.say("Devices are renamed on their own page.", "mind");
    const name = await this.tree.rename(id);
    if (name) await this.desk.do(...deeds.rename(this.building, id, name));
  }

  /* Offers the kinds that may stand here, makes one and lets it be named at once. */
  async add(id) {
    const { building } = this;
    const place = building.things.has(id) ? building.parentOf(id) : id;
    const kinds = building.kindsIn(place);
    if (!kinds.length) return this.say(`Nothing can stand inside ${building.nameOf(place)}.`, "mind");
    const taken = await menu(byId("ed-add"), kinds, `Add inside ${building.nameOf(place)}`);
    if (!taken) return;
    const made = await this.desk.do(...deeds.add(building, taken.kind, this.#nextName(place, taken), place));
    if (!made) return;
    this.tree.reveal(made.node, { focus: true });
    await this.rename(made.node);
  }

  #nextName(place, { kind, name }) {
    const names = new Set(this.building.childrenOf(place).map((id) => this.building.nameOf(id)));
    let number = this.building.childrenOf(place).filter((id) => this.building.spaces.get(id).kind === kind).length + 1;
    while (names.has(`${name} ${number}`)) number += 1;
    return `${name} ${number}`;
  }

  /* Puts a space or device somewhere, if it may stand there. */
  async place(id, parent, before = null) {
    const { building } = this;
    if (!building.mayStand(id, parent)) {
      return this.say(`${building.nameOf(id)} cannot stand in ${building.nameOf(parent)}.`, "wrong");
    }
    const deed = building.things.has(id)
      ? deeds.put(building, id, building.nameOf(id), parent)
      : deeds.move(building, id, parent, before);
    if (await this.desk.do(...deed)) this.tree.reveal(id);
  }

  shift(id, by) {
    if (!this.building.spaces.has(id)) return;
    const parent = this.building.parentOf(id);
    const beside = this.building.childrenOf(parent);
    const to = beside.indexOf(id) + by;
    if (to < 0 || to >= beside.length) return;
    return this.place(id, parent, by < 0 ? beside[to] : beside[to + 1] || null);
  }

  pick(id) {
    if (id === SITE) return;
    this.picked = id;
    this.tree.mark(id);
    if (id) this.say(`${this.building.nameOf(id)} is picked up. Go to a space and press Ctrl + V.`);
  }

  drop(id) {
    const { picked } = this;
    this.pick(null);
    if (picked) return this.place(picked, this.building.things.has(id) ? this.building.parentOf(id) : id);
  }

  async moveTo(id) {
    if (id === SITE) return;
    const to = await this.choosePlace(`Move ${this.building.nameOf(id)} to`, (place) =>
      place !== this.building.parentOf(id) && this.building.mayStand(id, place));
    if (to) await this.place(id, to.id);
    this.tree.element.focus();
  }

  choosePlace(title, isFit) {
    const { building } = this;
    const all = [SITE, ...building.childrenOf(SITE).flatMap((top) => [...building.below(top)])].filter(isFit);
    const row = (id) => ({ id, name: building.nameOf(id), where: id === SITE ? "" : building.pathOf(id).map((one) => building.nameOf(one)).join(" › ") });
    return choose(title, (text) => all.map(row).filter((one) => `${one.name} ${one.where}`.toLowerCase().includes(text)), { label: "Search a space" });
  }

  async remove(id) {
    if (id === SITE) return;
    if (this.building.things.has(id)) return this.desk.do(...deeds.off(this.building, id));
    const asked = { space: id, move_to: null };
    const name = this.building.nameOf(id);
    await this.desk.turn;
    for (;;) {
      const plan = await this.#planned("removals/", asked);
      if (!plan) return;
      const answer = await lookAtPlan(`Remove ${name}?`, plan, "Remove");
      if (answer === "apply") await this.desk.apply(plan.plan, `Removed ${name}`, { at: "removals/", body: asked });
      if (answer !== "place") break;
      const to = await this.choosePlace(`Where do the things in ${name} go?`, (place) => place !== SITE && !this.building.isWithin(place, id));
      if (!to) break;
      asked.move_to = to.id;
    }
    this.tree.element.focus();
  }

  /* Lets a space go up in another of its kind, after a look at what becomes of it. */
  async merge(id) {
    const { building } = this;
    const { kind } = building.spaces.get(id);
    const name = building.nameOf(id);
    const to = await this.choosePlace(`Merge ${name} into`, (place) =>
      place !== SITE && building.spaces.get(place).kind === kind && !building.isWithin(place, id));
    if (to) await this.#reshape("merges/", { space: id, into: to.id }, `Merge ${name} into ${to.name}?`, "Merge", `Merged ${name} into ${to.name}`);
    if (to && !building.spaces.has(id)) this.tree.reveal(to.id, { focus: true });
    this.tree.element.focus();
  }

  /* Makes a space right behind another, of its kind, with the children that are ticked. */
  async split(id) {
    const { building } = this;
    const name = building.nameOf(id);
    const children = building.childrenOf(id).map((child) => ({ id: child, name: building.nameOf(child) }));
    const parent = building.parentOf(id);
    const given = await askSplit(`Split ${name}`, this.#nextName(parent, { kind: building.spaces.get(id).kind, name: building.kindName(building.spaces.get(id).kind) }), children);
    if (given) await this.#reshape("splits/", { space: id, ...given }, `Split ${name}?`, "Split", `Split ${given.name} off ${name}`);
    this.tree.element.focus();
  }

  async #reshape(at, body, question, word, label) {
    await this.desk.turn;
    const plan = await this.#planned(at, body);
    if (plan && await lookAtPlan(question, plan, word) === "apply") await this.desk.apply(plan.plan, label, { at, body });
  }

  async #planned(at, asked) {
    try {
      return await this.api.post(at, asked);
    } catch (refusal) {
      this.say(refusal.message, "wrong");
      return null;
    }
  }

  /* Fills a slot of a space: with a device that stands in the site itself, or one that stands nowhere. */
  async fill(space, slot) {
    const here = this.building.thingsIn(SITE).map((id) => this.building.things.get(id))
      .filter((thing) => thing.sort === "device" && (!slot.categories.length || slot.categories.includes(thing.category)))
      .map((thing) => ({ id: thing.id, name: thing.name, where: "in this site, in no space" }));
    const chosen = await choose(`${slot.name} for ${this.building.nameOf(space)}`, async (text) => {
      const query = [["q", text], ...slot.categories.map((one) => ["category", one]), ...slot.types.map((one) => ["type", one])];
      const { things } = await this.api.get("spare/", query);
      return [...here.filter((one) => one.name.toLowerCase().includes(text)), ...things.map((row) => ({ id: row[0], name: row[3], where: `${row[4] || row[2]}, at no site yet` }))];
    }, { label: "Search a device", none: "No device that fits is free. Activate one first, or choose another." });
    if (chosen) await this.desk.do(...deeds.put(this.building, chosen.id, chosen.name, space));
  }

  /* Goes to the next space that lacks a device. */
  nextMissing() {
    const order = this.building.childrenOf(SITE).flatMap((top) => [...this.building.below(top)]);
    const from = order.indexOf(this.tree.active) + 1;
    const next = [...order.slice(from), ...order.slice(0, from)].find((id) => this.building.missing.has(id));
    if (next) this.tree.reveal(next, { focus: true });
    this.say(next ? `${this.building.nameOf(next)}: ${plural(this.building.missing.get(next), "device")} missing.` : "No device is missing.");
  }
}
