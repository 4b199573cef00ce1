import type { Defect } from '../defect.ts';

export const warmReleaseDefects: readonly Defect[] = [
  {
    name: 'release-waits-for-the-dead',
    file: 'lib/app/release/hold-release.ts',
    find: `      if (catalogVersion < headVersion) containers.delete(container);`,
    replace: `      if (catalogVersion > headVersion) containers.delete(container);`,
    breaks:
      'A container that ends before it has loaded the catalog is waited for until the time is over, and a healthy release is refused.',
  },
];
