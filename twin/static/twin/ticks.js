/* Ticks all sites or none, and counts them; without it one ticks by hand. */

const boxes = [...document.querySelectorAll("input[name=sites]")];
const tools = document.querySelector(".twin-ticks");

function count() {
  const ticked = boxes.filter((box) => box.checked).length;
  document.getElementById("tick-count").textContent = `${ticked} of ${boxes.length}`;
}

function tick(checked) {
  for (const box of boxes) box.checked = checked;
  count();
}

if (tools) {
  tools.hidden = false;
  document.getElementById("tick-all").addEventListener("click", () => tick(true));
  document.getElementById("tick-none").addEventListener("click", () => tick(false));
  for (const box of boxes) box.addEventListener("change", count);
  count();
}
