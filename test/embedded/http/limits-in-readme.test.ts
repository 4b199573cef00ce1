import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import {
  apiGatewayHeadBytesMax,
  headerSectionBytesMax,
  targetBytesMax,
} from '../../../lib/api/request/http-limits.ts';
import { bodyBytesMax } from '../../../lib/api/request/json-body.ts';

it('the limits in the README are those of the code', () => {
  const readme = readFileSync('README.md', 'utf8');
  const limit = (what: string): string | undefined =>
    readme
      .split('\n')
      .find((line) => line.startsWith(`| ${what} `))
      ?.split('|')[2]
      ?.trim();
  expect(limit('body')).toContain(`${bodyBytesMax / 1024} KiB`);
  expect(limit('path and query')).toContain(`${targetBytesMax / 1024} KiB`);
  expect(limit('header lines')).toContain(`${headerSectionBytesMax / 1024} KiB`);
  expect(limit('header lines')).toContain(`On AWS ${Math.floor(apiGatewayHeadBytesMax / 1000)} KB`);
});
