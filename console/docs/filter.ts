import { controlById, byId, setText } from '../page/dom.ts';

export interface Filter {
  /** Shows every call again. */
  clear(): void;
}

interface Entry {
  readonly card: HTMLDetailsElement;
  readonly link: HTMLElement | null;
  readonly text: string;
}

/**
 * Shows only the calls with every word of the filter box in method, path, summary or name. `/` focuses the
 * box.
 */
export function startFilter(): Filter {
  const box = controlById('input', 'filter');
  const found = byId('found');
  const entries = Array.from(document.querySelectorAll<HTMLDetailsElement>('.call'), toEntry);

  const apply = (): void => {
    const words = box.value.toLowerCase().split(/\s+/);
    const shown = entries.filter((entry) => show(entry, words)).length;
    for (const group of document.querySelectorAll('.group')) showHeading(group);
    setText(found, shown === entries.length ? `${shown} calls` : `${shown} of ${entries.length} calls`);
  };
  const clear = (): void => {
    if (box.value === '') return;
    box.value = '';
    apply();
  };

  box.addEventListener('input', apply);
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') clear();
    if (event.key !== 'Enter') return;
    // Otherwise the same key would close it again, because the focus moves before the key is released.
    event.preventDefault();
    openFirst(entries);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
  // The browser's search has found a call that the filter hides.
  document.addEventListener('beforematch', clear);
  apply();
  return { clear };
}

function toEntry(card: HTMLDetailsElement): Entry {
  const link = document.querySelector<HTMLElement>(`nav a[href="#${card.id}"]`);
  const text = `${card.querySelector('summary')?.textContent ?? ''} ${card.id}`.toLowerCase();
  return { card, link: link?.parentElement ?? null, text };
}

function show({ card, link, text }: Entry, words: readonly string[]): boolean {
  const matches = words.every((word) => text.includes(word));
  // Browsers that support it still search in what is hidden this way.
  if (matches) card.removeAttribute('hidden');
  else card.setAttribute('hidden', 'until-found');
  if (link !== null) link.hidden = !matches;
  return matches;
}

/** Hides headings without calls. */
function showHeading(group: Element): void {
  const [heading] = group.children;
  const shown = group.querySelector(':scope > .call:not([hidden]),:scope > ul > li:not([hidden])') !== null;
  if (heading instanceof HTMLElement) heading.hidden = !shown;
}

function openFirst(entries: readonly Entry[]): void {
  const first = entries.find(({ card }) => !card.hasAttribute('hidden'))?.card;
  if (first === undefined) return;
  first.open = true;
  first.querySelector('summary')?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input,textarea,select');
}
