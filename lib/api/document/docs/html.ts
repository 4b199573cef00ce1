const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}

/** A sentence with `code` between backticks. */
export function inlineHtml(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** Blocks apart by a blank line: paragraphs, and lists whose lines start with a dash. */
export function paragraphs(text: string): string {
  return text
    .split('\n\n')
    .map((block) => (block.startsWith('- ') ? list(block) : `<p>${inlineHtml(block)}</p>`))
    .join('\n');
}

function list(block: string): string {
  return `<ul>${block
    .split(/^- /m)
    .slice(1)
    .map((item) => `<li>${inlineHtml(item.trimEnd())}</li>`)
    .join('')}</ul>`;
}
