import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { thirdPartyNotices } from './third-party-notices.ts';

/** Builds `client/dist`: the sources as JavaScript that Node 20 and browsers run, with their types. */
const root = resolve(import.meta.dirname, '..');
const client = join(root, 'client');

rmSync(join(client, 'dist'), { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(client, 'tsconfig.build.json')],
  { stdio: 'inherit' },
);
writeFileSync(join(client, 'THIRD-PARTY-NOTICES'), thirdPartyNotices(root, []));
