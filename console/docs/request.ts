/** A call from its form, ready for `fetch`. */
export interface CallRequest {
  readonly ok: true;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/**
 * A control whose value cannot be sent, and why. A value that the API would refuse is sent, to show its
 * answer.
 */
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

/** An empty value omits the parameter. A list has one value per line. */
function valuesOf(control: Control): string[] {
  const values = 'list' in control.dataset ? control.value.split('\n') : [control.value];
  return values.filter((value) => value !== '');
}

/** Why a browser could not send it exactly; undefined: it can. */
function reasonAgainst(place: string | undefined, value: string): string | undefined {
  if (place === 'header') return /^[ -~]*$/.test(value) ? undefined : 'must be visible ASCII characters';
  if (/\p{Surrogate}/u.test(value)) return 'must not contain a lone surrogate';
  return place === 'path' && /^\.\.?$/.test(value) ? 'must not be . or .. in a path' : undefined;
}
