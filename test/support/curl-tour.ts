/** One line of a tour: a command, and what the document says it answers. */
export interface TourStep {
  readonly command: string;
  readonly expected: string;
}

/**
 * The `$ ` lines of the console blocks between the tour marks of a document, each with the lines printed
 * after it. A command goes on after a backslash at the end of its line.
 */
export function readTour(document: string): TourStep[] {
  const tour = /<!-- tour -->([^]*)<!-- end of tour -->/.exec(document)?.[1] ?? '';
  const blocks = [...tour.matchAll(/```console\n([^]*?)```/g)].map((match) => match[1] ?? '');
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .filter((part) => part.trim() !== '')
      .map((part) => part.replace(/ \\\n */g, ' '))
      .map((part) => {
        const end = commandEnd(part);
        return { command: part.slice(0, end), expected: part.slice(end + 1).trimEnd() };
      }),
  );
}

/** The first line end that is not within quotes. */
function commandEnd(part: string): number {
  const command = /^(?:'[^']*'|"[^"]*"|[^'"\n])*/.exec(part)?.[0] ?? '';
  return command.length;
}

/** Does `actual` read like `expected`, where each `…` stands for anything? */
export function readsLike(expected: string, actual: string): boolean {
  const pattern = expected.split('…').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('[^]*?')}$`).test(actual);
}

/** A curl command as a request: `-s`, `-i`, `-X`, `-H`, `-d`, quotes, `$AD`; nothing else. */
export function parseCurl(
  command: string,
  variables: Readonly<Record<string, string>>,
): { url: string; method: string; headers: Record<string, string>; body?: string; showHead: boolean } {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (match) =>
      match[1] ??
      (match[2] ?? match[3] ?? '').replace(/\$(\w+)/g, (_, name: string) => variables[name] ?? ''),
  );
  const request: ReturnType<typeof parseCurl> = { url: '', method: 'GET', headers: {}, showHead: false };
  for (let i = 1; i < words.length; i += 1) {
    const word = words[i] ?? '';
    if (word === '-s') continue;
    else if (word === '-i') request.showHead = true;
    else if (word === '-X') request.method = words[(i += 1)] ?? '';
    else if (word === '-H') {
      const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(words[(i += 1)] ?? '') ?? [];
      request.headers[name] = value;
    } else if (word === '-d') {
      request.body = words[(i += 1)] ?? '';
      if (request.method === 'GET') request.method = 'POST';
    } else if (word.startsWith('-'))
      throw new Error(`the tour uses an option that its test does not know: ${word}`);
    else request.url = word;
  }
  return request;
}

/** The program in the code block after `<!-- example: name -->`. */
export function readExample(document: string, name: string): string {
  const program = new RegExp(`<!-- example: ${name} -->\\n+\`\`\`ts\\n(.*?)\`\`\``, 's').exec(document)?.[1];
  if (program === undefined) throw new Error(`the document has no example called ${name}`);
  return program;
}
