import { stringEnd } from './json-scan.ts';

interface Level {
  /** Member names seen; undefined: an array. */
  readonly names: Set<string> | undefined;
  /** The member name or index of the next value. */
  at: string | number;
  /** The next string is a member name. */
  expectsName: boolean;
}

/** The paths of members that repeat a name of the same object. `text` must be valid JSON. */
export function duplicateMembers(text: string): string[] {
  const levels: Level[] = [];
  const found: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const level = levels.at(-1);
    switch (text.charAt(i)) {
      case '"': {
        const end = stringEnd(text, i);
        if (level?.names !== undefined && level.expectsName) {
          const name = JSON.parse(text.slice(i, end + 1)) as string;
          level.at = name;
          level.expectsName = false;
          if (level.names.has(name)) found.push(levels.map((part) => part.at).join('.'));
          level.names.add(name);
        }
        i = end;
        break;
      }
      case '{':
        levels.push({ names: new Set(), at: '', expectsName: true });
        break;
      case '[':
        levels.push({ names: undefined, at: 0, expectsName: false });
        break;
      case '}':
      case ']':
        levels.pop();
        break;
      case ',':
        if (level?.names !== undefined) level.expectsName = true;
        else if (typeof level?.at === 'number') level.at++;
        break;
      default:
        break;
    }
  }
  return found;
}
