/* Draws one series into an SVG: axes with unit and zone, a line or columns, a hand that reads. */

import { pieces, scale } from "./scale.js";
import { LENGTHS } from "./clock.js";

const SVG = "http://www.w3.org/2000/svg";
const PLAIN = 58, WIDEST = 170, LETTER = 6.8, RIGHT = 12, TOP = 26, BOTTOM = 26;

function s(tag, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

export class Drawing {
  constructor(box, { clock, words, language }) {
    Object.assign(this, { box, clock, words });
    this.number = new Intl.NumberFormat(language, { maximumSignificantDigits: 5 });
    this.svg = s("svg", { role: "img", tabindex: 0 });
    this.told = document.createElement("output");
    this.told.className = "told";
    this.told.hidden = true;
    box.replaceChildren(this.svg, this.told);
    this.svg.addEventListener("pointermove", (event) => this.#point(event));
    this.svg.addEventListener("pointerleave", () => this.#let());
    this.svg.addEventListener("keydown", (event) => this.#key(event));
    this.svg.addEventListener("blur", () => this.#let());
    new ResizeObserver(() => this.series && this.draw(this.series)).observe(box);
  }

  draw(series) {
    this.series = series;
    this.at = null;
    this.told.hidden = true;
    const { clientWidth: width, clientHeight: height } = this.box;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("aria-label", series.summary);
    this.svg.replaceChildren();
    if (!series.times.length) return;
    const longest = Math.max(0, ...series.labels.map((label) => label.length));
    this.left = Math.max(PLAIN, Math.min(longest * LETTER + 12, WIDEST, width / 2));
    const axis = scale(series.values, { fromZero: series.isColumns, labels: series.labels });
    this.x = (time) => this.left + ((time - series.start) / (series.end - series.start)) * (width - this.left - RIGHT);
    this.y = (value) => TOP + (1 - (value - axis.low) / (axis.high - axis.low)) * (height - TOP - BOTTOM);
    this.#axes(axis, width, height);
    if (series.isColumns) this.#columns(axis);
    else this.#lines(axis);
    this.hand = s("line", { class: "hand", y1: TOP, y2: height - BOTTOM, visibility: "hidden" });
    this.spot = s("circle", { class: "dot", r: 4, visibility: "hidden" });
    this.svg.append(this.hand, this.spot);
  }

  #axes(axis, width, height) {
    const { start, end, symbol } = this.series;
    for (const { at, text } of axis.ticks) {
      const y = this.y(at);
      this.svg.append(s("line", { class: "grid", x1: this.left, x2: width - RIGHT, y1: y, y2: y }));
      this.svg.append(s("text", { x: this.left - 8, y: y + 4, "text-anchor": "end" }, text ?? this.number.format(at)));
    }
    for (const { moment, text } of this.clock.ticks(start, end, Math.max(2, Math.floor((width - this.left) / 84)))) {
      const x = this.x(moment);
      this.svg.append(s("line", { class: "grid", x1: x, x2: x, y1: height - BOTTOM, y2: height - BOTTOM + 5 }));
      this.svg.append(s("text", { x, y: height - 6, "text-anchor": x > width - 40 ? "end" : "middle" }, text));
    }
    if (symbol) this.svg.append(s("text", { class: "unit", x: this.left - 8, y: 12, "text-anchor": "end" }, symbol));
    this.svg.append(s("text", { class: "zone", x: width - RIGHT, y: 12, "text-anchor": "end" }, `${this.words.clock} ${this.clock.zone}`));
  }

  #columns(axis) {
    const { times, values, coverage, interval, end } = this.series;
    const floor = this.y(Math.max(axis.low, 0));
    times.forEach((time, index) => {
      const usual = index + 1 < times.length ? times[index + 1] : time + LENGTHS[interval];
      const until = Math.min(usual, time + LENGTHS[interval], end);
      const x = Math.max(this.x(time), this.left), wide = this.x(until) - x, y = this.y(values[index]);
      const isPartial = coverage && coverage[index] < 0.95;
      this.svg.append(s("rect", {
        class: isPartial ? "column is-partial" : "column", x: x + Math.min(0.5, wide * 0.1), y: Math.min(y, floor),
        width: Math.max(wide - Math.min(1, wide * 0.2), 0.5), height: Math.max(Math.abs(floor - y), 0.5),
      }));
    });
  }

  #lines(axis) {
    const { times, values, isStep, interval, quality } = this.series;
    const floor = this.y(Math.max(axis.low, 0));
    for (const piece of pieces(times, LENGTHS[interval])) {
      let path = "";
      piece.forEach((index, nth) => {
        const x = this.x(times[index]).toFixed(1), y = this.y(values[index]).toFixed(1);
        path += nth === 0 ? `M${x} ${y}` : isStep ? `H${x}V${y}` : `L${x} ${y}`;
      });
      const first = this.x(times[piece[0]]), last = this.x(times[piece.at(-1)]);
      if (!isStep) this.svg.append(s("path", { class: "area", d: `${path}L${last} ${floor}L${first} ${floor}Z` }));
      this.svg.append(s("path", { class: "line", d: path }));
      if (piece.length === 1) this.#dot(piece[0], "dot");
    }
    quality.forEach((word, index) => { if (word !== "good") this.#dot(index, "dot is-doubtful"); });
  }

  #dot(index, name) {
    const { times, values } = this.series;
    this.svg.append(s("circle", { class: name, r: 2.5, cx: this.x(times[index]), cy: this.y(values[index]) }));
  }

  #point(event) {
    if (!this.series?.times.length) return;
    const { times, start, end } = this.series;
    const frame = this.svg.getBoundingClientRect();
    const share = (event.clientX - frame.left - this.left) / (frame.width - this.left - RIGHT);
    const time = start + share * (end - start);
    let low = 0, high = times.length - 1;
    while (low < high) { const middle = (low + high) >> 1; if (times[middle] < time) low = middle + 1; else high = middle; }
    this.#tell(low > 0 && time - times[low - 1] < times[low] - time ? low - 1 : low);
  }

  #key(event) {
    const last = (this.series?.times.length ?? 0) - 1;
    const to = { ArrowLeft: (this.at ?? last + 1) - 1, ArrowRight: (this.at ?? -1) + 1, Home: 0, End: last }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.#tell(Math.min(Math.max(to, 0), last));
  }

  #tell(index) {
    const { times, values, quality, symbol, labels, interval } = this.series;
    this.at = index;
    const x = this.x(times[index]);
    for (const name of ["x1", "x2"]) this.hand.setAttribute(name, x);
    this.spot.setAttribute("cx", x);
    this.spot.setAttribute("cy", this.y(values[index]));
    for (const part of [this.hand, this.spot]) part.setAttribute("visibility", "visible");
    const text = labels[values[index]] ?? `${this.number.format(values[index])} ${symbol}`.trim();
    const time = (["1d", "1mo"].includes(interval) ? this.clock.date : this.clock.whole).format(times[index]);
    this.told.textContent = [time, text, quality[index] === "good" ? "" : quality[index]].filter(Boolean).join(" · ");
    this.told.hidden = false;
    const room = this.box.clientWidth - this.told.offsetWidth;
    this.told.style.left = `${Math.min(Math.max(x - this.told.offsetWidth / 2, 0), room)}px`;
  }

  #let() {
    this.told.hidden = true;
    this.at = null;
    for (const part of [this.hand, this.spot]) part?.setAttribute("visibility", "hidden");
  }
}
