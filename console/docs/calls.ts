import { h, setText } from '../page/dom.ts';
import { storedToken } from '../page/token.ts';
import { answerNodes, readAnswer } from './answer.ts';
import { readRequest, type CallRequest } from './request.ts';

export interface CallsOptions {
  readonly baseUrl: string;
  /** Whether the page has a form for a token. */
  readonly takesToken: boolean;
}

/** API Gateway ends a call after 29 seconds. */
const answerMsMax = 30_000;

/** Makes the form of each call send it and show the answer below. */
export function startCalls(options: CallsOptions): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('.call-form')) startCall(form, options);
}

function startCall(form: HTMLFormElement, options: CallsOptions): void {
  const button = form.querySelector<HTMLButtonElement>('.send button');
  const state = form.querySelector<HTMLElement>('[role="status"]');
  if (button === null || state === null) throw new Error('a form has no button');
  startSending(form, { button, state }, options);
  startHelpers(form);
}

interface Parts {
  readonly button: HTMLButtonElement;
  readonly state: HTMLElement;
}

function startSending(
  form: HTMLFormElement,
  { button, state }: Parts,
  { baseUrl, takesToken }: CallsOptions,
): void {
  const shown = h('div', { class: 'answer', hidden: true });
  form.after(shown);
  let sending = false;

  const send = async (): Promise<void> => {
    if (sending) return;
    const request = readRequest(form, baseUrl, takesToken ? storedToken() : '');
    if (!request.ok) {
      setText(state, request.reason);
      request.control.focus();
      return;
    }
    sending = true;
    setText(state, 'Sending …');
    await showAnswer(request);
    sending = false;
  };

  async function showAnswer(request: CallRequest): Promise<void> {
    const begunMs = performance.now();
    try {
      const answer = await readAnswer(await ask(request));
      const { status, statusText, ok } = answer.response;
      setText(state, `${status} ${statusText}, ${Math.round(performance.now() - begunMs)} ms`);
      shown.classList.toggle('bad', !ok);
      shown.replaceChildren(
        ...(status === 401 && takesToken ? [tokenHint()] : []),
        ...answerNodes(request, answer),
      );
      shown.hidden = false;
    } catch (error) {
      setText(state, failureWords(error));
      shown.hidden = true;
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!('careful' in form.dataset)) void send();
  });
  button.addEventListener('click', () => {
    if (button.type === 'button' && form.reportValidity()) void send();
  });
}

function ask({ url, method, headers, body }: CallRequest): Promise<Response> {
  return fetch(url, {
    ...{ method, headers: { ...headers }, cache: 'no-store', redirect: 'error' },
    signal: AbortSignal.timeout(answerMsMax),
    ...(body !== undefined && { body }),
  });
}

function failureWords(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `No answer within ${answerMsMax / 1000} seconds. A write may or may not have taken effect.`;
  }
  return 'No answer: the connection failed or ended. A write may or may not have taken effect.';
}

function tokenHint(): Node {
  return h('p', {}, 'Set an ', h('a', { href: '#token' }, 'API token'), ' with the scope of this call.');
}

/** Sets up the button that makes a key, and the list of examples. */
function startHelpers(form: HTMLFormElement): void {
  form.querySelector('[data-make-key]')?.addEventListener('click', () => {
    const field = form.querySelector<HTMLInputElement>('[name="Idempotency-Key"]');
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    if (field !== null)
      field.value = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  });
  form.querySelector<HTMLSelectElement>('[data-example]')?.addEventListener('change', ({ target }) => {
    const body = form.querySelector<HTMLTextAreaElement>('textarea[name="body"]');
    if (body !== null && target instanceof HTMLSelectElement) body.value = target.value;
  });
}
