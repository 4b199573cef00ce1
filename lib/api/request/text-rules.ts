import * as z from 'zod';

/** Unicode code points; a lone surrogate counts as one. */
export function codePointCount(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--;
      i++;
    }
  }
  return count;
}

// eslint-disable-next-line no-control-regex -- control characters (Unicode Cc) are what it looks for
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/;
// eslint-disable-next-line no-control-regex -- the same, but for \t and \n
const controlCharactersButWhitespace = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

interface TextRule {
  readonly min: number;
  readonly max: number;
  /** \n and \t are allowed, and \r\n, which becomes \n. */
  readonly multiline: boolean;
}

/** The first rule that the text breaks; undefined: it is valid. */
export function textFault(text: string, rule: TextRule): string | undefined {
  if (!text.isWellFormed()) return 'must not contain a lone surrogate';
  const forbidden = rule.multiline ? controlCharactersButWhitespace : controlCharacters;
  if (forbidden.test(text)) {
    return rule.multiline
      ? 'must not contain control characters other than \\t, \\n and \\r\\n'
      : 'must not contain control characters';
  }
  // A text has at most as many code points as code units, so most texts need no counting.
  const count = text.length <= rule.max && text.length >= rule.min * 2 ? text.length : codePointCount(text);
  if (count < rule.min || count > rule.max) return `must have ${rule.min} to ${rule.max} characters`;
  return undefined;
}

/**
 * The rule for control characters in JSON Schema. It omits CRLF, which we accept as one character, because
 * JSON Schema counts it as two.
 */
function documentPattern({ multiline }: TextRule): string {
  const { source } = multiline ? controlCharactersButWhitespace : controlCharacters;
  return `^${source.replace('[', '[^')}*$`;
}

/**
 * A string whose length is in code points, with a line break as one. JSON Schema's minLength and maxLength
 * count the same way.
 */
export function text(rule: TextRule, description: string): z.ZodType<string, string> {
  return z
    .string({ error: 'must be text' })
    .overwrite((value) => (rule.multiline ? value.replaceAll('\r\n', '\n') : value))
    .superRefine((value, context) => {
      const fault = textFault(value, rule);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    })
    .meta({ description, minLength: rule.min, maxLength: rule.max, pattern: documentPattern(rule) });
}
