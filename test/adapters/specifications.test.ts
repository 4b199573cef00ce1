import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { specifyAdDecisions } from '../specifications/ad-decisions.ts';
import { specifyCounting } from '../specifications/counting.ts';
import { roomsOf } from '../specifications/specification-store.ts';
import { openDataFolder } from '../support/open-data-folder.ts';

/** The domain's specifications once more, with the store of `npm start`. */
describe('on LMDB', () => {
  let folder: string;
  let stores: ReturnType<typeof openDataFolder>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'adtally-specifications-'));
    stores = openDataFolder(folder);
  });
  afterAll(async () => {
    await stores.close();
    rmSync(folder, { recursive: true });
  });

  const rooms = roomsOf(() => stores.state);
  specifyCounting(rooms);
  specifyAdDecisions(rooms);
});
