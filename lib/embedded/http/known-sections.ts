import { readHeaderSection, type HeaderSection } from './header-section.ts';
import type { HttpResponse } from './http-message.ts';

/** Bodies of a call have a few different lengths, and nothing else in the headers of their client changes. */
export const knownSectionsMax = 4;
/** A longer section is read each time, so that many connections do not hold much. */
export const knownSectionLengthMax = 4096;

/** The header sections that a connection has brought last: equal ones are not parsed again. */
export class KnownSections {
  /** The oldest first. */
  readonly #sections: HeaderSection[] = [];

  /** As `readHeaderSection`. */
  read(text: string, minor: 0 | 1): HeaderSection | HttpResponse {
    for (const section of this.#sections) {
      if (section.text === text && section.minor === minor) return section;
    }
    if (text.length > knownSectionLengthMax) return readHeaderSection(text, minor);
    // A copy: a part of a string keeps all of it, and a request target may be long.
    const read = readHeaderSection(Buffer.from(text, 'latin1').toString('latin1'), minor);
    if ('statusCode' in read) return read;
    if (this.#sections.length === knownSectionsMax) this.#sections.shift();
    this.#sections.push(read);
    return read;
  }
}
