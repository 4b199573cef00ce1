import { byId, controlById } from './dom.ts';

const place = 'adtally-token';

/** Kept for this tab alone, and sent as a bearer token to where the page came from. Empty: there is none. */
export function storedToken(): string {
  return sessionStorage.getItem(place) ?? '';
}

/** The token form; `changed` is told when there is another token. */
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
