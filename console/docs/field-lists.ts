/** Copies the fields of a named schema, which the page has once, to where the user opens them. */
export function startFieldLists(): void {
  document.addEventListener(
    'toggle',
    ({ target }) => {
      if (!(target instanceof HTMLDetailsElement) || !target.open) return;
      const name = target.dataset['schema'];
      const schema = name === undefined ? null : document.getElementById(`schema-${name}`);
      const summary = target.querySelector('summary');
      if (schema === null || summary === null) return;
      const parts = [...schema.children].filter((part) => part.tagName !== 'SUMMARY');
      target.replaceChildren(summary, ...parts.map((part) => part.cloneNode(true)));
    },
    // The event does not bubble.
    { capture: true },
  );
}
