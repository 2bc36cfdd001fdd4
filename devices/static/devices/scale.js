/* The axis of values: round numbers that a person would choose. */

function step(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough * (1 - 1e-9));
}

/* Where to begin, where to end, and the numbers between. */
export function scale(values, { fromZero, labels, most = 5 }) {
  if (labels.length) return { low: -0.25, high: labels.length - 0.75, ticks: labels.map((text, at) => ({ at, text })) };
  let low = Infinity, high = -Infinity;
  for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
  if (fromZero || (low >= 0 && low < 0.35 * high)) low = Math.min(0, low);
  if (fromZero) high = Math.max(0, high);
  if (low === high) { const room = Math.abs(low) * 0.1 || 1; low -= low === 0 ? 0 : room; high += room; }
  const each = step((high - low) / most);
  const first = Math.floor(low / each + 1e-9), last = Math.ceil(high / each - 1e-9);
  const ticks = [];
  for (let count = first; count <= last; count += 1) ticks.push({ at: count * each });
  return { low: first * each, high: last * each, ticks };
}

/* Break a series where nothing was heard for much longer than usual. */
export function pieces(times, longest) {
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  const usual = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  const limit = longest ? longest * 1.5 : usual * 5;
  const found = [];
  times.forEach((time, index) => {
    if (index === 0 || time - times[index - 1] > limit) found.push([]);
    found.at(-1).push(index);
  });
  return found;
}
