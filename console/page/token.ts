import { byId, controlById } from './dom.ts';

const place = 'adtally-token';

/** The token, kept only in this tab; empty: there is none. It is sent only to the server of this page. */
export function storedToken(): string {
  return sessionStorage.getItem(place) ?? '';
}

/** The form for a token; calls `changed` when the token changes. */
export function startTokenForm(changed: () => void): void {
  const input = controlById('input', 'token');
  const forget = controlById('button', 'token-forget');
  const none = input.placeholder;
  const show = (): void => {
    forget.hidden = storedToken() === '';
    input.placeholder = forget.hidden ? none : 'in use';
  };
  byId('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    // A copied token may include the word Bearer.
    const token = input.value.trim().replace(/^bearer\s+/i, '');
    if (token === '') return;
    sessionStorage.setItem(place, token);
    input.value = '';
    show();
    changed();
  });
  forget.addEventListener('click', () => {
    sessionStorage.removeItem(place);
    // Data that the token has shown is removed with it.
    location.reload();
  });
  show();
}
