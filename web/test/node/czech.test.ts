/** Czech words that change with what stands before them. */
import { expect, test } from 'vitest';
import { formatFor } from '../../src/ui/format.ts';
import visitor from '../../src/ui/texts/visitor.cs.ts';

test('until a weekday is in the second case, every day of a week', () => {
  const format = formatFor('cs-CZ');
  const monday = Date.UTC(2026, 11, 21, 12);
  const days = Array.from({ length: 7 }, (_, at) => visitor.until(format.day(monday + at * 86_400_000)).join('').replaceAll('\u00a0', ' '));
  expect(days[2]).toBe('Připraveno pro vás do středy 23. prosince 2026');
  expect(days.map((day) => day.split(' ')[4])).toEqual(['pondělí', 'úterý', 'středy', 'čtvrtka', 'pátku', 'soboty', 'neděle']);
});
