import type * as z from 'zod';
import { problemErrorsMax, type FieldError } from '../answer/problems.ts';

const pathLengthMax = 100;

/** Collects the invalid fields of one request: counts all of them, keeps the first `problemErrorsMax`. */
export class FieldErrors {
  readonly #named: FieldError[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get named(): readonly FieldError[] {
    return this.#named;
  }

  add(path: string, message: string): void {
    this.#count++;
    if (this.#named.length >= problemErrorsMax) return;
    this.#named.push({ path: shorten(path), message });
  }

  addIssues(issues: readonly z.core.$ZodIssue[]): void {
    for (const issue of issues) {
      const path = issue.path.map(String).join('.');
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) this.add(path === '' ? key : `${path}.${key}`, 'is not known');
      } else if (isMissing(issue)) {
        this.add(path, 'is missing');
      } else {
        this.add(path, issue.message);
      }
    }
  }
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return 'input' in issue && issue.input === undefined && issue.path.length > 0;
}

/** Cut at a code point, so that the answer stays well-formed; lone surrogates are replaced. */
function shorten(path: string): string {
  return (path.length > pathLengthMax ? `${path.slice(0, pathLengthMax)}…` : path).toWellFormed();
}
