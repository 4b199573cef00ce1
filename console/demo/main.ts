import type { Decisions } from '../../client/index.ts';
import { onPress, setUsable } from '../page/button.ts';
import { byId, controlById, h, setText } from '../page/dom.ts';
import { startTheme } from '../page/theme.ts';
import { startTokenForm } from '../page/token.ts';
import { call, CallError } from './api.ts';
import { startArticle } from './article.ts';
import { note } from './calls.ts';
import { createDemoAds, demoAdsCount } from './demo-ads.ts';
import { startReport } from './report.ts';

/** The numbers are read so often, and soon after something was reported. */
const readEveryMs = 2000;
const readSoonMs = 300;
/** After a failure; it doubles up to the maximum. */
const retryMs = 2000;
const retryMsMax = 10_000;

const report = startReport();
const article = startArticle(() => {
  readIn(readSoonMs);
});
const visitor = controlById('form', 'visitor');

/** Newest first: an answer that a later load overtook is dropped. */
let loads = 0;

/** Asks for a decision and shows it, as a page does when it is loaded. */
async function load(consistencyToken?: string): Promise<void> {
  const mine = (loads += 1);
  try {
    const { decisions, status } = await decide(consistencyToken);
    if (mine !== loads) return;
    const ads = decisions.flatMap((one) => one.ads);
    note('POST', decisionsAddress, `${status}, ${ads.length === 1 ? '1 ad' : `${ads.length} ads`}`);
    if (ads.length === 0) article.showInstead(offerAds());
    else article.show(decisions);
    report.chosen(ads);
    readIn(0);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (mine !== loads) return;
    note('POST', decisionsAddress, error.message, true);
    article.showInstead(h('p', { class: 'nothing error' }, error.message));
    failed(error);
    if (error.status === 0) setTimeout(() => mine === loads && void load(consistencyToken), retryMs);
  }
}

const decisionsAddress = 'api/v1/decisions';

async function decide(token?: string): Promise<Decisions & { readonly status: number }> {
  const response = await call({
    method: 'POST',
    address: decisionsAddress,
    headers: token === undefined ? {} : { 'consistency-token': token },
    body: { ...audience(), placements: article.placements.map((id) => ({ id })) },
  });
  return { ...((await response.json()) as Decisions), status: response.status };
}

/** The API names invalid values. */
function audience(): Record<string, string | number> {
  const given = [...new FormData(visitor)].flatMap(([name, value]): [string, string | number][] => {
    const text = typeof value === 'string' ? value.trim() : '';
    if (text === '') return [];
    if (name === 'age') return [[name, /^\d+$/.test(text) ? Number(text) : text]];
    return [[name, name === 'country' && text !== 'unknown' ? text.toUpperCase() : text]];
  });
  return Object.fromEntries(given);
}

function offerAds(): HTMLElement {
  const button = h('button', { type: 'button' }, `Create ${demoAdsCount} demo ads`);
  const text = h('p', { role: 'status' }, 'No ad is for this visitor.');
  onPress(button, async () => {
    setUsable(button, false);
    try {
      const token = await createDemoAds();
      note('POST', 'api/v1/ads:import', `${demoAdsCount} ads created`);
      await load(token);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      note('POST', 'api/v1/ads:import', error.message, true);
      setText(text, error.message);
      failed(error);
    } finally {
      setUsable(button, true);
    }
  });
  const hint = h('p', { class: 'hint' }, 'They have campaigns, weights and targets, and end in a day.');
  return h('div', { class: 'nothing' }, text, button, hint);
}

let timer: ReturnType<typeof setTimeout> | undefined;
let failures = 0;
let reads = 0;

/** Reads the numbers after this time, unless they are read before it. */
function readIn(ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => void read(), ms);
}

async function read(): Promise<void> {
  const mine = (reads += 1);
  try {
    await report.refresh();
    if (mine !== reads) return;
    failures = 0;
    byId('access').hidden = true;
    say('live', 'Live: the numbers are read every 2 seconds.');
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (mine !== reads) return;
    failures += 1;
    failed(error);
  }
  if (document.hidden) return;
  readIn(failures === 0 ? readEveryMs : Math.min(retryMs * 2 ** (failures - 1), retryMsMax));
}

function failed(error: CallError): void {
  const needsToken = error.status === 401 || error.problem === 'forbidden';
  if (needsToken) byId('access').hidden = false;
  say('failed', error.problem === 'delivery-off' ? deliveryOff : error.message);
}

const deliveryOff =
  'This stage does not deliver ads: its setting delivery.accepts is false. Stage local has it true.';

function say(kind: 'live' | 'failed', text: string): void {
  const line = byId('state');
  line.dataset['kind'] = kind;
  setText(line, text);
}

visitor.addEventListener('submit', (event) => {
  event.preventDefault();
  void load();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) readIn(0);
});
startTheme(() => undefined);
startTokenForm(() => {
  failures = 0;
  void load();
});
void load();
