/* Starts the building editor: loads the building and ties its parts together. */

import { Acts } from "./acts.js";
import { Api } from "./api.js";
import { Building } from "./building.js";
import { Desk } from "./desk.js";
import { showKeys } from "./dialogs.js";
import { byId, plural } from "./dom.js";
import { Dragging } from "./dragging.js";
import { KEYS, Keys } from "./keys.js";
import { Panel } from "./panel.js";
import { Picture } from "./picture.js";
import { Search } from "./search.js";
import { Tree } from "./tree.js";

const page = byId("editor");
const places = JSON.parse(byId("editor-places").textContent);
const api = new Api(places.root, page.querySelector("[name=csrfmiddlewaretoken]").value);
const building = new Building();
const desk = new Desk(api, building, say);
const acts = new Acts({ api, building, desk, say, may: places.may });
const tree = new Tree(byId("ed-tree"), building);
acts.tree = tree;
acts.search = () => byId("ed-search").focus();

let fading = 0;
function say(text, how = "") {
  const line = byId("ed-said");
  line.textContent = text;
  line.className = `ed-said ed-${how || "plain"}`;
  clearTimeout(fading);
  if (how === "good" || !how) fading = setTimeout(() => { line.textContent = ""; line.className = "ed-said"; }, 6000);
}

function tieButtons() {
  const clicks = {
    "ed-undo": () => desk.undo(),
    "ed-redo": () => desk.redo(),
    "ed-add": () => acts.add(tree.active),
    "ed-remove": () => acts.remove(tree.active),
    "ed-up": () => acts.shift(tree.active, -1),
    "ed-down": () => acts.shift(tree.active, 1),
    "ed-fold": () => tree.foldAll(),
    "ed-help": () => showKeys(KEYS),
  };
  for (const [id, act] of Object.entries(clicks)) byId(id).addEventListener("click", act);
  byId("ed-add").hidden = !places.may.add;
  byId("ed-remove").hidden = !places.may.remove;
}

function tellTurn() {
  for (const [id, steps, word] of [["ed-undo", desk.done, "Undo"], ["ed-redo", desk.undone, "Redo"]]) {
    const last = steps.at(-1);
    byId(id).disabled = !last;
    byId(id).title = last ? `${word}: ${last.label}` : "";
  }
}

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select")) return;
  const isRedo = event.key === "y" || (event.key.toLowerCase() === "z" && event.shiftKey);
  if (isRedo) desk.redo();
  else if (event.key === "z") desk.undo();
  else return;
  event.preventDefault();
});

async function start() {
  new Keys(tree, building, acts);
  new Dragging(tree, building, acts);
  new Picture(byId("ed-picture"), { api, building, tree, say });
  const panel = new Panel(byId("ed-panel"), { api, building, desk, acts, tree, say });
  new Search(byId("ed-search"), byId("ed-found"), building, ({ id, view }) => (view ? panel.light(view) : tree.reveal(id, { focus: true })));
  tieButtons();
  desk.addEventListener("turn", tellTurn);
  building.addEventListener("change", () => { byId("ed-count").textContent = plural(building.spaces.size, "space"); });
  await desk.reload();
  if (!building.site) return;
  for (const top of building.childrenOf("")) tree.open.add(top);
  tree.update();
  panel.show();
  page.removeAttribute("aria-busy");
  performance.mark("editor-ready");
}

start();
