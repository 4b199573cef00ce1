import { h } from '../page/dom.ts';
import { prettyJson } from './pretty-json.ts';
import type { CallRequest } from './request.ts';

/** The most characters of an answer to show. */
const charactersMax = 200_000;

export interface SentAnswer {
  readonly response: Response;
  readonly text: string;
  /** The text is cut short. */
  readonly cut: boolean;
}

/** Reads the body of an answer up to the shown part. Rejects if the connection ends earlier. */
export async function readAnswer(response: Response): Promise<SentAnswer> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (reader !== undefined && text.length <= charactersMax) {
    const { done, value } = await reader.read();
    if (done) return { response, text, cut: false };
    text += value;
  }
  await reader?.cancel();
  return { response, text: text.slice(0, charactersMax), cut: reader !== undefined };
}

/** An answer with its headers and body, only as text nodes: user data never becomes markup. */
export function answerNodes({ method, url }: CallRequest, answer: SentAnswer): Node[] {
  const { response, text, cut } = answer;
  const headers = [...response.headers];
  const lines = headers.flatMap(([name, value]) => [
    h('dt', {}, h('code', {}, name)),
    h('dd', {}, h('code', {}, value)),
  ]);
  const isJson = /^application\/(?:[\w.-]+\+)?json\b/.test(response.headers.get('content-type') ?? '');
  const shown = isJson && !cut ? prettyJson(text) : text;
  const body = h('pre', { tabindex: '0', role: 'group', 'aria-label': 'Response body' }, shown);
  return [
    h('p', { class: 'soft' }, h('code', {}, `${method} ${url}`)),
    ...problemNodes(answer, isJson && !cut),
    ...(text === '' ? [h('p', {}, 'No body.')] : [body]),
    ...(cut
      ? [h('p', {}, `Only the first ${charactersMax.toLocaleString('en')} characters are shown.`)]
      : []),
    h(
      'details',
      { class: 'more' },
      h('summary', {}, `${headers.length} headers`),
      h('dl', { class: 'fields' }, ...lines),
    ),
  ];
}

interface Problem {
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly errors?: readonly { readonly path: unknown; readonly message: unknown }[];
}

/** A problem document as text, with a line per invalid field. */
function problemNodes({ response, text }: SentAnswer, isJson: boolean): Node[] {
  if (response.ok || !isJson) return [];
  let problem: Problem;
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    return [];
  }
  const { title, detail, errors } = problem;
  if (typeof title !== 'string' || typeof detail !== 'string') return [];
  const faults = Array.isArray(errors) ? (errors as NonNullable<Problem['errors']>) : [];
  const lines = faults.map(({ path, message }) =>
    h('li', {}, h('code', {}, String(path)), ` ${String(message)}`),
  );
  const words = h('p', {}, h('b', {}, title), `: ${detail}`);
  return lines.length === 0 ? [words] : [words, h('ul', {}, ...lines)];
}
