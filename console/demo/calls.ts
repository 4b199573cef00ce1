import { byId, h } from '../page/dom.ts';

const shownMax = 12;
const pathMax = 34;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** Notes a call in the list, newest first. */
export function note(method: string, address: string, outcome: string, isBad = false): void {
  const { pathname } = new URL(address, location.href);
  const path = pathname.length > pathMax ? `${pathname.slice(0, pathMax)}…` : pathname;
  const list = byId('calls');
  list.prepend(
    h(
      'li',
      { class: isBad ? 'bad' : undefined },
      h('time', { datetime: new Date().toISOString() }, clock.format(Date.now())),
      ' ',
      h('code', {}, `${method} ${path}`),
      ' ',
      h('span', { class: 'outcome' }, outcome),
    ),
  );
  while (list.children.length > shownMax) list.lastElementChild?.remove();
}
