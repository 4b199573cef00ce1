import type { AdNotebook } from './ad-notebook.ts';
import { importAds, nameAd, raceImports, type SentImports } from './ad-importing.ts';
import { askNonsense, listAds, queryAds, readAd } from './ad-reading.ts';
import { changeAd, createAd, raceForAd } from './ad-writing.ts';
import type { Client, ClientWorld } from './client.ts';

/** The share of seeds in which nearly all ads are large: a snapshot every seven changes. */
const largeAdsShare = 0.5;

/** The clients of the ads API in one world: editors, importers, readers, and a notebook that they all share. */
export function createAdClients(
  notes: AdNotebook,
): Readonly<Record<'ad-editors' | 'ad-readers' | 'ad-importers', Client>> {
  return { 'ad-editors': editor(notes), 'ad-readers': reader(notes), 'ad-importers': importer(notes) };
}

function editor(notes: AdNotebook): Client {
  return async (world) => {
    const { prng } = world;
    notes.hasLarge ??= prng.chance(largeAdsShare);
    const { hasLarge } = notes;
    await work(world, async () => {
      const what = prng.int(1, 10);
      if (what <= 4) await createAd(world, notes, hasLarge && prng.chance(0.9));
      else if (what <= 8) await changeAd(world, notes);
      else await raceForAd(world, notes);
    });
  };
}

function importer(notes: AdNotebook): Client {
  const sent: SentImports = [];
  return (world) =>
    work(world, async () => {
      const what = world.prng.int(1, 10);
      if (what <= 4) await importAds(world, notes, sent);
      else if (what <= 6) await raceImports(world, notes);
      else await nameAd(world, notes);
    });
}

function reader(notes: AdNotebook): Client {
  return (world) =>
    work(world, async () => {
      const what = world.prng.int(1, 20);
      if (what <= 11) await queryAds(world, notes);
      else if (what <= 16) await readAd(world, notes);
      else if (what <= 19) await listAds(world, notes);
      else await askNonsense(world);
    });
}

async function work(world: ClientWorld, act: () => Promise<void>): Promise<void> {
  const pauseMs = world.prng.pick([200, 1000, 4000]);
  while (world.open) {
    await world.sleep(world.prng.int(1, 2 * pauseMs));
    await act();
  }
}
