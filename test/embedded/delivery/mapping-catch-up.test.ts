import { describe, expect, it } from '@jest/globals';
import { createCatchUp, type CatchUp } from '../../../lib/embedded/delivery/catch-up.ts';

/** Whether a wait is over, looked at when all that can run has run. */
async function isOver(wait: Promise<void>): Promise<boolean> {
  let over = false;
  void wait.then(() => (over = true));
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

/** A read that begins and ends now; `lastArrivedAtMs` undefined: it was empty. */
function read(
  catchUp: CatchUp,
  lastArrivedAtMs: number | undefined,
  nextOrdinal: number,
  settled: number,
): void {
  catchUp.readEnded(catchUp.readBegins(), lastArrivedAtMs, nextOrdinal, settled);
}

describe('catching up', () => {
  it('is over when a later read is empty and everything read is settled', async () => {
    const catchUp = createCatchUp();
    const wait = catchUp.wait(1000);
    read(catchUp, 900, 5, 0);
    catchUp.settled(5);
    expect(await isOver(wait)).toBe(false);
    read(catchUp, undefined, 7, 5);
    catchUp.settled(6);
    expect(await isOver(wait)).toBe(false);
    catchUp.settled(7);
    expect(await isOver(wait)).toBe(true);
  });

  it('does not trust a read that had begun before: the record may have come after it looked', async () => {
    const catchUp = createCatchUp();
    const early = catchUp.readBegins();
    const wait = catchUp.wait(1000);
    catchUp.readEnded(early, undefined, 0, 0);
    expect(await isOver(wait)).toBe(false);
  });

  it('is over when a read brings something newer, though reads are never empty', async () => {
    const catchUp = createCatchUp();
    const wait = catchUp.wait(1000);
    read(catchUp, 1000, 5, 5);
    expect(await isOver(wait)).toBe(false);
    read(catchUp, 1001, 9, 5);
    read(catchUp, 1002, 20, 8);
    expect(await isOver(wait)).toBe(false);
    catchUp.settled(9);
    expect(await isOver(wait)).toBe(true);
  });

  it('is over when the shard is done, and a wait for its end only then', async () => {
    const catchUp = createCatchUp();
    const end = catchUp.waitForEnd();
    read(catchUp, undefined, 3, 3);
    expect(await isOver(end)).toBe(false);
    const wait = catchUp.wait(0);
    catchUp.done();
    expect(await Promise.all([end, wait, catchUp.wait(0), catchUp.waitForEnd()].map(isOver))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});
