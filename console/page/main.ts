import { byId, setText } from './dom.ts';
import { CallError, call, type Stats } from './api.ts';
import { time } from './format.ts';
import { startAds } from './panels/ads.ts';
import { showBalance } from './panels/balance.ts';
import { startExplain } from './panels/explain.ts';
import { showFreshness } from './panels/freshness.ts';
import { startKeySeries } from './panels/key-series.ts';
import { createPicture } from './panels/picture.ts';
import { startQuarantine } from './panels/quarantine.ts';
import { createRates } from './panels/rates.ts';
import { showReaders } from './panels/readers.ts';
import { showStreams } from './panels/streams.ts';
import { showTiles } from './panels/tiles.ts';
import { startTopKeys } from './panels/top-keys.ts';
import { startPolling } from './polling.ts';
import { startTheme } from './theme.ts';
import { startTokenForm } from './token.ts';

const picture = createPicture(byId('picture'), byId('picture-text'));
const rates = createRates();
const series = startKeySeries();
const topKeys = startTopKeys((key) => {
  series.show(key);
});
const ads = startAds();
const quarantine = startQuarantine();
startExplain();

/** Asks for the figures and shows them; says how many seconds later there are new ones. */
async function refresh(): Promise<number> {
  const stats = await call<Stats>('api/v1/stats');
  const stage = byId('stage');
  setText(stage, stats.stage);
  stage.hidden = false;
  const late = stats.source === 'cloudwatch' ? ', from CloudWatch' : '';
  setState('live', `Live${late}, as of ${time(stats.at)}`);
  showTiles(stats);
  picture.show(stats);
  rates.show(stats);
  showBalance(stats);
  showFreshness(stats);
  showStreams(stats);
  showReaders(stats);
  await topKeys.refresh();
  return stats.refresh_seconds;
}

function setState(kind: 'live' | 'paused' | 'failed', text: string): void {
  const state = byId('state');
  state.dataset['kind'] = kind;
  // The time alone is no news for a screen reader: only another kind of state is announced.
  state.setAttribute('aria-live', state.dataset['said'] === kind ? 'off' : 'polite');
  state.dataset['said'] = kind;
  setText(state, text);
}

const polling = startPolling({
  refresh,
  failed(error) {
    const message =
      error instanceof CallError ? error.message : 'The console itself failed; reload the page.';
    setState('failed', message);
    if (error instanceof CallError && (error.status === 401 || error.status === 403)) byId('token').focus();
  },
  paused() {
    setState('paused', 'Paused');
  },
});

startTheme(() => {
  rates.redraw();
  series.redraw();
});
startTokenForm(() => {
  polling.again();
  void ads.load();
  void quarantine.load();
});
void ads.load();
void quarantine.load();
