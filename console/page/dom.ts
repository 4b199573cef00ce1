type Child = Node | string | null;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const svgNamespace = 'http://www.w3.org/2000/svg';

/** Makes an element. Text stays text: user data (titles, keys, reasons) never becomes markup. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return fill(document.createElement(name), attributes, children);
}

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return fill(document.createElementNS(svgNamespace, name), attributes, children);
}

function fill<Made extends Element>(element: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The element of index.html or tools.html with this id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found;
}

/** The same, with its type. */
export function controlById<Name extends 'button' | 'dialog' | 'form' | 'input' | 'select'>(
  name: Name,
  id: string,
): HTMLElementTagNameMap[Name] {
  const found = document.querySelector<HTMLElementTagNameMap[Name]>(`${name}#${id}`);
  if (found === null) throw new Error(`no ${name} ${id}`);
  return found;
}

/** Writes a text only if it differs, so that screen readers announce only changes. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A button that looks like a link. `focus` names it, so that it regains the focus when it is replaced. */
export function linkButton(
  text: Child,
  { focus, title }: { readonly focus: string; readonly title: string },
): HTMLButtonElement {
  return h('button', { type: 'button', class: 'link', 'data-focus': focus, title }, text);
}

/** A bar from 0 to 1. It uses style properties, because the page's policy forbids style attributes. */
export function bar(part: number, kind = 'a'): HTMLElement {
  const inner = h('span', { class: `fill ${kind}` });
  inner.style.width = `${Math.max(0, Math.min(1, part)) * 100}%`;
  return h('span', { class: 'bar', 'aria-hidden': 'true' }, inner);
}

export interface Column {
  /** Empty: the column only draws the value of another one. */
  readonly title: string;
  /** Right-aligned, with digits of equal width. */
  readonly number?: boolean;
}

/** A table that scrolls separately on narrow screens. */
export function table(
  label: string,
  columns: readonly Column[],
  rows: readonly (readonly (Node | string)[])[],
): HTMLElement {
  const cellClass = (index: number): string | undefined =>
    columns[index]?.number === true ? 'number' : undefined;
  const head = columns.map(({ title }, i) =>
    title === '' ? h('td') : h('th', { scope: 'col', class: cellClass(i) }, title),
  );
  const body = rows.map((cells) =>
    h('tr', {}, ...cells.map((cell, i) => h('td', { class: cellClass(i) }, cell))),
  );
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label },
    h('table', { 'aria-label': label }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...body)),
  );
}

/** Replaces content, and restores the focus and the scroll positions of tables. */
export function replace(place: Element, ...children: readonly Node[]): void {
  const focused = document.activeElement;
  const id = focused !== null && place.contains(focused) ? focused.getAttribute('data-focus') : null;
  const label = focused !== null && place.contains(focused) ? focused.getAttribute('aria-label') : null;
  const scrolled = Array.from(place.querySelectorAll('.scroll'), (region) => ({
    label: region.getAttribute('aria-label'),
    left: region.scrollLeft,
    top: region.scrollTop,
  }));
  place.replaceChildren(...children);
  for (const region of place.querySelectorAll('.scroll')) {
    const before = scrolled.find((one) => one.label === region.getAttribute('aria-label'));
    if (before !== undefined) region.scrollTo({ left: before.left, top: before.top, behavior: 'instant' });
  }
  if (id === null && label === null) return;
  for (const element of place.querySelectorAll<HTMLElement>('[data-focus],[tabindex]')) {
    const same = id === null ? element.getAttribute('aria-label') === label : element.dataset['focus'] === id;
    if (same) {
      element.focus({ preventScroll: true });
      return;
    }
  }
}
