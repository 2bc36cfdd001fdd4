/* The chart of a device: asks for a point over a range, and has it drawn. */

import { Clock } from "./clock.js";
import { Drawing } from "./drawing.js";

const DAY = 86_400_000;
const byId = (id) => document.getElementById(id);
const form = byId("chart-form");
if (form) begin();

function begin() {
  const words = byId("chart-words").dataset;
  const language = document.documentElement.lang || "en";
  const clock = new Clock(words.zone, language);
  const drawing = new Drawing(byId("chart"), { clock, words, language });
  const points = Object.fromEntries(JSON.parse(byId("chart-points").textContent).map((one) => [one.key, one]));
  const context = { words, clock, drawing, points, number: drawing.number };
  let turn = 0;
  const draw = () => { turn += 1; return show(context, turn, () => turn); };
  form.addEventListener("submit", (event) => { event.preventDefault(); draw(); });
  form.addEventListener("change", () => { offerOwn(clock); if (!isOwn() || byId("c-until").value) draw(); });
  draw();
}

function isOwn() {
  return byId("c-range").value === "own";
}

/* Show the fields of a range of one's own, filled with the last week to begin with. */
function offerOwn(clock) {
  for (const field of form.querySelectorAll(".own")) field.hidden = !isOwn();
  if (!isOwn() || byId("c-from").value) return;
  const text = (moment) => new Date(clock.wall(moment)).toISOString().slice(0, 16);
  byId("c-from").value = text(Date.now() - 7 * DAY);
  byId("c-until").value = text(Date.now());
}

function chosen({ clock, points }) {
  const point = points[byId("c-point").value];
  const read = (id) => clock.moment(Date.parse(`${byId(id).value}Z`));
  const end = isOwn() ? read("c-until") : Date.now();
  const start = isOwn() ? read("c-from") : end - Number(byId("c-range").value) * DAY;
  return { point, start, end, interval: byId("c-interval").value || fitting(end - start, point) };
}

/* As fine as a screen can show: consumption needs buckets in any case. */
function fitting(span, point) {
  if (span <= 2 * DAY && !point.is_counter) return "raw";
  if (span <= 14 * DAY) return point.is_counter && span > 3 * DAY ? "1h" : "15m";
  return span <= 62 * DAY ? "1h" : "1d";
}

async function show(context, turn, latest) {
  const { words, drawing } = context, box = byId("chart"), said = byId("chart-said");
  const asked = chosen(context);
  if (!(asked.end > asked.start)) return;
  box.setAttribute("aria-busy", "true");
  said.textContent = words.wait;
  const answer = await askAsGranted(words, asked);
  if (turn !== latest()) return;
  box.setAttribute("aria-busy", "false");
  const series = prepared(answer, asked, context);
  drawing.draw(series);
  said.textContent = answer.problem ?? series.summary;
  said.dataset.drawn = `${asked.point.key} ${asked.interval}`;
}

/* Where only coarser values are granted, show these, unless the fineness was chosen. */
async function askAsGranted(words, asked) {
  const answer = await ask(words, asked);
  if (!answer.granted || byId("c-interval").value) return answer;
  asked.interval = answer.granted;
  return ask(words, asked);
}

async function ask(words, { point, start, end, interval }) {
  const time = (moment) => new Date(moment).toISOString();
  const query = new URLSearchParams({ point: point.key, start: time(start), end: time(end), interval });
  const link = byId("chart-csv");
  link.href = `${words.series}?${query}&format=csv`;
  link.hidden = false;
  const nothing = { times: [], values: [], quality: [] };
  try {
    const response = await fetch(`${words.series}?${query}`, { credentials: "same-origin" });
    const body = await response.json();
    if (response.ok) return body;
    const details = (body.errors ?? []).map((one) => one.detail).join(" ");
    return { ...nothing, granted: body.granted, problem: details || body.detail || body.title };
  } catch {
    return { ...nothing, problem: words.lost };
  }
}

/* Numbers for what was answered: labels become their place, yes and no one and zero. */
function prepared(answer, { point, start, end, interval }, { words, number }) {
  const isYesNo = point.is_step && !point.labels.length;
  const labels = isYesNo ? [words.no, words.yes] : point.labels;
  const value = (one) => (typeof one === "string" ? point.labels.indexOf(one) : Number(one));
  const values = answer.values.map(value);
  const isColumns = answer.aggregate === "delta";
  const series = {
    ...answer, values, labels, start, end, interval, isColumns, isStep: point.is_step,
    times: answer.times.map((time) => Date.parse(time)), symbol: point.symbol,
  };
  return { ...series, summary: summary(series, { words, number, point }) };
}

function summary({ values, symbol, isColumns, labels, is_cut: isCut }, { words, number, point }) {
  if (!values.length) return words.nothing;
  const told = (value) => `${number.format(value)} ${symbol}`.trim();
  const sum = values.reduce((total, value) => total + value, 0);
  const most = values.reduce((a, b) => Math.max(a, b)), least = values.reduce((a, b) => Math.min(a, b));
  const numbers = isColumns
    ? [`${words.sum} ${told(sum)}`]
    : [`${words.mean} ${told(sum / values.length)}`, `${words.least} ${told(least)}`, `${words.most} ${told(most)}`];
  const parts = [point.name, `${values.length} ${words.values}`, ...(labels.length ? [] : numbers)];
  return `${parts.join(" · ")}. ${isCut ? words.cut : ""}`.trim();
}
