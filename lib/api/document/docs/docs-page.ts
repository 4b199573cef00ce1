import { problemKind, problemNames, problemType, type ProblemName } from '../../answer/problems.ts';
import type { OpenApiDocument } from '../openapi-document.ts';
import { pagePolicy } from '../page-policy.ts';
import { answerList, sharedByCalls, type Shared } from './answer-list.ts';
import { callForm } from './call-form.ts';
import { docsStyle } from './docs-style.ts';
import { documentCalls, type DocsCall } from './document-calls.ts';
import { fieldList } from './field-list.ts';
import { escapeHtml, inlineHtml, paragraphs } from './html.ts';
import { samples, type Sample } from './samples.ts';
import type { Schemas } from './schema-words.ts';

export interface DocsPage {
  readonly html: string;
  /** The `Content-Security-Policy` of the page: its own style, script and API, nothing else. */
  readonly policy: string;
}

/** The address in samples while the real one is unknown; the page's script replaces it. */
const localUrl = 'http://localhost:3333';

/**
 * Renders the OpenAPI document as one self-contained HTML page. It is complete without a script: readers can
 * search all of it and link to every part. `script` (console/docs, bundled) adds the filter and the sending
 * of calls.
 */
export function docsPage(document: OpenApiDocument, script: string): DocsPage {
  const { info, components } = document;
  const calls = documentCalls(document);
  const context: Context = {
    schemas: components.schemas,
    shared: sharedByCalls(calls),
    baseUrl: servedFrom(document) ?? localUrl,
  };
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)} API</title>
<link rel="icon" href="data:,">
<style>${docsStyle}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<div class="layout">
<nav aria-label="Contents">${contents(document, calls)}</nav>
<main id="main" tabindex="-1">
<h1>${escapeHtml(info.title)} API <span class="version">${escapeHtml(info.version)}</span></h1>
${introduction(info.description)}
${calls.some(({ scopes }) => scopes.length > 0) ? tokenForm : ''}
<div class="find control" role="search"><label for="filter">Filter calls</label> <input id="filter" type="search" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" placeholder="path, method, words"> <span id="found" role="status"></span></div>
${document.tags.map((tag) => tagSection(tag, calls, context)).join('\n')}
${reference(calls, context)}
</main>
</div>
${script === '' ? '' : `<script>${script}</script>`}
</body>
</html>
`;
  return { html, policy: pagePolicy({ script, style: docsStyle }) };
}

interface Context {
  readonly schemas: Schemas;
  readonly shared: Shared;
  /** The address of the API in samples. */
  readonly baseUrl: string;
}

/** Undefined: the document's address is relative. */
function servedFrom({ servers }: OpenApiDocument): string | undefined {
  const url = servers[0]?.url;
  return url !== undefined && /^https?:/.test(url) ? url.replace(/\/+$/, '') : undefined;
}

/** The first paragraph, then the rules of every call, folded. */
function introduction(description: string): string {
  const [first = '', ...rules] = description.split('\n\n');
  return `${paragraphs(first)}
<p class="soft">For programs: <a href="openapi.json">openapi.json</a>. For operators: <a href="console">the console</a>.</p>
<details class="more"><summary>Rules of every call</summary>${paragraphs(rules.join('\n\n'))}</details>`;
}

const tokenForm = `<form id="token-form" class="control row" aria-label="Access" autocomplete="off">
<label for="token">API token</label> <input id="token" type="password" autocomplete="off" spellcheck="false" placeholder="none" aria-describedby="token-about"> <button type="submit">Use</button> <button type="button" id="token-forget" hidden>Forget</button>
<p id="token-about" class="soft">Kept in this tab and sent only to this API, with each call below.</p>
</form>`;

function contents(document: OpenApiDocument, calls: readonly DocsCall[]): string {
  const groups = document.tags.map(({ name }) => {
    const items = calls.filter(({ tag }) => tag === name).map(({ id, summary }) => link(id, summary));
    return `<div class="group"><p>${escapeHtml(name)}</p><ul>${items.join('')}</ul></div>`;
  });
  const more =
    link('schemas', 'Schemas') + link('headers', 'Response headers') + link('problems', 'Problems');
  return `${groups.join('')}<p>Reference</p><ul>${more}</ul>`;
}

function link(anchor: string, text: string): string {
  return `<li><a href="#${anchor}">${escapeHtml(text)}</a></li>`;
}

interface Tag {
  readonly name: string;
  readonly description?: string;
}

function tagSection({ name, description }: Tag, calls: readonly DocsCall[], context: Context): string {
  const id = `tag-${name.toLowerCase()}`;
  const about = description === undefined ? '' : `<p>${inlineHtml(description)}</p>`;
  const cards = calls.filter(({ tag }) => tag === name).map((call) => callCard(call, context));
  return `<section class="group" aria-labelledby="${id}"><div><h2 id="${id}">${escapeHtml(name)}</h2>${about}</div>\n${cards.join('\n')}</section>`;
}

function callCard(call: DocsCall, { schemas, shared, baseUrl }: Context): string {
  return `<details class="card call" id="${call.id}"><summary><span class="method ${call.method.toLowerCase()}">${call.method}</span> <code>${escapeHtml(call.path)}</code> <h3>${escapeHtml(call.summary)}</h3></summary>
<p>${inlineHtml(call.description)}</p>
${scopeLine(call)}
${callForm(call, shared.parameters, schemas)}
<h4>Samples</h4>
${samples(call, schemas, baseUrl)
  .map((one) => samplePart(call, one, baseUrl))
  .join('')}
${answerList(call, shared, schemas)}
</details>`;
}

function scopeLine({ scopes, mayBeOpen }: DocsCall): string {
  if (scopes.length === 0) return '';
  const where = mayBeOpen ? ', unless the stage makes reads public' : '';
  if (scopes.length > 1) return '<p class="soft">Needs a token with any scope.</p>';
  return `<p class="soft">Needs the scope <code>${scopes.map(escapeHtml).join(' ')}</code>${where}.</p>`;
}

/** Only one is open at a time. The script replaces the address in `.base` with that of the API. */
function samplePart({ id }: DocsCall, { language, code }: Sample, baseUrl: string): string {
  const base = escapeHtml(baseUrl);
  const text = escapeHtml(code).replaceAll(base, `<span class="base">${base}</span>`);
  const open = language === 'curl' ? ' open' : '';
  return `<details class="more sample" name="sample-${id}"${open}><summary>${language}</summary><pre>${text}</pre></details>`;
}

function reference(calls: readonly DocsCall[], { schemas, shared }: Context): string {
  const headers = new Map(
    calls.flatMap(({ answers }) => answers.flatMap((answer) => answer.headers)).map((one) => [one.name, one]),
  );
  const schemaCards = Object.entries(schemas).map(([name, schema]) => {
    const about = typeof schema.description === 'string' ? `<p>${inlineHtml(schema.description)}</p>` : '';
    return `<details class="card" id="schema-${escapeHtml(name)}"><summary><h3>${escapeHtml(name)}</h3></summary>${about}${fieldList(schema, schemas)}</details>`;
  });
  return `<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>
${schemaCards.join('\n')}</section>
<section aria-labelledby="headers"><h2 id="headers">Response headers</h2>
<details class="card"><summary><h3>All headers</h3></summary><dl class="fields">${[...headers.values()].map(({ name, description }) => definition(`header-${name.toLowerCase()}`, name, description)).join('')}</dl></details></section>
<section aria-labelledby="problems"><h2 id="problems">Problems</h2>
<p>Errors are problem details (RFC 9457): <code>type</code>, <code>title</code>, <code>status</code>, <code>detail</code>, and <code>errors</code> with each invalid field.</p>
${problemGroup('problems-of-every-call', 'Every call', (name) => shared.problems.has(name))}
${problemGroup('problems-with-a-token', 'Calls with a token', (name) => shared.tokenProblems.has(name))}
${problemGroup('problems-of-some-calls', 'Some calls', (name) => !shared.problems.has(name) && !shared.tokenProblems.has(name))}</section>`;
}

function definition(id: string, name: string, text: string): string {
  return `<dt id="${id}"><code>${escapeHtml(name)}</code></dt><dd>${inlineHtml(text)}</dd>`;
}

function problemGroup(id: string, title: string, belongs: (name: ProblemName) => boolean): string {
  const items = problemNames.filter(belongs).map((name) => {
    const { status, title: words, description } = problemKind(name);
    return `<dt id="problem-${name}"><code class="status">${status}</code> ${escapeHtml(words)}</dt><dd>${inlineHtml(description)}<br><code class="soft">${problemType(name)}</code></dd>`;
  });
  return `<details class="card" id="${id}"><summary><h3>${title}</h3></summary><dl class="fields">${items.join('')}</dl></details>`;
}
