import { contentExample, parameterExample, textsOf } from './examples.ts';
import type { DocsCall, DocsContent, DocsParameter } from './document-calls.ts';
import { fieldsBelow } from './field-list.ts';
import { escapeHtml, inlineHtml } from './html.ts';
import { jsonText } from './literal.ts';
import type { JsonSchema } from '../json-schema.ts';
import { resolveSchema, schemaWords, type Schemas } from './schema-words.ts';

/** Up to this many choices are a select list; with more, the user types. */
const choicesMax = 20;

/**
 * The input of a call: each parameter and the body, with a description and a control. Without the page's
 * script there are no controls, only descriptions. `common` parameters, those of every call, are folded.
 */
export function callForm(call: DocsCall, common: ReadonlySet<string>, schemas: Schemas): string {
  const own = call.parameters.filter(({ name }) => !common.has(name));
  const shared = call.parameters.filter(({ name }) => common.has(name));
  const careful = isCareful(call);
  const parameters =
    own.length > 0 ? `<h4>Parameters</h4>${own.map((one) => field(call, one, schemas)).join('')}` : '';
  const more =
    shared.length > 0
      ? `<details class="more"><summary>Headers of every call</summary>${shared.map((one) => field(call, one, schemas)).join('')}</details>`
      : '';
  return `<form class="call-form" data-method="${call.method}" data-path="${escapeHtml(call.path)}"${careful ? ' data-careful' : ''} autocomplete="off" spellcheck="false" autocapitalize="off" aria-label="${escapeHtml(call.summary)}">
${parameters}${bodyPart(call, schemas)}${more}
<p class="control send"><button type="${careful ? 'button' : 'submit'}"${careful ? ' class="danger"' : ''}>Send ${call.method}</button> <span role="status"></span></p>
</form>`;
}

/** A call that cannot be undone: only its button sends it, never Enter in a field. */
function isCareful({ method, tag }: DocsCall): boolean {
  return method === 'DELETE' || (method !== 'GET' && tag === 'Operations');
}

function field(call: DocsCall, parameter: DocsParameter, schemas: Schemas): string {
  const { name, required, deprecated } = parameter;
  const id = `${call.id}-${parameter.in}-${name}`;
  const words = [
    parameter.in,
    ...(required ? ['required'] : []),
    ...(deprecated ? ['deprecated'] : []),
    schemaWords(parameter.schema, schemas),
  ];
  return `<div class="field"><div><label for="${id}"><code>${escapeHtml(name)}</code></label> <span class="soft">${escapeHtml(words.join(', '))}</span>
<p id="${id}-about">${inlineHtml(parameter.description)}${exampleWords(parameter)}</p></div><div class="control">${control(parameter, id, schemas)}</div></div>`;
}

function exampleWords({ example, required }: DocsParameter): string {
  if (example === undefined || required) return '';
  return ` Example: <code>${escapeHtml(textsOf(example).join(', '))}</code>.`;
}

function control(parameter: DocsParameter, id: string, schemas: Schemas): string {
  const { name, required } = parameter;
  const schema = resolveSchema(parameter.schema, schemas);
  const value = required ? parameterExample(parameter, schemas) : undefined;
  const attributes = `id="${id}" name="${escapeHtml(name)}" data-in="${parameter.in}" aria-describedby="${id}-about"${required ? ' required' : ''}`;
  if (schema.type === 'array') {
    const lines = value === undefined ? '' : textsOf(value).join('\n');
    return `<textarea ${attributes} rows="2" placeholder="one per line" data-list>${escapeHtml(lines)}</textarea>`;
  }
  const choices = choicesOf(schema);
  if (choices === undefined) {
    const digits = schema.type === 'integer' ? ' inputmode="numeric"' : '';
    const filled = value === undefined ? '' : ` value="${escapeHtml(textsOf(value).join(''))}"`;
    return `<input ${attributes} type="text"${digits}${filled}>${keyMaker(name)}`;
  }
  const options = choices.map(
    (choice) => `<option${choice === value ? ' selected' : ''}>${escapeHtml(String(choice))}</option>`,
  );
  return `<select ${attributes}>${required ? '' : '<option value="">(none)</option>'}${options.join('')}</select>`;
}

/** Makes a key when the user asks for one: a new key for each request would defeat its purpose. */
function keyMaker(name: string): string {
  return name === 'Idempotency-Key'
    ? ' <button type="button" class="small" data-make-key>Make a key</button>'
    : '';
}

function choicesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if (schema.type === 'boolean') return ['true', 'false'];
  const values = schema.enum;
  return Array.isArray(values) && values.length <= choicesMax ? (values as readonly unknown[]) : undefined;
}

function bodyPart({ id, body }: DocsCall, schemas: Schemas): string {
  const [first] = body;
  if (first === undefined) return '';
  const example = jsonText(contentExample(first, schemas));
  const lines = Math.min(bodyRowsMax, example.split('\n').length + 1);
  return `<h4>Body</h4>
<p class="soft">${body.map(({ mediaType }) => `<code>${escapeHtml(mediaType)}</code>`).join(' or ')}, up to 256 KiB.</p>
<div class="control row">${mediaTypeChoice(id, body)}${exampleChoice(id, first)}</div>
<textarea class="body" id="${id}-body" name="body" rows="${lines}" aria-label="Body of ${id}">${escapeHtml(example)}</textarea>
${fieldsBelow(first.schema, schemas)}`;
}

const bodyRowsMax = 16;

function mediaTypeChoice(id: string, body: readonly DocsContent[]): string {
  const [first] = body;
  if (body.length === 1)
    return `<input type="hidden" name="media-type" value="${escapeHtml(first?.mediaType ?? '')}">`;
  const options = body.map(({ mediaType }) => `<option>${escapeHtml(mediaType)}</option>`);
  return `<label for="${id}-media-type">Media type</label> <select id="${id}-media-type" name="media-type">${options.join('')}</select> `;
}

function exampleChoice(id: string, { examples }: DocsContent): string {
  if (examples.length < 2) return '';
  const options = examples.map(
    ({ summary, value }) => `<option value="${escapeHtml(jsonText(value))}">${escapeHtml(summary)}</option>`,
  );
  return `<label for="${id}-example">Example</label> <select id="${id}-example" data-example>${options.join('')}</select>`;
}
