import { groupsOf } from './groups.ts';
import type { Planting } from './planting.ts';
import type { Soundness } from './soundness.ts';
import type { Copy, Suite } from './suite.ts';
import { catchOf, type Catch, type Trial } from './trial.ts';
import { tryTogether } from './try-together.ts';

export interface HuntOptions {
  /** One for each worker. */
  readonly copies: readonly Copy[];
  /** Run with each planting alone, in order. */
  readonly near: readonly Suite[];
  /** Run with those that escaped `near`, several at a time. */
  readonly rest: readonly Suite[];
  readonly soundness: Soundness;
  /** More to find out about a planting that was caught, while it is planted alone. */
  readonly learn?: (copy: Copy, caught: Catch) => Promise<Pick<Trial, 'kinds'>>;
  /** Called as soon as it is known. */
  readonly onTrial: (planting: Planting, trial: Trial) => void;
}

/** Plants each of `plantings` and finds out what catches it, the quickest first. */
export async function huntAll(plantings: readonly Planting[], options: HuntOptions): Promise<void> {
  const { copies, near, rest, onTrial } = options;
  const spent = new Map<Planting, number>();
  const caught = new Set<Planting>();
  const hunt = async (members: readonly Planting[], suites: readonly Suite[], copy: Copy): Promise<void> => {
    const beganMs = performance.now();
    const seconds = (member: Planting): number =>
      (spent.get(member) ?? 0) + (performance.now() - beganMs) / 1000;
    const found: [Planting, Trial][] = [];
    for (const suite of suites) {
      const left = members.filter((member) => !caught.has(member));
      await tryTogether(left, {
        copy,
        suite,
        soundness: options.soundness,
        onCaught(member, finding) {
          caught.add(member);
          const { name, area, files, breaks } = member;
          const planting = { name, area, files, breaks };
          found.push([member, { planting, caught: catchOf(suite.name, finding), seconds: seconds(member) }]);
        },
      });
      for (const [member, trial] of found.splice(0)) onTrial(member, await learnt(member, trial, copy));
    }
    for (const member of members) spent.set(member, seconds(member));
  };
  const learnt = async (member: Planting, trial: Trial, copy: Copy): Promise<Trial> => {
    if (options.learn === undefined || trial.caught === undefined) return trial;
    const restore = copy.plant([member]);
    try {
      return { ...trial, ...(await options.learn(copy, trial.caught)) };
    } finally {
      restore();
    }
  };

  await share(plantings, copies, (planting, copy) => hunt([planting], near, copy));
  const escaped = plantings.filter((planting) => !caught.has(planting));
  const nearTests = (planting: Planting): readonly string[] => near[0]?.checksOf(planting) ?? [];
  await share(rest.length === 0 ? [] : groupsOf(escaped, nearTests), copies, (group, copy) =>
    hunt(group, rest, copy),
  );
  for (const planting of escaped.filter((one) => !caught.has(one))) {
    const { name, area, files, breaks } = planting;
    const seconds = spent.get(planting) ?? 0;
    onTrial(planting, { planting: { name, area, files, breaks }, caught: undefined, seconds });
  }
}

/** Each copy takes the next job when it has done one. */
async function share<Job>(
  jobs: readonly Job[],
  copies: readonly Copy[],
  work: (job: Job, copy: Copy) => Promise<void>,
): Promise<void> {
  const waiting = jobs.values();
  await Promise.all(
    copies.map(async (copy) => {
      for (const job of waiting) await work(job, copy);
    }),
  );
}
