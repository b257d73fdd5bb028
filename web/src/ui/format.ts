/** Numbers, sizes, dates and plurals in the reader's form (Intl). Times in milliseconds since 1970, sizes in bytes. */

const NBSP = '\u00a0';

export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** The word form that goes with `n`: 1 soubor, 2 soubory, 5 souborů. */
export function plural(locale: string): (n: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(locale);
  return (n, forms) => forms[rules.select(n)] ?? forms.other;
}

export interface Format {
  /** 23 */
  count(n: number): string;
  /** 38.1 MB (decimal units, one digit below 100 MB) */
  size(bytes: number): string;
  /** 23.6 of 38.1 MB: both in the unit of the whole. */
  part(done: number, total: number, of: string): string;
  /** 9 s, 3 min, 1 h 5 min */
  duration(seconds: number): string;
  /** 62 % */
  percent(fraction: number): string;
  /** Wednesday, 23 December 2026 */
  day(time: number): string;
  /** 23 December 2026 */
  date(time: number): string;
  /** 23 Dec */
  shortDay(time: number): string;
  /** 23 December 2026, 09:41 */
  moment(time: number): string;
  /** 09:41 today, Sun in the last six days, else 12 Nov */
  lately(time: number, now: number): string;
  /** today, 09:41 · yesterday · 12 Nov */
  ago(time: number, now: number): string;
  /** Ann, Ben and Cleo */
  list(names: string[]): string;
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

function unitOf(bytes: number): number {
  let unit = 0;
  while (unit < UNITS.length - 1 && bytes >= 999.5 * 1000 ** unit) unit += 1;
  return unit;
}

function daysBetween(time: number, now: number): number {
  const midnight = (t: number): number => new Date(t).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(time)) / 86_400_000);
}

/** A date is not torn apart but behind the weekday's comma. */
const tied = (text: string): string => text.replace(/(?<!,) /g, NBSP);

export function formatFor(locale: string): Format {
  const number = (digits: number): Intl.NumberFormat => new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
  const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, options);
  const long = { day: 'numeric', month: 'long', year: 'numeric' } as const;
  const whole = number(0);
  const figure = (bytes: number, unit: number): string => {
    const value = bytes / 1000 ** unit;
    return number(unit >= 2 && value < 99.95 ? 1 : 0).format(value);
  };
  const name = (unit: number): string => (unit === 1 && locale.startsWith('cs') ? 'kB' : (UNITS[unit] ?? ''));
  const clock = (time: number): string => dates({ hour: '2-digit', minute: '2-digit' }).format(time);
  const shortDay = (time: number): string => dates({ day: 'numeric', month: 'short' }).format(time);
  return {
    count: (n) => whole.format(n),
    size: (bytes) => figure(bytes, unitOf(bytes)) + NBSP + name(unitOf(bytes)),
    part: (done, total, of) => `${figure(done, unitOf(total))} ${of} ${figure(total, unitOf(total))}${NBSP}${name(unitOf(total))}`,
    duration: (seconds) => {
      const s = Math.max(1, Math.ceil(seconds));
      if (s < 60) return `${whole.format(s)}${NBSP}s`;
      const minutes = Math.round(s / 60);
      if (minutes < 60) return `${whole.format(minutes)}${NBSP}min`;
      const rest = minutes % 60;
      return `${whole.format((minutes - rest) / 60)}${NBSP}h${rest ? ` ${whole.format(rest)}${NBSP}min` : ''}`;
    },
    percent: (fraction) => new Intl.NumberFormat(locale, { style: 'percent' }).format(Math.floor(fraction * 100) / 100),
    day: (time) => tied(dates({ weekday: 'long', ...long }).format(time)),
    date: (time) => tied(dates(long).format(time)),
    shortDay,
    moment: (time) => dates({ ...long, hour: '2-digit', minute: '2-digit' }).format(time),
    lately: (time, now) => {
      const days = daysBetween(time, now);
      if (days <= 0) return clock(time);
      return days < 7 ? dates({ weekday: 'short' }).format(time) : shortDay(time);
    },
    ago: (time, now) => {
      const days = daysBetween(time, now);
      if (days > 1) return shortDay(time);
      const word = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-Math.max(0, days), 'day');
      return days <= 0 ? `${word}, ${clock(time)}` : word;
    },
    list: (names) => new Intl.ListFormat(locale, { type: 'conjunction' }).format(names),
  };
}
