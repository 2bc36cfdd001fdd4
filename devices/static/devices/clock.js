/* Times on a clock on a wall: a zone's own hours, days and months, also when the clocks change. */

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const STEPS = [15 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY];
const MONTHS = [1, 2, 3, 6, 12];
export const LENGTHS = { "15m": 15 * MINUTE, "1h": HOUR, "1d": 25 * HOUR, "1mo": 745 * HOUR };

export class Clock {
  constructor(zone, language) {
    this.zone = zone;
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
    this.reader = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...parts });
    const style = (options) => new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
    this.hour = style({ hour: "2-digit", minute: "2-digit" });
    this.day = style({ day: "numeric", month: "short" });
    this.month = style({ month: "short", year: "numeric" });
    this.whole = style({ dateStyle: "medium", timeStyle: "short" });
    this.date = style({ dateStyle: "full" });
  }

  /* What the wall shows at a moment, as if it were UTC. */
  wall(moment) {
    const read = Object.fromEntries(this.reader.formatToParts(moment).map((part) => [part.type, part.value]));
    return Date.UTC(read.year, read.month - 1, read.day, read.hour, read.minute, read.second);
  }

  /* The moment at which the wall shows that; in the hour that does not exist, the one after. */
  moment(wall) {
    const guess = wall - (this.wall(wall) - wall);
    return guess - (this.wall(guess) - wall);
  }

  /* Where to write times on an axis: moments with their texts, at most so many. */
  ticks(start, end, most) {
    const step = STEPS.find((one) => (end - start) / one <= most);
    return step ? this.#even(start, end, step) : this.#months(start, end, most);
  }

  #even(start, end, step) {
    const ticks = [];
    for (let wall = Math.ceil(this.wall(start) / step) * step; ; wall += step) {
      const moment = this.moment(wall);
      if (moment > end) return ticks;
      const isMidnight = wall % DAY === 0;
      if (moment >= start) ticks.push({ moment, text: (step < DAY && !isMidnight ? this.hour : this.day).format(moment) });
    }
  }

  #months(start, end, most) {
    const from = new Date(this.wall(start));
    const count = (end - start) / (30 * DAY);
    const step = MONTHS.find((one) => count / one <= most) ?? 12 * Math.ceil(count / 12 / most);
    const ticks = [];
    for (let month = Math.ceil((from.getUTCFullYear() * 12 + from.getUTCMonth()) / step) * step; ; month += step) {
      const moment = this.moment(Date.UTC(Math.floor(month / 12), month % 12, 1));
      if (moment > end) return ticks;
      if (moment >= start) ticks.push({ moment, text: this.month.format(moment) });
    }
  }
}
