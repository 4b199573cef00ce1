import { buildProjection } from '../../../lib/app/projection/build-projection.ts';
import { compareSides } from '../../../lib/app/projection/compare-sides.ts';
import { dropProjection } from '../../../lib/app/projection/drop-projection.ts';
import { otherProjection, readLayout } from '../../../lib/app/projection/projection-record.ts';
import { switchReaders } from '../../../lib/app/projection/switch-readers.ts';
import { MovingProjectionError } from '../../../lib/app/rebuild/compare-projection.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import type { Prng } from '../../support/prng.ts';
import { demand } from '../audit/demand.ts';
import type { Kernel } from '../kernel.ts';
import type { Platform } from '../platform.ts';
import { runCommand } from './operator-runs.ts';

export interface ProjectionsOptions {
  readonly kernel: Kernel;
  readonly platform: Platform;
}

type Deed = 'start' | 'compare' | 'switch' | 'drop';

/**
 * Operators who build a second projection of the ads, compare both, move readers there and back, and drop the one
 * that readers have left, at times two at once. Whatever they do, every read and every commit stays right: the
 * other auditors see to that. Here: nothing is ever found to differ.
 */
export class Projections {
  readonly #options: ProjectionsOptions;
  readonly #prng: Prng;
  readonly #done: Record<string, number> = { built: 0, switched: 0, dropped: 0, compared: 0 };

  constructor(options: ProjectionsOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('projections');
  }

  async run(): Promise<void> {
    const machines = this.#prng.pick([1, 1, 2]);
    const deeds = Array.from({ length: machines }, () =>
      this.#prng.pick<Deed>(['start', 'start', 'compare', 'switch', 'switch', 'switch', 'drop']),
    );
    await Promise.all(deeds.map((deed) => this.#perform(deed)));
  }

  /** Nothing strikes any more: readers move there and back. */
  async atRest(): Promise<void> {
    const { platform } = this.#options;
    const { head, record } = await readLayout(platform.operatorPorts());
    if (!head.exists || record?.state === 'dropping') return;
    for (const deed of ['start', 'compare', 'switch', 'switch'] as const) {
      const status = await this.#perform(deed);
      const isRight = ['built', 'kept', 'equal', 'switched'].includes(status ?? 'none');
      demand(isRight, 'I14', 'an operator cannot move readers', () => ({ deed, status }));
    }
  }

  facts(): Readonly<Record<string, number>> {
    const { built = 0, switched = 0, dropped = 0, compared = 0 } = this.#done;
    return {
      projectionsBuilt: built,
      projectionsSwitched: switched,
      projectionsDropped: dropped,
      projectionsCompared: compared,
    };
  }

  async #perform(deed: Deed): Promise<string | undefined> {
    const { kernel, platform } = this.#options;
    const ports: Ports = { ...platform.operatorPorts(), telemetry: nullTelemetry };
    const status = await runCommand({ kernel, pending: platform.pending }, async () => {
      try {
        return await statusOf(deed, ports);
      } catch (error) {
        if (!(error instanceof MovingProjectionError)) throw error;
        return 'moving';
      }
    });
    if (status === undefined) return undefined;
    kernel.tell(`projections: ${deed}: ${status}`);
    demand(status !== 'differs', 'G5', 'a projection is found to differ', () => ({ deed }));
    const name = status === 'equal' ? 'compared' : status;
    this.#done[name] = (this.#done[name] ?? 0) + 1;
    return status;
  }
}

async function statusOf(deed: Deed, ports: Ports): Promise<string> {
  if (deed === 'start') return (await buildProjection(ports)).status;
  if (deed === 'compare') {
    const compared = await compareSides(ports);
    if (compared === undefined) return 'absent';
    return compared.differences.length === 0 && compared.equalRanges === 256 ? 'equal' : 'differs';
  }
  const { head } = await readLayout(ports);
  const other = otherProjection(head.active.id);
  const result = deed === 'switch' ? await switchReaders(ports, other) : await dropProjection(ports, other);
  return result.status;
}
