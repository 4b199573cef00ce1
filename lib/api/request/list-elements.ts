/**
 * Splits a list header at commas outside quoted strings, trims the elements and drops empty ones (RFC 9110
 * 5.6.1.2). An unterminated quoted string extends to the end of the value.
 */
export function listElements(value: string): string[] {
  const elements: string[] = [];
  let start = 0;
  let quoted = false;
  const add = (end: number): void => {
    const element = value.slice(start, end).trim();
    if (element !== '') elements.push(element);
    start = end + 1;
  };
  for (let i = 0; i < value.length; i++) {
    const character = value.charAt(i);
    if (character === '"') quoted = !quoted;
    else if (character === '\\' && quoted) i++;
    else if (character === ',' && !quoted) add(i);
  }
  add(value.length);
  return elements;
}
