import { controlById } from './dom.ts';

const place = 'adtally-theme';

/** The theme of the system unless the user chooses one. Calls `changed` for both. */
export function startTheme(changed: () => void): void {
  const select = controlById('select', 'theme');
  const apply = (theme: string): void => {
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
    else delete document.documentElement.dataset['theme'];
  };
  select.value = localStorage.getItem(place) ?? 'auto';
  if (select.value === '') select.value = 'auto';
  apply(select.value);
  select.addEventListener('change', () => {
    localStorage.setItem(place, select.value);
    apply(select.value);
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

/** A colour of the style sheet, for drawing on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
