import { byId, setText } from './dom.ts';
import { api, isCallFailure, isRefused, words, type Stats } from './api.ts';
import { startAccess } from './access.ts';
import { startAdDialog } from './panels/ad-dialog.ts';
import { startAds } from './panels/ads.ts';
import { showBalance } from './panels/balance.ts';
import { startExplain } from './panels/explain.ts';
import { showFreshness } from './panels/freshness.ts';
import { startKeySeries } from './panels/key-series.ts';
import { startPicture } from './panels/picture.ts';
import { startQuarantine } from './panels/quarantine.ts';
import { createRates } from './panels/rates.ts';
import { showReaders } from './panels/readers.ts';
import { showStreams } from './panels/streams.ts';
import { showTiles } from './panels/tiles.ts';
import { startTopKeys } from './panels/top-keys.ts';
import { startUsage } from './panels/usage.ts';
import { startPolling, type Refreshed } from './polling.ts';
import { startStateLine } from './state-line.ts';
import { startTheme } from './theme.ts';
import { startTokenForm } from './token.ts';

const stateLine = startStateLine();
const access = startAccess();
const picture = startPicture(byId('picture'), byId('picture-text'));
const rates = createRates();
const series = startKeySeries();
const topKeys = startTopKeys(series);
const explain = startExplain({ openAd: (id) => void adDialog.open(id) });
const adDialog = startAdDialog({
  explain: (id) => {
    explain.ask(id);
  },
});
const ads = startAds({ openAd: (id) => adDialog.open(id) });
const quarantine = startQuarantine();
const usage = startUsage();

/** Reads the statistics. */
async function refresh(): Promise<Refreshed> {
  const { body: stats } = await api.getStats();
  return {
    refreshSeconds: stats.refresh_seconds,
    show: () => {
      show(stats);
    },
  };
}

function show(stats: Stats): void {
  const stage = byId('stage');
  setText(stage, stats.stage);
  stage.hidden = false;
  const from = stats.source === 'cloudwatch' ? ', from CloudWatch' : '';
  access.granted();
  stateLine.live({ at: stats.at, from, refreshSeconds: stats.refresh_seconds });
  showTiles(stats);
  picture.show(stats);
  rates.show(stats);
  showBalance(stats);
  showFreshness(stats);
  showStreams(stats);
  showReaders(stats);
  // The statistics do not wait for these.
  void topKeys.refresh();
  void series.refresh();
  void usage.refresh();
  void adDialog.refresh();
}

const polling = startPolling({
  refresh,
  failed(error) {
    if (!isCallFailure(error)) {
      stateLine.failed('The console itself failed. Reload the page.');
      reportError(error);
      return false;
    }
    stateLine.failed(words(error));
    if (!isRefused(error)) return true;
    access.refused();
    byId('token').focus();
    return false;
  },
  paused: () => {
    stateLine.paused();
  },
});

startTheme(() => {
  rates.redraw();
  series.redraw();
  adDialog.redraw();
});
startTokenForm(() => {
  polling.again();
  void ads.load();
  void quarantine.load();
});
void ads.load();
void quarantine.load();
