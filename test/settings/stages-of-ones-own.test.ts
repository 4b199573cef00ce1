import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resolveStage, SettingsError } from '../../lib/settings/resolve-stage.ts';
import { readStages } from '../../lib/settings/settings-file.ts';
import { settingsSchema } from '../../lib/settings/settings-schema.ts';
import {
  changedSettings,
  deployedSettings,
  settingsChanges,
  stageNames,
  stageSettings,
  type StageSettings,
} from '../../lib/stages.ts';
import type { StageDefinition } from '../../lib/settings/define-stage.ts';

const file = 'adtally.config.ts';
const resolved = (stage: string, ...definitions: StageDefinition[]): StageSettings =>
  resolveStage(stage, definitions, file).settings;
/** As somebody writes it who has no editor that helps. */
const refusal = (definition: unknown): string => {
  const { name } = definition as { readonly name: string };
  try {
    resolved(name, definition as StageDefinition);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return 'accepted';
};

it.each(stageNames)('the built-in stage %s has settings that its own schema accepts', (stage) => {
  expect(settingsSchema.safeParse(stageSettings(stage)).error?.issues ?? []).toEqual([]);
});

describe('a stage that extends another', () => {
  it('changes what it names, and has everything else of the other', () => {
    const settings = resolved('eu', {
      name: 'eu',
      extends: 'prod',
      cloud: { throttle: { burst: 3000 }, traces: null },
      http: { corsOrigins: ['https://shop.example'] },
    });
    const prod = stageSettings('prod');
    expect(settings).toEqual({
      ...prod,
      stage: 'eu',
      cloud: { ...prod.cloud, traces: undefined, throttle: { ratePerSecond: 10_000, burst: 3000 } },
      http: { ...prod.http, corsOrigins: ['https://shop.example'] },
    });
  });

  it('may extend one that extends another, in any order, and change a built-in one', () => {
    const definitions: StageDefinition[] = [
      { name: 'eu-west', extends: 'eu', audit: { everyMinutes: 5 } },
      { name: 'eu', extends: 'dev', audit: { everyMinutes: 10 }, canary: { everyMinutes: 2 } },
      { name: 'dev', quarantineRetentionDays: 3 },
    ];
    const { audit, canary, quarantineRetentionDays, stage } = resolved('eu-west', ...definitions);
    expect({ audit, canary, quarantineRetentionDays, stage }).toEqual({
      ...{ stage: 'eu-west', audit: { everyMinutes: 5 }, canary: { everyMinutes: 2 } },
      quarantineRetentionDays: 3,
    });
    expect(resolved('dev', ...definitions).quarantineRetentionDays).toBe(3);
    expect(resolved('prod', ...definitions)).toEqual(stageSettings('prod'));
  });

  it.each([
    [
      { name: 'eu', extends: 'prod', cloud: { throttle: { burst: 0 } } },
      'cloud.throttle.burst must be a whole number from 1 to 50000; got 0',
    ],
    [
      { name: 'eu', extends: 'prod', cloud: { trottle: { burst: 5 } } },
      'cloud.trottle is not a setting; did you mean cloud.throttle?',
    ],
    [{ name: 'eu', extends: 'prod', shading: 'blue' }, 'shading is not a setting'],
    [{ name: 'eu', extends: 'prod', storage: null }, 'storage is not a setting'],
    [{ name: 'eu', extends: 'prod', storage: undefined }, 'storage is not a setting'],
    [{ name: 'eu', extends: 'prod', cloud: { nope: null } }, 'cloud.nope is not a setting'],
    [{ name: 'eu', extends: 'prod', cloud: { edg: null } }, 'cloud.edg is not a setting'],
    [{ name: 'eu', extends: 'prod', cloud: { tables: { ad: null } } }, 'cloud.tables.ad is not a setting'],
    [
      { name: 'eu', extends: 'prod', cloud: { traces: { share: null } } },
      'cloud.traces.share must be a number from 0 to 1; got nothing',
    ],
    [{ name: 'eu', extends: 'prod', stage: 'prod' }, 'stage is not a setting; did you mean name?'],
    [{ name: 'eu', extends: 'prod', cloud: null }, 'cloud must be a group of settings; got nothing'],
    [
      { name: 'eu', extends: 'prod', counters: { keyFormat: 'text' } },
      'counters.keyFormat must be one of any, uuid; got "text"',
    ],
    [
      { name: 'eu', extends: 'prod', http: { corsOrigins: ['shop.example'] } },
      'http.corsOrigins.0 must be an origin, as in https://app.example, or \'*\'; got "shop.example"',
    ],
    [
      {
        name: 'eu',
        extends: 'dev',
        streams: { increments: { retentionHours: 24 } },
        audit: { everyMinutes: 721 },
      },
      'audit.everyMinutes must be at most half the retention of the stream increments, or records are gone before they are audited; got 721',
    ],
    [
      { name: 'eu', extends: 'prod', streams: { increments: { retentionHours: 24 } } },
      'deliveries.aggregate-increments.maximumRecordAgeSeconds must be less than the retention of its stream, which drops older records unread; got 601200',
    ],
    [
      { name: 'Europe!', extends: 'prod' },
      'name must be 1 to 20 lower-case letters, digits and hyphens, a letter first; got "Europe!"',
    ],
  ])('%j is refused with the path', (definition, said) => {
    const end = said.endsWith('?') ? '' : '.';
    expect(refusal(definition)).toBe(`${file}: stage ${definition.name}: ${said}${end}`);
  });

  it('is told each of its faults', () => {
    const faulty = {
      name: 'eu',
      extends: 'prod',
      audit: { everyMinutes: -1 },
      canary: { everyMinutes: 1.5 },
    };
    expect(refusal(faulty).split('\n')).toEqual([
      `${file}: stage eu: audit.everyMinutes must be a whole number from 0 to 10080; got -1.`,
      `${file}: stage eu: canary.everyMinutes must be a whole number from 0 to 1440; got 1.5.`,
    ]);
  });

  it('cannot extend itself, nor one that nobody has defined', () => {
    const circle: StageDefinition[] = [
      { name: 'a', extends: 'b' },
      { name: 'b', extends: 'a' },
    ];
    expect(() => resolved('a', ...circle)).toThrow(`${file}: stage a extends itself: a extends b extends a.`);
    expect(() => resolved('prdo')).toThrow('The stage prdo is unknown. Did you mean prod?');
    expect(refusal({ name: 'eu', extends: 'pord' })).toContain(
      `${file}: stage eu: extends pord, which is unknown. Did you mean prod?`,
    );
    expect(refusal({ name: 'eu' })).toBe(
      `${file}: stage eu must say which stage it extends, as in extends: 'prod'.`,
    );
  });
});

describe('what a function is told of its stage', () => {
  it('gives the settings of the stack again', () => {
    const name = fc.constantFrom(...stageNames);
    fc.assert(
      fc.property(name, name, fc.integer({ min: 1, max: 90 }), (from, base, days) => {
        const settings = { ...stageSettings(from), stage: 'eu', quarantineRetentionDays: days };
        const changes = settingsChanges(stageSettings(base), settings);
        const told = JSON.parse(JSON.stringify(changes ?? {})) as typeof changes;
        expect(changedSettings('eu', stageSettings(base), told ?? {})).toEqual(settings);
      }),
    );
  });

  it('is nothing for a built-in stage', () => {
    expect(settingsChanges(stageSettings('prod'), stageSettings('prod'))).toBeUndefined();
    expect(deployedSettings('prod', undefined)).toEqual(stageSettings('prod'));
  });

  it('must be there for another stage', () => {
    expect(() => deployedSettings('eu', undefined)).toThrow("no settings of stage 'eu'");
    const told = JSON.stringify({ audit: { everyMinutes: 7 } });
    expect(deployedSettings('eu', told)).toEqual({
      ...stageSettings('prod'),
      ...{ stage: 'eu', audit: { everyMinutes: 7 } },
    });
  });
});

describe('the settings file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adtally-settings-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  const read = async (given?: string) => readStages(given, folder);

  it('need not be there', async () => {
    expect((await read()).names).toEqual(['local', 'dev', 'staging', 'prod', 'localstack']);
  });

  it('is TypeScript or JSON, with a stage or a list of them', async () => {
    await write('adtally.config.json', '[{"name":"eu","extends":"prod"},{"name":"us","extends":"eu"}]');
    expect((await read()).names).toEqual(['eu', 'us', 'local', 'dev', 'staging', 'prod', 'localstack']);
    const text =
      "const days: number = 9;\nexport default { name: 'asia', extends: 'dev', quarantineRetentionDays: days };\n";
    await write('other.ts', text);
    const stages = await read('other.ts');
    expect(stages.names[0]).toBe('asia');
    expect(stages.resolve('asia').settings.quarantineRetentionDays).toBe(9);
  });

  it.each([
    ['a.json', '{', 'a.json cannot be read: '],
    ['a.ts', 'export default {', 'a.ts cannot be read: '],
    ['a.json', '{}', 'a.json: its content must be a stage, such as { "name": "eu", "extends": "prod" }'],
    [
      'a.json',
      '[{"name":"EU_1","extends":"prod"}]',
      'a.json: name must be 1 to 20 lower-case letters, digits and hyphens, a letter first; got "EU_1".',
    ],
    [
      'a.ts',
      'export const x = 1;',
      "a.ts: its default export must be a stage, such as { name: 'eu', extends: 'prod' }",
    ],
    ['a.json', '[{"name":"eu"},{"extends":"prod"}]', 'a.json: stage 2 must be a stage'],
    ['a.json', '[{"name":"eu"},{"name":"eu"}]', 'a.json: stage eu is defined twice.'],
    ['a.yaml', 'name: eu', 'a.yaml must end in .ts, .js or .json.'],
  ])('%s with %j is refused', async (name, text, said) => {
    await write(name, text);
    const error: unknown = await read(name).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SettingsError);
    expect((error as SettingsError).message).toContain(said);
  });

  it.each([
    ['adtally.config.ts', "import { defineStage } from 'adtally';\nexport default"],
    ['a.cjs', "const { defineStage } = require('adtally');\nmodule.exports ="],
  ])('%s may import the package that runs where none is installed', async (name, head) => {
    await write(name, `${head} defineStage({ name: 'shop', extends: 'local' });\n`);
    // As npm puts a command into a folder of the PATH.
    await symlink(resolve('packages/adtally/bin/adtally.cjs'), join(folder, 'adtally'));
    const args = [join(folder, 'adtally'), 'config', 'stages', '--config', name];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env: {} });
    expect(stdout).toMatch(/^shop\nlocal\n/);
  });

  it('is one of the two, or the one that is named', async () => {
    await write('adtally.config.json', '{"name":"eu","extends":"prod"}');
    await write('adtally.config.ts', "export default { name: 'us', extends: 'prod' };\n");
    await expect(read()).rejects.toThrow(
      new SettingsError(
        'adtally.config.ts and adtally.config.json are both here. Remove one, or name one with --config.',
      ),
    );
    expect((await read('adtally.config.json')).names[0]).toBe('eu');
  });

  it('must be a file if it is named', async () => {
    await expect(read('nowhere.ts')).rejects.toThrow(
      'nowhere.ts is not a file. Name the settings file with --config.',
    );
  });
});
