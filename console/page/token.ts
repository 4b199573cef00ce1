import { byId, controlById } from './dom.ts';

const place = 'adtally-token';

/** The token kept for this tab alone; empty: there is none. It is sent only to the server of this page. */
export function storedToken(): string {
  return sessionStorage.getItem(place) ?? '';
}

/** The form that takes a token; calls `changed` when there is another one. */
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
    // Copied from a command or a header, it may bring the word along.
    const token = input.value.trim().replace(/^bearer\s+/i, '');
    if (token === '') return;
    sessionStorage.setItem(place, token);
    input.value = '';
    show();
    changed();
  });
  forget.addEventListener('click', () => {
    sessionStorage.removeItem(place);
    // What the token has shown goes with it.
    location.reload();
  });
  show();
}
