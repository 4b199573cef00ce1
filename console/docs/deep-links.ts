import type { Filter } from './filter.ts';

/** Opens what an address or a link names, with all it lies in, and goes there. */
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
    // To where the address is already: no change of it says so.
    if (link !== null && link.hash !== '' && link.hash === location.hash) reveal(link.hash);
  });
  reveal(location.hash);
}
