import {
  listSigningKeys,
  retiredDays,
  rotateSigningKeys,
  rotationMsMin,
} from '../../../lib/app/delivery/signing-keys.ts';
import { signingKeyKey } from '../../../lib/app/state-keys.ts';
import type { Prng } from '../../support/prng.ts';
import { demand } from '../audit/demand.ts';
import type { Kernel } from '../kernel.ts';
import type { Platform } from '../platform.ts';
import type { Services } from '../services.ts';
import { runCommand } from './operator-runs.ts';

export interface KeyRotationsOptions {
  readonly kernel: Kernel;
  readonly services: Services;
  readonly platform: Platform;
}

/** In so many seeds the stage has had a key for a day, so that it can be rotated. */
const oldShare = 0.6;

/** Operators who rotate the key that signs decisions while pages are open, at times two of them at once. */
export class KeyRotations {
  readonly #options: KeyRotationsOptions;
  readonly #prng: Prng;
  #made = 0;

  constructor(options: KeyRotationsOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('key rotations');
  }

  /** What the stage has from before. */
  async begin(): Promise<void> {
    if (!this.#prng.chance(oldShare)) return;
    const { kernel, services } = this.#options;
    const createdAt = BigInt(kernel.nowMs() - rotationMsMin - this.#prng.int(600_000, 90_000_000));
    const secret = Uint8Array.from({ length: 32 }, () => this.#prng.int(0, 255));
    const attributes = { secret, created_at: createdAt, signs_from: createdAt };
    await services.state.write({ type: 'put', key: signingKeyKey(1), attributes }, {});
  }

  async run(): Promise<void> {
    const machines = this.#prng.chance(0.2) ? 2 : 1;
    await Promise.all(Array.from({ length: machines }, () => this.#rotate()));
  }

  /** One key after the other, all but the last retired. */
  async atRest(): Promise<void> {
    const keys = await listSigningKeys({ state: this.#options.services.memory });
    const isRight = keys.every(({ id, signsFromMs, expiresAt }, index) => {
      const next = keys[index + 1];
      const lifeMs = retiredDays * 86_400_000;
      const ends = next === undefined ? undefined : Math.ceil(next.signsFromMs / 1000) + lifeMs / 1000;
      return id === index + 1 && expiresAt === ends && (next === undefined || next.signsFromMs > signsFromMs);
    });
    demand(isRight, 'G11', 'a key of a rotation is not as it should be', () => ({
      keys: keys.map(({ id, signsFromMs, expiresAt }) => ({ id, signsFromMs, expiresAt })),
    }));
  }

  facts(): Record<string, number> {
    return { keyRotations: this.#made };
  }

  async #rotate(): Promise<void> {
    const { kernel, platform } = this.#options;
    const ports = platform.operatorPorts();
    const result = await runCommand({ kernel, pending: platform.pending }, () => rotateSigningKeys(ports));
    if (result?.status === 'made') this.#made += 1;
  }
}
