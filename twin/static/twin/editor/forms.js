/* The properties of a space as a form, by the JSON Schemas of its kind. */

import { h } from "./dom.js";

const NUMBERS = new Set(["integer", "number"]);

export function propertyForm(schemas, values, save) {
  const fields = Object.entries(schemas).map(([key, property]) => field(key, property, values[key]));
  if (!fields.length) return h("p", { class: "ed-quiet" }, "This kind has no properties.");
  const button = h("button", { type: "submit", class: "ed-default", disabled: true }, "Save properties");
  const submit = (event) => {
    event.preventDefault();
    const given = { ...values };
    for (const one of fields) {
      const value = one.read();
      if (value === undefined) delete given[one.key];
      else given[one.key] = value;
    }
    save(given);
  };
  return h("form", { class: "ed-form", onsubmit: submit, oninput: () => { button.disabled = false; } }, fields.map((one) => one.element), button);
}

function field(key, property, value) {
  const { schema } = property;
  const id = `ed-property-${key}`;
  const input = inputFor(schema, value, id);
  const unit = property.symbol ? h("span", { id: `${id}-unit`, class: "ed-unit", title: property.unit }, property.symbol) : null;
  if (unit) input.setAttribute("aria-describedby", unit.id);
  const help = property.description ? h("small", { class: "ed-quiet" }, property.description) : null;
  const read = () => reading(schema, input);
  return { key, read, element: h("div", { class: "ed-field" }, h("label", { for: id }, property.name || key), h("div", { class: "ed-value" }, input, unit), help) };
}

function inputFor(schema, value, id) {
  if (schema.enum) return select(schema.enum, value, id);
  if (schema.type === "boolean") return select([true, false], value, id, (one) => (one ? "Yes" : "No"));
  if (NUMBERS.has(schema.type)) {
    const step = schema.type === "integer" ? 1 : "any";
    return h("input", { id, type: "number", step, min: schema.minimum, max: schema.maximum, value });
  }
  if (schema.type === "string") {
    const type = { date: "date", uri: "url", email: "email" }[schema.format] || "text";
    return h("input", { id, type, maxlength: schema.maxLength, minlength: schema.minLength, pattern: schema.pattern, value });
  }
  const text = h("textarea", { id, rows: 2, spellcheck: "false" });
  text.value = value === undefined ? "" : JSON.stringify(value);
  return text;
}

function select(values, value, id, name = String) {
  const choices = values.map((one, place) => h("option", { value: place, selected: one === value }, name(one)));
  const element = h("select", { id }, h("option", { value: "" }, "–"), choices);
  element.read = () => (element.value === "" ? undefined : values[element.value]);
  return element;
}

function reading(schema, input) {
  if (input.read) return input.read();
  if (input.value === "") return undefined;
  if (NUMBERS.has(schema.type)) return Number(input.value);
  if (schema.type === "string") return input.value;
  try {
    return JSON.parse(input.value);
  } catch {
    return input.value;
  }
}
