import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { clientFolder } from './support/made-client.ts';
import { runCommand } from './support/run-command.ts';
import { startServer } from './support/server.ts';
import { npmTool, toolsFolder } from './support/tools.ts';

/** The document as a server of this kind serves it, in a file. */
async function servedDocument(mode: 'open' | 'guarded'): Promise<string> {
  const server = await startServer(mode);
  try {
    const document: unknown = await (await fetch(`${server.url}/openapi.json`)).json();
    const file = join(clientFolder(`document-${mode}`), 'openapi.json');
    // In lines, so that a finding says where.
    writeFileSync(file, JSON.stringify(document, undefined, 2));
    return file;
  } finally {
    await server.stop();
  }
}

describe.each(['open', 'guarded'] as const)('the document of a server that is %s', (mode) => {
  it('is clean by redocly, recommended-strict', async () => {
    const config = join(toolsFolder, 'redocly.yaml');
    const lint = ['lint', '--config', config, '--format', 'stylish', await servedDocument(mode)];
    const environment = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const { status, output } = await runCommand(npmTool('redocly'), lint, { environment });
    expect(status === 0 ? '' : output).toBe('');
  });

  it('is clean by spectral', async () => {
    const ruleset = join(toolsFolder, 'spectral.yaml');
    const lint = ['lint', '--ruleset', ruleset, '--fail-severity', 'hint', await servedDocument(mode)];
    const { status, output } = await runCommand(npmTool('spectral'), lint);
    expect(status === 0 ? '' : output).toBe('');
  });
});
