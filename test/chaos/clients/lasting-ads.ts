import { idInstantMs, type AdStory } from '../ledger/ad-story.ts';
import { noteFailedTry, Actor } from './actor.ts';
import { adIn, tokenOf } from './answers.ts';
import { drawChange, drawCreate, drawDelete, expectedStatuses, pathOf, type AdWrite } from './ad-write.ts';
import { isNever, isSuccess, type Answered, type Client, type Reply } from './client.ts';

const liveMax = 3;

/**
 * The API waits for an unknown id that was made in the last ten seconds; a moment less, for the way there.
 */
const surelyYoungMs = 8000;

/**
 * Creates, changes and deletes ads that never end, each ad one thing after the other: with a key and again
 * until answered, or without and once; waiting for the outcome or not; on condition of the version, the right
 * or a wrong one.
 */
export class LastingAds extends Actor {
  readonly #live: AdStory[] = [];
  #pending: AdWrite | undefined;
  #count = 0;

  override get pending(): boolean {
    return this.#pending !== undefined;
  }

  async step(client: Client): Promise<boolean> {
    const { prng } = this;
    if (this.#pending === undefined && this.#live.length > 0 && prng.chance(0.3)) {
      return this.#read(client, prng.pick(this.#live));
    }
    const write = (this.#pending ??= this.#draw());
    if (write.doubted && !write.story.shown) return this.#read(client, write.story);
    write.tries += 1;
    const reply = await client.ask(write.call, ...expectedStatuses(write));
    if (isSuccess(reply)) this.#settle(write, reply);
    else if (reply.type === 'answer' && reply.answer.statusCode !== 503) this.#refused(write, reply);
    else this.#failed(write, reply);
    return reply.type === 'answer';
  }

  #draw(): AdWrite {
    const { prng, name, ledgers } = this;
    this.#count += 1;
    const key = `${name}-${this.#count}`;
    if (this.#live.length === 0 || (this.#live.length < liveMax && prng.chance(0.4))) {
      return drawCreate(prng, ledgers.ads.open(key), key);
    }
    const story = prng.pick(this.#live);
    return prng.chance(0.25) ? drawDelete(prng, story) : drawChange(prng, story, key);
  }

  #settle(write: AdWrite, { answer }: Answered): void {
    const { ledgers } = this;
    const { story, title, type } = write;
    ledgers.tally.acknowledged += 1;
    this.#pending = undefined;
    const token = tokenOf(answer);
    if (token !== undefined) {
      story.token = token;
      ledgers.tokens.add({ token });
    }
    if (write.forbidden) ledgers.findings.add('wrong', `${JSON.stringify(write.call)} was done`);
    if (type === 'delete') {
      this.#removed(story);
      return;
    }
    story.acknowledge(title);
    story.id ??= adIn(answer).id;
    story.versionKnown = answer.statusCode !== 202;
    if (story.versionKnown) {
      ledgers.ads.applied(story, adIn(answer));
      if (adIn(answer).title !== title)
        ledgers.findings.add('wrong', `${JSON.stringify(write.call)} answers ${answer.body}`);
    }
    if (type === 'create') this.#live.push(story);
  }

  /** A 404 or a 412; whatever else it is has been noted. */
  #refused(write: AdWrite, reply: Answered): void {
    const { answer, sentAtMs, answeredAtMs } = reply;
    const { findings, clock } = this.ledgers;
    const { story, type, title } = write;
    const waitedFor = clock.isNear(idInstantMs(story.id ?? ''), surelyYoungMs, sentAtMs, answeredAtMs);
    if (answer.statusCode === 404 && !story.shown && !waitedFor) {
      // The clock has jumped since the ad was made: its id looks old, and so was not waited for.
      write.doubted = true;
      if (write.repeat) return;
      this.#pending = undefined;
      story.drop(title);
    } else if (answer.statusCode === 404 && type === 'delete' && story.removed === 'maybe') {
      this.#removed(story);
    } else if (answer.statusCode === 412 && write.forbidden) {
      this.#pending = undefined;
    } else {
      findings.add('lost', `${JSON.stringify(write.call)} of ${story.name}: ${answer.body}`);
      this.#removed(story);
    }
  }

  #failed(write: AdWrite, reply: Reply): void {
    noteFailedTry(this.ledgers, reply);
    if (write.repeat) {
      if (write.type === 'delete' && !isNever(reply)) write.story.removed = 'maybe';
      return;
    }
    this.#pending = undefined;
    if (isNever(reply)) write.story.drop(write.title);
    else write.story.versionKnown = false;
  }

  /** With the token of the last write the ad is as that write left it. */
  async #read(client: Client, story: AdStory): Promise<boolean> {
    const { ledgers } = this;
    const headers = { 'Consistency-Token': story.token };
    const reply = await client.ask({ method: 'GET', path: pathOf(story), headers }, 200, 404);
    if (reply.type !== 'answer') return false;
    const { answer, sentAtMs, answeredAtMs } = reply;
    if (answer.statusCode === 200) {
      ledgers.ads.served(adIn(answer), ledgers.clock.during(sentAtMs, answeredAtMs), true);
    } else if (answer.statusCode === 404) {
      if (story.removed === 'no')
        ledgers.findings.add('lost', `${story.name} is not found with its token ${story.token}`);
      this.#removed(story);
    }
    return true;
  }

  #removed(story: AdStory): void {
    story.removed = 'yes';
    this.#pending = undefined;
    const place = this.#live.indexOf(story);
    if (place >= 0) this.#live.splice(place, 1);
  }
}
