/**
 * JSON on many lines, with every number and text exactly as it was written: `JSON.parse` would round totals beyond 2^53.
 * A text that is no JSON comes back as it is, or at worst in other lines.
 */
export function prettyJson(json: string): string {
  let pretty = '';
  let deep = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+|[{}[\],:]|"/g)) {
    const closes = token === '}' || token === ']';
    if (closes) deep = Math.max(0, deep - 1);
    if (closes && !/[{[]$/.test(pretty)) pretty += line(deep);
    else if (!closes && /[{[]$/.test(pretty)) pretty += line(deep);
    pretty += token;
    if (token === '{' || token === '[') deep += 1;
    else if (token === ',') pretty += line(deep);
    else if (token === ':') pretty += ' ';
  }
  return pretty;
}

function line(deep: number): string {
  return `\n${'  '.repeat(deep)}`;
}
