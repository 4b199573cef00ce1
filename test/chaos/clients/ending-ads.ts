import type { HttpCall } from '../../support/http-connection.ts';
import { formatInstant } from '../../../lib/core/instant.ts';
import { bodyOf, type AdStory } from '../ledger/ad-story.ts';
import { noteFailedTry, Actor } from './actor.ts';
import { adIn, adsIn, tokenOf } from './answers.ts';
import { isSuccess, type Answered, type Client, type Reply } from './client.ts';

/**
 * Creates ads that start and end within seconds, postpones some ends, and reads the ads around those
 * instants: by id and among all that are active. It sends each request once.
 */
export class EndingAds extends Actor {
  #story: AdStory | undefined;
  #count = 0;

  step(client: Client): Promise<boolean> {
    const { prng, ledgers } = this;
    const story = this.#story;
    if (story?.id === undefined) return this.#create(client);
    // Gone by any clock that the server may have: a last look, which finds nothing, then the next one.
    if (ledgers.clock.now().earliestMs > Math.max(...story.ends) + 200) {
      this.#story = undefined;
      return this.#readOne(client, story);
    }
    if (story.ends.length === 1 && prng.chance(0.02)) return this.#putOff(client, story);
    return prng.chance(0.5) ? this.#readOne(client, story) : this.#readActive(client);
  }

  async #create(client: Client): Promise<boolean> {
    const { ledgers, prng, name } = this;
    this.#count += 1;
    const story = ledgers.ads.open(`${name}-${this.#count}`);
    const nowMs = ledgers.clock.now().latestMs;
    const startMs = nowMs + prng.int(-1000, 500);
    const endMs = nowMs + prng.int(600, 3000);
    const title = story.nextTitle();
    story.sending(title);
    story.ends.push(endMs);
    const reply = await this.#write(client, {
      method: 'POST',
      path: '/api/v1/ad',
      body: bodyOf(title, formatInstant(startMs), formatInstant(endMs)),
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
    const { prng, ledgers } = this;
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
      if (ledgers.clock.latestEverMs() < oldEndMs) story.keptUntilMs = endMs;
    }
    return reply.type === 'answer';
  }

  /** 400 and 404: it has ended meanwhile, by the server's clock. */
  async #write(client: Client, call: HttpCall): Promise<Reply> {
    const { ledgers, prng } = this;
    const headers = prng.chance(0.5) ? { Prefer: 'wait=5' } : {};
    const reply = await client.ask({ ...call, headers }, 200, 201, 202, 400, 404);
    if (isSuccess(reply)) ledgers.tally.acknowledged += 1;
    else noteFailedTry(ledgers, reply);
    return reply;
  }

  async #readOne(client: Client, story: AdStory): Promise<boolean> {
    const { ledgers } = this;
    const headers = { 'Consistency-Token': story.token };
    const reply = await client.ask(
      { method: 'GET', path: `/api/v1/ad/${story.id ?? ''}`, headers },
      200,
      404,
    );
    if (reply.type !== 'answer') return false;
    const clock = ledgers.clock.during(reply.sentAtMs, reply.answeredAtMs);
    const { statusCode } = reply.answer;
    if (statusCode === 200) ledgers.ads.served(adIn(reply.answer), clock, true);
    // It may be gone once the server's clock has ever shown its end, wherever that clock is now.
    if (statusCode === 404 && ledgers.clock.latestEverMs() < story.keptUntilMs) {
      ledgers.findings.add('lost', `${story.name} is not found before its end ${story.keptUntilMs}`);
    }
    return true;
  }

  async #readActive(client: Client): Promise<boolean> {
    const { ledgers } = this;
    const before = ledgers.ads.versionSeen;
    const reply = await client.ask({ method: 'GET', path: '/api/v1/ad?limit=20' }, 200);
    if (reply.type !== 'answer') return false;
    const { answer, sentAtMs, answeredAtMs } = reply;
    if (answer.statusCode !== 200) return true;
    ledgers.ads.catalogVersion(Number(answer.headers['catalog-version']), before);
    const clock = ledgers.clock.during(sentAtMs, answeredAtMs);
    for (const ad of adsIn(answer)) ledgers.ads.servedActive(ad, clock);
    return true;
  }

  #hold(story: AdStory, { answer }: Answered): void {
    story.token = tokenOf(answer) ?? story.token;
    story.keptUntilMs = Math.max(story.keptUntilMs, ...story.ends.slice(0, 1));
    this.ledgers.tokens.add({ token: story.token });
  }
}
