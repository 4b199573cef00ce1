import type { Trial } from '../trial.ts';
import { contentOf } from '../ledger/ad-story.ts';
import { adIn, tokenOf } from './ad-answers.ts';
import { noteFailedTry } from './actor.ts';
import { Client, isNever, isSuccess } from './client.ts';

const startAt = '2026-01-01T00:00:00.000Z';
const endAt = '2100-01-01T00:00:00.000Z';
const connections = 4;
const adsMax = 1000;

/** Creates ads as large as they may be, each once, until told to end or until there are a thousand more. */
export async function createLargeAds(trial: Trial, url: URL, ended: () => boolean): Promise<void> {
  let left = adsMax;
  const work = async (): Promise<void> => {
    const client = new Client(url, trial.books);
    let answered = true;
    while (answered && !ended() && left > 0) {
      left -= 1;
      answered = await createOne(trial, client);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: connections }, work));
}

async function createOne({ books }: Trial, client: Client): Promise<boolean> {
  const story = books.ads.open(`large-${books.ads.stories.size}`);
  const title = story.nextTitle();
  story.sending(title);
  story.ends.push(Date.parse(endAt));
  const body = JSON.stringify({ title, content: contentOf(title), start_at: startAt, end_at: endAt });
  const reply = await client.ask({ method: 'POST', path: '/api/v1/ad', body }, 202);
  if (isSuccess(reply)) {
    story.acknowledge(title);
    story.id ??= adIn(reply.answer).id;
    books.tally.acknowledged += 1;
    books.tokens.add({ token: tokenOf(reply.answer) ?? '' });
  } else {
    noteFailedTry(books, reply);
    if (isNever(reply)) story.drop(title);
  }
  return reply.type === 'answer';
}
