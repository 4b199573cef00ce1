import type { Defect } from '../defect.ts';

export const controlDefects: readonly Defect[] = [
  {
    name: 'control-forgets-when-a-level-began',
    file: 'lib/app/control/control-store.ts',
    find: `? nowMs + seriesFromAfterMs : known[level];`,
    replace: `? nowMs + seriesFromAfterMs : undefined;`,
    breaks:
      'Any change after the one that added a level of series makes the level complete since ever, so charts show zeros for the time before.',
  },
  {
    name: 'control-never-goes-back',
    file: 'lib/app/control/control-follower.ts',
    find: `    if (change.changeId === current.changeId) return;`,
    replace: `    if (change.version <= current.version) return;`,
    breaks:
      'When the table is restored, running containers stay at the later state and ignore changes until their number is higher.',
  },
  {
    name: 'raised-rate-is-a-ceiling',
    file: 'lib/app/control/effective-settings.ts',
    find: `    ...(burst < tokens.rate.burst && { burst }),`,
    replace: `    burst,`,
    breaks:
      'When an operator raises the rate of the stage, tokens with a still higher burst of their own lose it.',
  },
];
