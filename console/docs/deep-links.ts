import type { Filter } from './filter.ts';

/** Opens the target of an address or link, with everything around it, and scrolls there. */
export function startDeepLinks(filter: Filter): void {
  const reveal = (hash: string): void => {
    const target = document.getElementById(hash.slice(1));
    if (target === null) return;
    if (target.closest('[hidden]') !== null) filter.clear();
    for (let around: Element | null = target; around !== null; around = around.parentElement) {
      if (around instanceof HTMLDetailsElement) around.open = true;
    }
    target.scrollIntoView();
    target.querySelector<HTMLElement>(':scope > summary')?.focus({ preventScroll: true });
  };
  addEventListener('hashchange', () => {
    reveal(location.hash);
  });
  document.addEventListener('click', ({ target }) => {
    const link = target instanceof Element ? target.closest('a') : null;
    // A link to the current address changes nothing, so there is no other event.
    if (link !== null && link.hash !== '' && link.hash === location.hash) reveal(link.hash);
  });
  reveal(location.hash);
}
