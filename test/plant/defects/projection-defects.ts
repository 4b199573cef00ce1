import type { Defect } from '../defect.ts';

export const projectionDefects: readonly Defect[] = [
  {
    name: 'build-forgets-a-lost-race',
    file: 'lib/app/projection/build-projection.ts',
    find: `  if (await writeOwned(deps, record, head.version, last)) return undefined;`,
    replace: `  if (await writeOwned(deps, record, head.version, [])) return undefined;`,
    breaks:
      'Ads that changed while the projector was faster are missing or old in the new projection, so on a busy stage readers can never be switched to it.',
  },
  {
    name: 'projection-pointer-without-an-end',
    file: 'lib/app/ads/projection-pointer.ts',
    find: ` || known === undefined || ageMs() > pointerAgeMaxMs) throw error;`,
    replace: ` || known === undefined) throw error;`,
    breaks:
      'A container that could not read the head for longer than a projection is kept reads ads from one that was dropped, and answers 404.',
  },
  {
    name: 'projection-pointer-as-of-its-answer',
    file: 'lib/app/ads/projection-pointer.ts',
    find: `      known = { id, ...begun };`,
    replace: `      known = { id, wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };`,
    breaks:
      'A container that was frozen in the middle of a read of the head takes its answer for new, and answers 404 for ads of a projection that was dropped meanwhile.',
  },
  {
    name: 'switch-keeps-the-layout',
    file: 'lib/app/projection/switch-readers.ts',
    find: `      layout: BigInt(head.layout + 1),`,
    replace: `      layout: BigInt(head.layout),`,
    breaks:
      'An operator who drops the second projection while another one switches readers to it removes the ads that readers see.',
  },
  {
    name: 'comparison-forgets-what-it-suspects',
    file: 'lib/app/projection/compare-sides.ts',
    find: `new Set([...suspects, ...touched])`,
    replace: `touched`,
    breaks:
      'When a change comes during a comparison, ads that differ are taken for equal, and readers are switched to a projection that lacks them.',
  },
  {
    name: 'drop-forgets-ads-created-meanwhile',
    file: 'lib/app/projection/drop-projection.ts',
    find: `  for (const adId of await replay.follow(head.version)) adIds.add(adId);`,
    replace: `  await replay.follow(head.version);`,
    breaks:
      'Ads that were created while a projection was built stay in the table when it is dropped, and appear in the next one.',
  },
  {
    name: 'build-on-a-dropped-half',
    file: 'lib/app/projection/build-projection.ts',
    find: `  if (found?.state === 'dropping') return { status: 'dropping', record: found };
`,
    replace: '',
    breaks:
      'A build after a drop that died goes on from the version of the drop, so the new projection lacks all ads that were removed.',
  },
];
