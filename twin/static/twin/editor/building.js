/* The building in memory: spaces by id, children in order, devices by space. The site is "". */

export const SITE = "";

export class Building extends EventTarget {
  load(data) {
    this.revision = data.revision;
    this.site = data.site;
    this.kinds = data.kinds;
    this.views = data.views;
    this.missing = new Map(Object.entries(data.missing));
    this.spaces = new Map();
    this.children = new Map([[SITE, []]]);
    this.things = new Map();
    this.held = new Map();
    for (const row of data.spaces) this.#keep(row);
    for (const row of data.spaces) this.childrenOf(row[1] || SITE).push(row[0]);
    for (const row of data.things) this.keepThing(row);
    this.palette = new Map(Object.keys(this.kinds).map((kind, number) => [kind, number % 8]));
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  #keep([id, parent, kind, name]) {
    this.spaces.set(id, { id, parent: parent || SITE, kind, name });
  }

  keepThing([id, space, sort, name, category, status]) {
    this.dropThing(id);
    const thing = { id, space: space || SITE, sort, name, category, status };
    this.things.set(id, thing);
    if (!this.held.has(thing.space)) this.held.set(thing.space, []);
    this.held.get(thing.space).push(id);
  }

  dropThing(id) {
    const known = this.things.get(id);
    if (!known) return;
    this.things.delete(id);
    this.held.set(known.space, this.held.get(known.space).filter((one) => one !== id));
  }

  childrenOf(id) {
    if (!this.children.has(id)) this.children.set(id, []);
    return this.children.get(id);
  }

  thingsIn(id) {
    return this.held.get(id) || [];
  }

  sortOf(id) {
    if (id === SITE) return "site";
    return this.spaces.has(id) ? "space" : this.things.has(id) ? "thing" : null;
  }

  nameOf(id) {
    return id === SITE ? this.site.name : (this.spaces.get(id) || this.things.get(id) || { name: "" }).name;
  }

  kindName(kind) {
    return this.kinds[kind] ? this.kinds[kind].name : kind;
  }

  parentOf(id) {
    return this.spaces.has(id) ? this.spaces.get(id).parent : this.things.get(id).space;
  }

  /* What leads to a node, the site first, the node itself left out. */
  pathOf(id) {
    const path = [];
    for (let at = id; at !== SITE;) {
      at = this.parentOf(at);
      path.unshift(at);
    }
    return path;
  }

  isWithin(id, top) {
    for (let at = id; ; at = this.parentOf(at)) {
      if (at === top) return true;
      if (at === SITE) return false;
    }
  }

  /* Yields a space and all below it, parents first. */
  *below(id) {
    yield id;
    for (const child of this.childrenOf(id)) yield* this.below(child);
  }

  /* Kinds that may be added in a place, each with whether it is full there. */
  kindsIn(id) {
    const keys = id === SITE
      ? Object.keys(this.kinds).filter((kind) => this.kinds[kind].is_root)
      : Object.keys(this.#holds(id));
    return keys.map((kind) => ({ kind, name: this.kindName(kind), isFull: this.#isFull(id, kind) }));
  }

  #holds(id) {
    const kind = this.kinds[this.spaces.get(id).kind];
    return kind ? kind.contains : {};
  }

  #isFull(id, kind) {
    const limit = id === SITE ? null : this.#holds(id)[kind];
    if (limit === null || limit === undefined) return false;
    return this.childrenOf(id).filter((child) => this.spaces.get(child).kind === kind).length >= limit;
  }

  /* Whether a space or device may stand in a place. */
  mayStand(id, place) {
    if (this.things.has(id)) return place === SITE || this.spaces.has(place);
    if (!this.spaces.has(id) || this.things.has(place) || this.isWithin(place, id)) return false;
    if (this.spaces.get(id).parent === place) return true;
    return this.kindsIn(place).some((one) => one.kind === this.spaces.get(id).kind && !one.isFull);
  }

  /* Shows at once what a deed will do; the server's answer settles it. */
  foresee(deed) {
    if (deed.deed === "rename") this.spaces.get(deed.space).name = deed.to;
    if (deed.deed === "put" && this.things.has(deed.thing) && !deed.off) {
      const { id, sort, name, category, status } = this.things.get(deed.thing);
      this.keepThing([id, deed.space, sort, name, category, status]);
    }
    if (deed.deed === "move") this.#hang(deed.space, deed.parent || SITE, deed.before);
    this.changed();
  }

  #hang(id, parent, before) {
    const space = this.spaces.get(id);
    this.children.set(space.parent, this.childrenOf(space.parent).filter((one) => one !== id));
    const beside = this.childrenOf(parent);
    beside.splice(before ? beside.indexOf(before) : beside.length, 0, id);
    space.parent = parent;
  }

  /* Takes over what the server says has changed. */
  settle(answer) {
    this.revision = answer.revision;
    const stays = new Set(Object.values(answer.branches).flat().map((row) => row[0]));
    for (const [parent, rows] of Object.entries(answer.branches)) {
      for (const id of this.childrenOf(parent)) if (!stays.has(id)) this.spaces.delete(id);
      for (const row of rows) this.#keep(row);
      this.children.set(parent, rows.map((row) => row[0]));
    }
    if (answer.thing) this.keepThing(answer.thing);
    else if (answer.thing === null) this.dropThing(answer.node);
    for (const [id, count] of Object.entries(answer.missing || {})) {
      if (count) this.missing.set(id, count);
      else this.missing.delete(id);
    }
    this.changed();
  }
}
