import type { Fate, PortWorld } from './port-call.ts';
import type { FaultName } from '../faults.ts';

/** The kind of fault that ends this container at one of its port calls. */
export function deathFate(world: PortWorld): Fate | undefined {
  const { faults, container } = world;
  const at = (name: FaultName, when: 'dies-before' | 'dies-after'): Fate | undefined =>
    faults.strikes(name) ? { type: when } : undefined;
  switch (container.functionName) {
    case 'ingest-ads':
    case 'ingest-increments':
    case 'decide-ads':
    case 'track-ads':
    case 'run-canary':
      return at('crash-before-append', 'dies-before') ?? at('crash-after-append', 'dies-after');
    case 'aggregate-increments':
    case 'project-ads':
      return at('out-of-memory', container.prng.chance(0.5) ? 'dies-before' : 'dies-after');
    case 'query-ads':
    case 'read-counters':
    case 'describe-api':
    case 'expire-ad':
    case 'sweep-ads':
    case 'authorize-request':
    case 'operate-quarantine':
    case 'read-stats':
    case 'warm-release':
    case 'audit-counters':
    case 'archive-increments':
      return at('stale-container', container.prng.chance(0.5) ? 'dies-before' : 'dies-after');
  }
}
