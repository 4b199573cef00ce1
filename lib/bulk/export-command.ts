import { open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';
import { AdtallyError, type Ad, type Client, type ListAdsInput } from '../../client/index.ts';
import { adListQuery, adsPerPageMax, askedNames } from '../api/request/query-schemas.ts';
import { campaignIdMax, externalIdMax } from '../core/ads/ad.ts';
import { askedStatuses } from '../core/ads/list-filter.ts';
import {
  choice,
  commandLine,
  commandName,
  flag,
  optionLines,
  parseOptions,
  text,
  UsageError,
  value,
  type Command,
  type Option,
} from '../options.ts';
import { formats, type Format } from './ad-rows.ts';
import { connect, exitCodes, failureText, type ExitCode } from './api-client.ts';
import { addressDefault, addressOption, tokenOf, tokenOption } from './api-options.ts';
import { delimiterNames } from './csv-rows.ts';
import { csvHeader, csvRows, type CsvTextOptions } from './csv-text.ts';
import { FileError } from './file-error.ts';
import { formatOf } from './import-command.ts';
import { adsText } from './progress.ts';

/** A filter of the list, by the API's own rule. */
function filter(
  field: 'country' | 'title' | 'external_id' | 'campaign_id',
  expected: string,
  about: string,
): Option<string | undefined> {
  const parse = (given: string): string | undefined => {
    const { success } = adListQuery.shape[field].safeParse(given);
    return success ? given : undefined;
  };
  return value(expected, parse, { about });
}

const options = {
  url: addressOption(`the API (default ${addressDefault})`),
  token: tokenOption,
  out: text('the name of a file', {
    argument: '<file>',
    about: 'replaced when all of it is written (default: standard output)',
  }),
  format: choice(formats, { about: 'csv or ndjson (default: by the name of --out, else csv)' }),
  delimiter: choice(delimiterNames, {
    about: `between cells: ${delimiterNames.join(', ')} (default: tab in a .tsv, else comma)`,
  }),
  bom: flag('a byte order mark first, by which Excel knows UTF-8'),
  raw: flag("cells as they are (default: a ' before = + - @, so that no spreadsheet runs them)"),
  named: flag('only ads with an external_id, which an import needs'),
  status: choice(askedStatuses, {
    about:
      'scheduled, active or paused: only ads that have not started, that have, or that are paused; ended: those that have ended',
  }),
  country: filter('country', askedNames.country, 'only ads that are shown to this country'),
  title: filter('title', '1 to 100 characters', 'only ads whose title begins so'),
  'external-id': filter(
    'external_id',
    `1 to ${externalIdMax} characters`,
    'only the ad with this external_id',
  ),
  'campaign-id': filter('campaign_id', `1 to ${campaignIdMax} characters`, 'only ads of this campaign'),
};

const usage = `Writes the live ads to a file: ${commandLine('export')} [options]

${optionLines(options)}
Ads that have ended are not live; --status ended writes them instead, the newest end first, as long as the stage
keeps them. The list is read page by page, each as it is then, ordered by id; an ad that changes meanwhile is there
once. ${commandName('import')} reads the file: each row is then unchanged, unless the ad was changed.
An ad without an external_id is written with an empty cell, and an import refuses that row; --named leaves it out.
Exit codes: 0 written, 2 wrong arguments, 4 the API does not answer, or the file cannot be written.
`;

interface ExportOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly out: string | undefined;
  readonly format: Format;
  readonly bom: boolean;
  readonly csv: CsvTextOptions;
  readonly named: boolean;
  readonly filter: ListAdsInput;
}

export const exportCommand: Command<ExportOptions> = { name: 'export', usage, read, run };

function read(args: readonly string[]): ExportOptions {
  const { values } = parseOptions(args, options);
  const { url = addressDefault, out, raw, bom, named, status, country, title } = values;
  const { delimiter = extname(out ?? '').toLowerCase() === '.tsv' ? 'tab' : 'comma' } = values;
  const format = values.format ?? (out === undefined ? 'csv' : formatOf(out));
  if (format === undefined)
    throw new UsageError(
      `--format must be given: the name ${out ?? ''} does not say whether it is csv or ndjson`,
    );
  const { 'external-id': externalId, 'campaign-id': campaignId } = values;
  const asked = { status, country, title, external_id: externalId, campaign_id: campaignId };
  return {
    ...{ url, token: tokenOf(values.token), out, format, bom, named },
    csv: { delimiter, raw },
    filter: asked,
  };
}

async function run({
  url,
  token,
  out,
  format,
  bom,
  csv,
  named,
  filter: asked,
}: ExportOptions): Promise<ExitCode> {
  const complain = (line: string): void => void process.stderr.write(line);
  let [count, unnamed] = [0, 0];
  try {
    const client = await connect({ url, token });
    await writeWhole(out, async (write) => {
      if (format === 'csv') await write((bom ? '\ufeff' : '') + csvHeader(csv));
      for await (const page of pagesOf(client, asked)) {
        const lacking = page.filter(({ external_id: name }) => name === undefined);
        const ads = named ? page.filter((ad) => !lacking.includes(ad)) : page;
        unnamed += lacking.length;
        count += ads.length;
        await write(format === 'csv' ? csvRows(ads, csv) : ndjsonLines(ads));
      }
    });
  } catch (error) {
    if (error instanceof FileError) {
      complain(`${out ?? 'standard output'} ${error.message}.\n`);
      return exitCodes.failed;
    }
    const { code } = error as NodeJS.ErrnoException;
    // As with `| head`: it has seen enough.
    if (code === 'EPIPE') return exitCodes.done;
    const isOfFile = !(error instanceof AdtallyError) && code !== undefined;
    // What standard output cannot take, `runCommand` has said.
    if (!isOfFile) complain(`${failureText(url, error)}\n`);
    else if (out !== undefined) complain(`${out} cannot be written: ${code}.\n`);
    return exitCodes.failed;
  }
  complain(`${adsText(count)} written\n`);
  if (unnamed > 0) {
    const what = named ? 'left out' : 'written, which an import refuses';
    complain(`${adsText(unnamed)} without an external_id ${what}\n`);
  }
  return exitCodes.done;
}

/** All pages of the list. Strong, because an export after an import must have all of it. */
export async function* pagesOf(
  client: Pick<Client, 'listAds'>,
  asked: ListAdsInput,
): AsyncGenerator<readonly Ad[]> {
  let cursor: string | undefined;
  do {
    const { body } = await client.listAds({ ...asked, cursor, limit: adsPerPageMax, consistency: 'strong' });
    yield body.ads;
    cursor = body.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

function ndjsonLines(ads: readonly Ad[]): string {
  return ads.map((ad) => `${JSON.stringify(ad)}\n`).join('');
}

type Write = (text: string) => Promise<void>;

/** Nobody sees half a file: it is written beside its place and moved there. */
async function writeWhole(file: string | undefined, work: (write: Write) => Promise<void>): Promise<void> {
  if (file === undefined) {
    await work(writeToStandardOutput);
    return;
  }
  const place = await placeOf(file);
  const partial = `${place}.${process.pid}.partial`;
  const handle = await open(partial, 'wx');
  try {
    await work((chunk) => appendTo(handle, chunk));
    await handle.sync();
    await handle.close();
    await rename(partial, place);
  } catch (error) {
    await handle.close();
    await rm(partial, { force: true });
    throw error;
  }
}

/** Where a link leads. Throws a FileError for what nobody may replace, such as `/dev/null`. */
async function placeOf(file: string): Promise<string> {
  try {
    const place = await realpath(file);
    if ((await stat(place)).isFile()) return place;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return file;
    throw error;
  }
  throw new FileError('is a folder or a device; name a file, or leave --out away for standard output');
}

async function appendTo(handle: FileHandle, chunk: string): Promise<void> {
  await handle.writeFile(chunk);
}

/** Waits for a reader that is slower than the API; rejects with EPIPE once it has gone, or with what failed. */
function writeToStandardOutput(chunk: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
