/** A call as its form says it, ready for `fetch`. */
export interface CallRequest {
  readonly ok: true;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** A control whose value cannot be sent, and why. What the API would refuse is sent: its answer is worth seeing. */
export interface CannotSend {
  readonly ok: false;
  readonly control: HTMLElement;
  readonly reason: string;
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

export function readRequest(form: HTMLFormElement, baseUrl: string, token: string): CallRequest | CannotSend {
  let path = form.dataset['path'] ?? '';
  const query: string[] = [];
  const headers: Record<string, string> = token === '' ? {} : { Authorization: `Bearer ${token}` };
  for (const control of form.querySelectorAll<Control>('[data-in]')) {
    const { name } = control;
    const place = control.dataset['in'];
    for (const value of valuesOf(control)) {
      const reason = reasonAgainst(place, value);
      if (reason !== undefined) return { ok: false, control, reason: `${name} ${reason}` };
      if (place === 'header') headers[name] = value;
      else if (place === 'query') query.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
      else path = path.replace(`{${name}}`, () => encodeURIComponent(value));
    }
  }
  const body = form.querySelector<HTMLTextAreaElement>('textarea[name="body"]');
  const mediaType = form.querySelector<Control>('[name="media-type"]');
  if (mediaType !== null) headers['Content-Type'] = mediaType.value;
  return {
    ok: true,
    method: form.dataset['method'] ?? 'GET',
    url: `${baseUrl}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`,
    headers,
    body: body?.value,
  };
}

/** Empty: the parameter is left out. A list has one value a line. */
function valuesOf(control: Control): string[] {
  const values = 'list' in control.dataset ? control.value.split('\n') : [control.value];
  return values.filter((value) => value !== '');
}

/** Why a browser would not send it, or would send something else; undefined: it would. */
function reasonAgainst(place: string | undefined, value: string): string | undefined {
  if (place === 'header') return /^[ -~]*$/.test(value) ? undefined : 'must be visible ASCII characters';
  if (/\p{Surrogate}/u.test(value)) return 'has half of a character';
  return place === 'path' && /^\.\.?$/.test(value) ? 'cannot be . or .. in a path' : undefined;
}
