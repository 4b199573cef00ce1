import type { HttpCall } from '../../../lib/embedded/demo/http-connection.ts';
import { formatInstant } from '../../../lib/core/instant.ts';
import { contentOf, type AdStory } from '../ledger/ad-story.ts';
import { noteFailedTry, type Actor, type ActorOptions } from './actor.ts';
import { adIn, adsIn, tokenOf } from './ad-answers.ts';
import { isSuccess, type Answered, type Client, type Reply } from './client.ts';

/**
 * Creates ads that start and end within seconds, puts some ends off, and looks at them around those instants: by id and
 * among all that are active. What it sends it sends once.
 */
export class EndingAds implements Actor {
  readonly pending = false;
  readonly #options: ActorOptions;
  #story: AdStory | undefined;
  #count = 0;

  constructor(options: ActorOptions) {
    this.#options = options;
  }

  step(client: Client): Promise<boolean> {
    const { prng, books } = this.#options;
    const story = this.#story;
    if (story?.id === undefined) return this.#create(client);
    // Gone by any clock that the server may have: a last look, which finds nothing, then the next one.
    if (books.clock.now().earliestMs > Math.max(...story.ends) + 200) {
      this.#story = undefined;
      return this.#readOne(client, story);
    }
    if (story.ends.length === 1 && prng.chance(0.02)) return this.#putOff(client, story);
    return prng.chance(0.5) ? this.#readOne(client, story) : this.#readActive(client);
  }

  async #create(client: Client): Promise<boolean> {
    const { books, prng, name } = this.#options;
    this.#count += 1;
    const story = books.ads.open(`${name}-${this.#count}`);
    const nowMs = books.clock.now().latestMs;
    const startMs = nowMs + prng.int(-1000, 500);
    const endMs = nowMs + prng.int(600, 3000);
    const title = story.nextTitle();
    story.sending(title);
    story.ends.push(endMs);
    const content = contentOf(title);
    const times = { start_at: formatInstant(startMs), end_at: formatInstant(endMs) };
    const reply = await this.#write(client, {
      method: 'POST',
      path: '/api/v1/ad',
      body: JSON.stringify({ title, content, ...times }),
    });
    if (isSuccess(reply)) {
      this.#story = story;
      story.acknowledge(title);
      story.id ??= adIn(reply.answer).id;
      this.#hold(story, reply);
    }
    return reply.type === 'answer';
  }

  async #putOff(client: Client, story: AdStory): Promise<boolean> {
    const { prng, books } = this.#options;
    const [oldEndMs = 0] = story.ends;
    const endMs = oldEndMs + prng.int(500, 2000);
    story.ends.push(endMs);
    const reply = await this.#write(client, {
      method: 'PATCH',
      path: `/api/v1/ad/${story.id ?? ''}`,
      body: JSON.stringify({ end_at: formatInstant(endMs) }),
    });
    if (isSuccess(reply)) {
      this.#hold(story, reply);
      // Where the clock has shown the old end already, the ad may have been expired by then.
      if (books.clock.latestEverMs() < oldEndMs) story.keptUntilMs = endMs;
    }
    return reply.type === 'answer';
  }

  /** 400 and 404: it has ended meanwhile, by the server's clock. */
  async #write(client: Client, call: HttpCall): Promise<Reply> {
    const { books, prng } = this.#options;
    const headers = prng.chance(0.5) ? { Prefer: 'wait=5' } : {};
    const reply = await client.ask({ ...call, headers }, 200, 201, 202, 400, 404);
    if (isSuccess(reply)) books.tally.acknowledged += 1;
    else noteFailedTry(books, reply);
    return reply;
  }

  async #readOne(client: Client, story: AdStory): Promise<boolean> {
    const { books } = this.#options;
    const headers = { 'Consistency-Token': story.token };
    const reply = await client.ask(
      { method: 'GET', path: `/api/v1/ad/${story.id ?? ''}`, headers },
      200,
      404,
    );
    if (reply.type !== 'answer') return false;
    const clock = books.clock.during(reply.sentAtMs, reply.answeredAtMs);
    const { statusCode } = reply.answer;
    if (statusCode === 200) books.ads.served(adIn(reply.answer), clock, true);
    // It may be gone once the server's clock has ever shown its end, wherever that clock is now.
    if (statusCode === 404 && books.clock.latestEverMs() < story.keptUntilMs) {
      books.findings.add('lost', `${story.name} is not found before its end ${story.keptUntilMs}`);
    }
    return true;
  }

  async #readActive(client: Client): Promise<boolean> {
    const { books } = this.#options;
    const before = books.ads.versionSeen;
    const reply = await client.ask({ method: 'GET', path: '/api/v1/ad?limit=20' }, 200);
    if (reply.type !== 'answer') return false;
    const { answer, sentAtMs, answeredAtMs } = reply;
    if (answer.statusCode !== 200) return true;
    books.ads.catalogVersion(Number(answer.headers['catalog-version']), before);
    const clock = books.clock.during(sentAtMs, answeredAtMs);
    for (const ad of adsIn(answer)) books.ads.servedActive(ad, clock);
    return true;
  }

  #hold(story: AdStory, { answer }: Answered): void {
    story.token = tokenOf(answer) ?? story.token;
    story.keptUntilMs = Math.max(story.keptUntilMs, ...story.ends.slice(0, 1));
    this.#options.books.tokens.add({ token: story.token });
  }
}
