/* Does what is asked for: shows it at once, sends it, takes it back; remembers how to undo it. */

import { SITE } from "./building.js";

export class Desk extends EventTarget {
  constructor(api, building, say) {
    super();
    this.api = api;
    this.building = building;
    this.say = say;
    this.done = [];
    this.undone = [];
    this.turn = Promise.resolve();
  }

  /* Deeds follow each other, so that each is sent with the state that the last one left. */
  do(deed, label) {
    return this.#queue(async () => {
      const answer = await this.#send(deed);
      if (!answer) return null;
      this.undone = [];
      this.done.push({ label, deed: answer.undo, node: answer.node });
      this.#told(label, answer.news);
      return answer;
    });
  }

  /* What was planned and looked at; `asked` ({ at, body }) plans it again. */
  apply(plan, label, asked) {
    return this.#queue(async () => {
      if (!(await this.#rebuild(plan, "apply"))) return false;
      this.undone = [];
      this.done.push({ label, plan, asked });
      this.#told(label, []);
      return true;
    });
  }

  undo() {
    return this.#queue(() => this.#turnBack(this.done, this.undone, "Undone"));
  }

  redo() {
    return this.#queue(() => this.#turnBack(this.undone, this.done, "Done again"));
  }

  async #turnBack(from, to, word) {
    const entry = from.pop();
    if (!entry) return;
    if (entry.plan) {
      if (entry.isGone) await this.#applyAgain(entry, to, word);
      else if (await this.#rebuild(entry.plan, "undo")) {
        to.push({ ...entry, isGone: true });
        this.#told(`${word}: ${entry.label}`, []);
      }
      return;
    }
    const answer = await this.#send(entry.deed);
    if (!answer) return;
    if (entry.deed.deed === "add") this.#rename(entry.node, answer.node);
    to.push({ label: entry.label, deed: answer.undo, node: answer.node });
    this.#told(`${word}: ${entry.label}`, answer.news);
  }

  /* A plan is applied once: doing it again takes a new one. */
  async #applyAgain(entry, to, word) {
    try {
      const fresh = await this.api.post(entry.asked.at, entry.asked.body);
      if (!(await this.#rebuild(fresh.plan, "apply"))) return;
      to.push({ ...entry, plan: fresh.plan, isGone: false });
      this.#told(`${word}: ${entry.label}`, []);
    } catch (refusal) {
      await this.#refused(refusal);
    }
  }

  /* What was made again has another id: later steps shall mean it. */
  #rename(before, now) {
    const again = (entry) => JSON.parse(JSON.stringify(entry).replaceAll(before, now));
    this.done = this.done.map(again);
    this.undone = this.undone.map(again);
  }

  async #send(deed) {
    this.building.foresee(deed);
    try {
      const answer = await this.api.post("edits/", { ...deed, seen: this.building.revision });
      this.building.settle(answer);
      if (answer.news.length) await this.reload();
      return answer;
    } catch (refusal) {
      await this.#refused(refusal);
      return null;
    }
  }

  async #rebuild(plan, deed) {
    try {
      this.building.load(await this.api.post(`plans/${plan}/${deed}/`));
      return true;
    } catch (refusal) {
      await this.#refused(refusal);
      return false;
    }
  }

  async #refused(refusal) {
    this.say([refusal.message, ...refusal.news].join(" "), "wrong");
    if (refusal.status) await this.reload();
  }

  async reload() {
    try {
      this.building.load(await this.api.get("building/"));
    } catch (refusal) {
      this.say(refusal.message, "wrong");
    }
  }

  #told(label, news) {
    this.say(news.length ? `${label}. Meanwhile: ${news.join(" ")}` : `${label}.`, news.length ? "mind" : "good");
  }

  #queue(work) {
    this.turn = this.turn.then(work).finally(() => this.dispatchEvent(new Event("turn")));
    return this.turn;
  }
}

/* The deeds, in the words that the history shows. */
export const deeds = {
  rename: (building, space, to) =>
    [{ deed: "rename", space, to }, `Renamed ${building.nameOf(space)} to ${to}`],
  describe: (building, space, properties) =>
    [{ deed: "describe", space, properties }, `Changed the properties of ${building.nameOf(space)}`],
  move: (building, space, parent, before = null) =>
    [{ deed: "move", space, parent: parent === SITE ? null : parent, before },
      building.parentOf(space) === parent
        ? `Reordered ${building.nameOf(space)}`
        : `Moved ${building.nameOf(space)} into ${building.nameOf(parent)}`],
  add: (building, kind, called, parent) =>
    [{ deed: "add", kind, called, parent: parent === SITE ? null : parent }, `Added ${called}`],
  put: (building, thing, name, space) =>
    [{ deed: "put", thing, space: space === SITE ? null : space, off: false },
      `Put ${name} into ${building.nameOf(space)}`],
  off: (building, thing) =>
    [{ deed: "put", thing, space: null, off: true }, `Took ${building.nameOf(thing)} off the site`],
  join: (building, view, node) =>
    [{ deed: "join", view: view.id, node }, `Put ${building.nameOf(node)} into the view ${view.name}`],
  leave: (building, view, node) =>
    [{ deed: "leave", view: view.id, node }, `Took ${building.nameOf(node)} out of the view ${view.name}`],
};
