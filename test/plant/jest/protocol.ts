/** The variable with the test files in the order in which they must run, as JSON. */
export const orderVariable = 'ADTALLY_PLANT_ORDER';

/** What reporter.ts prints, a line each. */
export type JestLine =
  | { readonly type: 'failed'; readonly file: string; readonly title: string }
  | { readonly type: 'ended'; readonly file: string; readonly seconds: number };

/** Before the JSON of a line, so that no other line is taken for one. */
const mark = '@plant ';

export function lineOf(line: JestLine): string {
  return `${mark}${JSON.stringify(line)}`;
}

export function readLine(text: string): JestLine | undefined {
  const at = text.indexOf(mark);
  return at === -1 ? undefined : (JSON.parse(text.slice(at + mark.length)) as JestLine);
}
