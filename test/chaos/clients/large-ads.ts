import { bodyOf } from '../ledger/ad-story.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import { noteFailedTry } from './actor.ts';
import { endAt, startAt } from './ad-write.ts';
import { adIn, tokenOf } from './answers.ts';
import { Client, isNever, isSuccess } from './client.ts';

const connections = 4;
const adsMax = 1000;

/** Creates ads as large as they may be, each once, until told to end or until there are a thousand more. */
export async function createLargeAds(ledgers: Ledgers, url: URL, ended: () => boolean): Promise<void> {
  let left = adsMax;
  const work = async (): Promise<void> => {
    const client = new Client(url, ledgers);
    let answered = true;
    while (answered && !ended() && left > 0) {
      left -= 1;
      answered = await createOne(ledgers, client);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: connections }, work));
}

async function createOne(ledgers: Ledgers, client: Client): Promise<boolean> {
  const { ads, tally, tokens } = ledgers;
  const story = ads.open(`large-${ads.stories.size}`);
  const title = story.nextTitle();
  story.sending(title);
  story.ends.push(Date.parse(endAt));
  const body = bodyOf(title, startAt, endAt);
  const reply = await client.ask({ method: 'POST', path: '/api/v1/ad', body }, 202);
  if (isSuccess(reply)) {
    story.acknowledge(title);
    story.id ??= adIn(reply.answer).id;
    tally.acknowledged += 1;
    tokens.add({ token: tokenOf(reply.answer) ?? '' });
  } else {
    noteFailedTry(ledgers, reply);
    if (isNever(reply)) story.drop(title);
  }
  return reply.type === 'answer';
}
