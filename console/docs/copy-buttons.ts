import { h } from '../page/dom.ts';

/**
 * Adds a copy button to each sample. Browsers allow the clipboard only on pages from this machine or over
 * TLS.
 */
export function startCopyButtons(): void {
  if (!isSecureContext) return;
  for (const sample of document.querySelectorAll('.sample')) {
    const button = h('button', { type: 'button', class: 'copy', 'aria-live': 'polite' }, 'Copy');
    button.addEventListener('click', () => {
      const text = sample.querySelector('pre')?.textContent ?? '';
      navigator.clipboard.writeText(text).then(
        () => (button.textContent = 'Copied'),
        () => (button.textContent = 'Not allowed'),
      );
    });
    sample.append(button);
  }
}
