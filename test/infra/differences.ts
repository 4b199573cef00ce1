type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * What changes one JSON value into another, a line for each change, which begins with its path
 * (`Resources/ApiKey/Properties/Name: "old" -> "new"`). What only the first has is named without its content.
 */
export function differences(from: Json, to: Json, path = ''): string[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  if (isList(from) && isList(to) && from.length !== to.length) return listDifferences(from, to, path);
  const [before, after] = [membersOf(from), membersOf(to)];
  if (before === undefined || after === undefined || isList(from) !== isList(to))
    return [change(path, from, to)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const inner = path === '' ? name : `${path}/${name}`;
    const [old, young] = [before.get(name), after.get(name)];
    if (young === undefined) return [`${inner}: removed`];
    if (old === undefined) return [`${inner}: added ${JSON.stringify(young)}`];
    return differences(old, young, inner);
  });
}

/** As elements that are lost and gained, if the rest stays in its order. */
function listDifferences(from: readonly Json[], to: readonly Json[], path: string): string[] {
  const [before, after] = [from, to].map((list) => list.map((element) => JSON.stringify(element)));
  const lost = before!.filter((element) => !after!.includes(element));
  const gained = after!.filter((element) => !before!.includes(element));
  const stays = (list: readonly string[], others: readonly string[]): string =>
    list.filter((element) => !others.includes(element)).join();
  if (stays(before!, lost) !== stays(after!, gained)) return [change(path, from, to)];
  return [
    ...lost.map((element) => `${path}: without ${element}`),
    ...gained.map((element) => `${path}: with ${element}`),
  ];
}

function change(path: string, from: Json, to: Json): string {
  return `${path}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** undefined: neither a list nor an object. */
function membersOf(value: Json): ReadonlyMap<string, Json> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}
