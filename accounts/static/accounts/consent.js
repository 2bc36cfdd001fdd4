/* The consent form without reloading the page: places unfold in place. Without this script the same
   buttons send the form, and the whole page comes back. */
"use strict";

(() => {
  const form = document.querySelector("form.consent");
  if (!form || !document.getElementById("places")) return;
  const looking = new Set(["find", "open", "close"]);

  const look = async (button) => {
    const data = new FormData(form);
    data.append(button.name, button.value);
    const answer = await fetch(location.href, { method: "POST", body: data });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const places = page.getElementById("places");
    if (!answer.ok || !places) throw new Error("no places");
    document.getElementById("places").replaceWith(places);
    const again = button.name === "find" ? "q" : button.value;
    const next = [...places.querySelectorAll("button, input")].find(
      (one) => one.name === again || (one.tagName === "BUTTON" && one.value === again));
    if (next) next.focus();
  };

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || !looking.has(button.name)) return;
    event.preventDefault();
    form.setAttribute("aria-busy", "true");
    look(button)
      .catch(() => {
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name: button.name, value: button.value });
        form.append(field);
        form.submit();
      })
      .finally(() => form.removeAttribute("aria-busy"));
  });

  /* Choosing a date chooses the answer that it belongs to. */
  for (const name of ["history", "until"]) {
    const field = form.elements[`${name}_on`];
    if (field) field.addEventListener("input", () => { form.elements[name].value = "date"; });
  }
})();
