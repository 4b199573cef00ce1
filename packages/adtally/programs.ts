/** A command of `adtally`: the same program as the script of that name in the repository. */
export interface Program {
  readonly about: string;
  /** The words that may follow the command. */
  readonly words?: readonly string[];
  /** Runs it on the arguments of this process. */
  readonly run: () => Promise<unknown>;
}

export const programs: Readonly<Record<string, Program>> = {
  start: {
    about: 'runs the whole pipeline in this process; the default',
    run: () => import('../../bin/local.ts'),
  },
  demo: {
    about: 'puts load on a fresh pipeline and compares what was sent with what was counted',
    // The program of the load tests, with their client and their ledger.
    run: () => import('../../test/load/demo/main.ts'),
  },
  import: {
    about: 'creates or changes ads from a CSV or NDJSON file',
    run: () => import('../../bin/import.ts'),
  },
  export: {
    about: 'writes the live ads to a CSV or NDJSON file',
    run: () => import('../../bin/export.ts'),
  },
  tokens: {
    about: 'creates, lists, rotates and revokes API tokens',
    words: ['create', 'list', 'rotate', 'revoke'],
    run: () => import('../../bin/tokens.ts'),
  },
  keys: {
    about: 'lists and rotates the keys that sign decisions',
    words: ['list', 'rotate'],
    run: () => import('../../bin/keys.ts'),
  },
  goals: {
    about: 'shows how far goals are, and makes them safe after a restore',
    words: ['list', 'reset'],
    run: () => import('../../bin/goals.ts'),
  },
  control: {
    about: 'changes settings while a stage runs',
    words: ['get', 'set', 'history', 'rollback'],
    run: () => import('../../bin/control.ts'),
  },
  quarantine: {
    about: 'lists, shows, redrives and drops records that could not be processed',
    words: ['list', 'show', 'redrive', 'drop'],
    run: () => import('../../bin/quarantine.ts'),
  },
  health: {
    about: 'asks a running server whether it is ready',
    run: () => import('../../bin/health.ts'),
  },
  tail: {
    about: 'shows increments as they are counted',
    run: () => import('../../bin/tail.ts'),
  },
  audit: {
    about: 'recounts the log and compares every total',
    run: () => import('../../bin/audit.ts'),
  },
  rebuild: {
    about: 'rebuilds the ads from the change log and compares',
    run: () => import('../../bin/rebuild.ts'),
  },
  projection: {
    about: 'builds a second projection of the ads and moves readers to it',
    words: ['start', 'status', 'compare', 'switch', 'back', 'drop'],
    run: () => import('../../bin/projection.ts'),
  },
  backup: {
    about: 'copies a data folder while a server runs on it',
    run: () => import('../../bin/backup.ts'),
  },
  restore: {
    about: 'copies a restored table into a live table of a deployed stage',
    run: () => import('../../bin/restore.ts'),
  },
  config: {
    about: 'shows the settings of a stage and where each comes from',
    words: ['show', 'stages'],
    run: () => import('../../bin/config.ts'),
  },
  account: {
    about: 'checks whether the account can spare the concurrency that a stage reserves',
    run: () => import('../../bin/account.ts'),
  },
  cost: {
    about: 'prints what a stage costs a month on AWS',
    run: () => import('../../bin/cost.ts'),
  },
  'trace:summary': {
    about: 'sums up the file of start --trace',
    run: () => import('../../bin/trace-summary.ts'),
  },
};

/** It lists the programs above, so it is none of them. */
export const completion = {
  about: 'prints a script with which a shell completes commands and options',
  words: ['bash', 'zsh'],
} as const;
