/**
 * Indents JSON and keeps every number and string exactly: `JSON.parse` would round totals above 2^53. Text
 * that is not JSON keeps its words, possibly with other line breaks.
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
