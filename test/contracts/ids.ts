import { describe, expect, test } from '@jest/globals';
import type { Ids } from '../../lib/ports/ids.ts';

const uuidv7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const startMs = 1_767_225_600_000;

/** The contract of `Ids` (lib/ports/ids.ts). */
export function testIds(name: string, create: () => Ids): void {
  describe(`${name} keeps the contract of the ids`, () => {
    test('a UUIDv7 carries its time', () => {
      const id = create().uuidv7(startMs);
      expect(id).toMatch(uuidv7Pattern);
      expect(parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(startMs);
    });

    test('later ones sort after earlier ones, also while the clock stands or steps back', () => {
      const ids = create();
      const times = [0, 0, 1, 1, 0, -1000, 2, ...Array.from({ length: 5000 }, () => 2), 3];
      const made = times.map((offsetMs) => ids.uuidv7(startMs + offsetMs));
      expect(made.toSorted()).toEqual(made);
      expect(new Set(made).size).toBe(made.length);
      expect(made.every((id) => uuidv7Pattern.test(id))).toBe(true);
    });

    test('two processes at one instant make different ones', () => {
      const made = Array.from({ length: 100 }, () => create().uuidv7(startMs));
      expect(new Set(made).size).toBe(100);
    });

    test('a nonce is 32 hex digits, never the same', () => {
      const ids = create();
      const made = Array.from({ length: 1000 }, () => ids.nonce());
      expect(new Set(made).size).toBe(1000);
      expect(made.every((nonce) => /^[0-9a-f]{32}$/.test(nonce))).toBe(true);
    });

    test('a random float is in [0, 1) and reaches all of it', () => {
      const ids = create();
      const made = Array.from({ length: 2000 }, () => ids.random());
      expect(made.every((value) => value >= 0 && value < 1)).toBe(true);
      expect(new Set(made.map((value) => Math.floor(value * 10))).size).toBe(10);
    });
  });
}
