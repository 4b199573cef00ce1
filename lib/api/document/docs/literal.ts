/** How a language writes JSON values. */
export interface Language {
  readonly words: Readonly<Record<'true' | 'false' | 'null', string>>;
  quote(text: string): string;
  key(name: string): string;
  readonly indent: string;
  /** After the last entry of several lines. */
  readonly lastComma: ',' | '';
}

const columnsMax = 76;

/** A JSON value as a literal of the language: on one line where it fits. */
export function literal(value: unknown, language: Language, margin = ''): string {
  if (typeof value === 'string') return language.quote(value);
  if (value === null || typeof value === 'boolean') return language.words[`${value}`];
  if (typeof value !== 'object') return JSON.stringify(value);
  const isList = Array.isArray(value);
  const inner = `${margin}${language.indent}`;
  const entries = isList
    ? (value as readonly unknown[]).map((item) => literal(item, language, inner))
    : Object.entries(value).map(([name, item]) => `${language.key(name)}: ${literal(item, language, inner)}`);
  const [open, close, space] = isList ? ['[', ']', ''] : ['{', '}', ' '];
  if (entries.length === 0) return `${open}${close}`;
  const line = `${open}${space}${entries.join(', ')}${space}${close}`;
  if (margin.length + line.length <= columnsMax && !line.includes('\n')) return line;
  const lines = entries.map((entry) => `${inner}${entry}`).join(',\n');
  return `${open}\n${lines}${language.lastComma}\n${margin}${close}`;
}

export const typescript: Language = {
  words: { true: 'true', false: 'false', null: 'null' },
  quote: (text) => `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`,
  key: (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : typescript.quote(name)),
  indent: '  ',
  lastComma: ',',
};

export const python: Language = {
  words: { true: 'True', false: 'False', null: 'None' },
  // Every escape of JSON means the same in Python.
  quote: (text) => JSON.stringify(text),
  key: (name) => JSON.stringify(name),
  indent: '    ',
  lastComma: ',',
};

const json: Language = {
  words: { true: 'true', false: 'false', null: 'null' },
  quote: (text) => JSON.stringify(text),
  key: (name) => JSON.stringify(name),
  indent: '  ',
  lastComma: '',
};

/** JSON with indentation, on one line where it fits. */
export function jsonText(value: unknown): string {
  return literal(value, json);
}

/** Quotes a text as one word of a POSIX shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
