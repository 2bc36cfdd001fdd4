/* Elements without strings of HTML: text stays text, and the content security policy holds. */

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const h = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);

export const s = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

/* Call once per frame at most, with the last arguments. */
export function perFrame(callback) {
  let waiting = null;
  return (...given) => {
    if (waiting === null) requestAnimationFrame(() => { const last = waiting; waiting = null; callback(...last); });
    waiting = given;
  };
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
