import { byId, controlById } from './dom.ts';

const place = 'adtally-token';

/** Kept for this tab alone, and sent as a bearer token to where the page came from. */
export function storedToken(): string {
  return sessionStorage.getItem(place) ?? '';
}

/** The token form; `changed` is told when there is another token, or none. */
export function startTokenForm(changed: () => void): void {
  const input = controlById('input', 'token');
  const forget = controlById('button', 'token-forget');
  const show = (): void => {
    forget.hidden = storedToken() === '';
    input.placeholder = forget.hidden ? 'scope admin' : 'in use';
  };
  byId('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const token = input.value.trim();
    if (token === '') return;
    sessionStorage.setItem(place, token);
    input.value = '';
    show();
    changed();
  });
  forget.addEventListener('click', () => {
    sessionStorage.removeItem(place);
    show();
    input.focus();
    changed();
  });
  show();
}
