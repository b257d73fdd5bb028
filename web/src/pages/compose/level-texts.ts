import type { Level, LevelText } from '../../ui/level.ts';
import type { MemberTexts } from '../../ui/texts/member.en.ts';

export function levelTexts(t: MemberTexts): Record<Level, LevelText> {
  const text = (level: Level): LevelText => {
    const [name, short, protects, recipient] = t.levels[level];
    return { number: t.level(level), name, short, protects, recipient };
  };
  return { 1: text(1), 2: text(2), 3: text(3), 4: text(4) };
}
