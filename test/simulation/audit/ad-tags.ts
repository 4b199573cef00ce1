import type { Answered } from './answered.ts';
import { demand } from './demand.ts';

/** Remembers the content of each entity tag of a query: one tag, one content, in every container (G3). */
export class EntityTagBook {
  /** By target and tag. */
  readonly #bodies = new Map<string, string>();

  /** `wanted`: what the answer stands for, also where it has no body. */
  check({ request, answer }: Answered, wanted: string): void {
    const tag = answer.headers.etag ?? '';
    const name = `${request.target} ${tag}`;
    const known = this.#bodies.get(name);
    const facts = (): Readonly<Record<string, unknown>> => ({ target: request.target, tag, known, wanted });
    demand(known === undefined || known === wanted, 'G3', 'one entity tag stands for two contents', facts);
    this.#bodies.set(name, wanted);
    const presented = request.headers['if-none-match'];
    const isPresented = presented?.split(',').some((text) => text.trim() === tag) === true;
    demand(
      isPresented === (answer.status === 304) || presented === '*',
      'G3',
      'a conditional request is answered against its condition',
      () => ({ ...facts(), presented, status: answer.status }),
    );
  }
}
