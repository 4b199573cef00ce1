import { contentExample } from './examples.ts';
import type { DocsAnswer, DocsCall, DocsContent } from './document-calls.ts';
import { fieldsBelow } from './field-list.ts';
import { escapeHtml, inlineHtml } from './html.ts';
import { jsonText } from './literal.ts';
import type { Schemas } from './schema-words.ts';

/** What many calls share. The page shows it once, so that each call shows only its own. */
export interface Shared {
  /** Parameters of every call. */
  readonly parameters: ReadonlySet<string>;
  /** Headers of every success. */
  readonly headers: ReadonlySet<string>;
  /** Problems of every call. */
  readonly problems: ReadonlySet<string>;
  /** Problems of calls that need a token. */
  readonly tokenProblems: ReadonlySet<string>;
}

export function sharedByCalls(calls: readonly DocsCall[]): Shared {
  const problemNames = ({ answers }: DocsCall): string[] =>
    answers.flatMap(problemsOf).map(({ name }) => name);
  const problems = inAll(calls.map(problemNames));
  const withToken = calls.filter(({ scopes }) => scopes.length > 0);
  return {
    parameters: inAll(calls.map(({ parameters }) => parameters.map(({ name }) => name))),
    headers: inAll(calls.flatMap(successesOf).map(({ headers }) => headers.map(({ name }) => name))),
    problems,
    tokenProblems: new Set([...inAll(withToken.map(problemNames))].filter((name) => !problems.has(name))),
  };
}

function inAll(lists: readonly (readonly string[])[]): ReadonlySet<string> {
  const [first = [], ...others] = lists;
  return new Set(first.filter((name) => others.every((names) => names.includes(name))));
}

function successesOf({ answers }: DocsCall): readonly DocsAnswer[] {
  return answers.filter(({ status }) => status < 400);
}

/** The responses of a call: its successes with an example, then its own problems. */
export function answerList(call: DocsCall, shared: Shared, schemas: Schemas): string {
  const lines = call.answers
    .filter(({ status }) => status >= 400)
    .flatMap((answer) => problemLine(answer, shared));
  const withToken = call.scopes.length > 0 && shared.tokenProblems.size > 0;
  const also = `<li>And the problems of <a href="#problems-of-every-call">every call</a>${withToken ? ' and of <a href="#problems-with-a-token">calls with a token</a>' : ''}.</li>`;
  return `<h4>Answers</h4>
<ul class="answers">${successesOf(call)
    .map((answer) => successItem(answer, shared, schemas))
    .join('')}</ul>
<h4>Problems</h4>
<ul class="answers">${lines.join('')}${also}</ul>`;
}

function successItem(
  { status, description, headers, contents }: DocsAnswer,
  shared: Shared,
  schemas: Schemas,
): string {
  const own = headers.filter(({ name }) => !shared.headers.has(name));
  const names = own.map(
    ({ name }) => `<a href="#header-${name.toLowerCase()}"><code>${escapeHtml(name)}</code></a>`,
  );
  const headerLine = names.length > 0 ? `<p class="soft">Headers: ${names.join(', ')}</p>` : '';
  return `<li><code class="status">${status}</code> ${inlineHtml(description)}${contents.map((content) => contentPart(content, schemas)).join('')}${headerLine}</li>`;
}

function contentPart(content: DocsContent, schemas: Schemas): string {
  const value = contentExample(content, schemas);
  if (!/[/+]json$/.test(content.mediaType))
    return `<p class="soft"><code>${escapeHtml(content.mediaType)}</code></p>`;
  const [, ...others] = content.examples;
  const more = others.map(
    (example) =>
      `<details class="more"><summary>${escapeHtml(example.summary)}</summary>${json(example.value)}</details>`,
  );
  return `${value === undefined ? '' : json(value)}${more.join('')}${fieldsBelow(content.schema, schemas)}`;
}

function json(value: unknown): string {
  return `<pre>${escapeHtml(jsonText(value))}</pre>`;
}

interface NamedProblem {
  readonly name: string;
  readonly title: string;
}

/** The examples of a problem response are problems; a `type` ends with the problem's name. */
function problemsOf({ contents }: DocsAnswer): NamedProblem[] {
  return contents
    .filter(({ mediaType }) => mediaType === 'application/problem+json')
    .flatMap(({ examples }) =>
      examples.map(({ value }) => value as Readonly<Record<'type' | 'title', string>>),
    )
    .map(({ type, title }) => ({ name: type.slice(type.lastIndexOf(':') + 1), title }));
}

function problemLine(answer: DocsAnswer, { problems: every, tokenProblems }: Shared): string[] {
  const problems = problemsOf(answer);
  const own = problems.filter(({ name }) => !every.has(name) && !tokenProblems.has(name));
  if (problems.length > 0 && own.length === 0) return [];
  const text =
    problems.length === 0
      ? inlineHtml(answer.description)
      : own.map(({ name, title }) => `<a href="#problem-${name}">${escapeHtml(title)}</a>`).join('; ');
  return [`<li><code class="status">${answer.status}</code> ${text}</li>`];
}
