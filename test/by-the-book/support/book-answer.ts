/** An answer as it came over the wire. */
export interface BookAnswer {
  readonly status: number;
  /** By lower-case name; what came in several lines is joined by commas, as RFC 9110 5.3 has it. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, still compressed if it came so. */
  readonly bytes: Buffer;
  readonly text: string;
  /** The body parsed; undefined when it is no JSON. */
  readonly json: unknown;
  /** What a problem says of each field: `path: message`. */
  readonly errors: readonly string[];
}

/** Reads all that came before the connection closed, as latin1. Throws when that is no answer. */
export function readBookAnswer(received: string): BookAnswer {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`no answer: ${JSON.stringify(received)}`);
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const bytes = Buffer.from(received.slice(end + 4), 'latin1');
  const text = bytes.toString();
  const parsed = parse(text);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    bytes,
    text,
    json: parsed,
    errors: faultsOf(parsed),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function faultsOf(parsed: unknown): readonly string[] {
  const { errors } = (parsed ?? {}) as { errors?: readonly { path: string; message: string }[] };
  return (errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}
