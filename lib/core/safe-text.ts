/** Makes text safe for one line of a terminal: it cannot end the line or move the cursor. */
export function safeText(text: string, charactersMax: number): string {
  const quoted = JSON.stringify(text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text);
  // Beyond what JSON escapes: C1 controls, and marks that change the direction of what follows.
  return quoted.replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escapeOf);
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
