#!/usr/bin/env node
'use strict';

// Everything else is in modules that an older Node cannot even parse, so this file looks at the version first.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const nodeMin = 24;
// As in lib/embedded/node-flags.ts; Node takes it only when it starts.
const startFlags = ['--max-semi-space-size=8'];

if (Number(process.versions.node.split('.')[0]) < nodeMin) {
  process.stderr.write(
    `adtally needs Node ${nodeMin} or later and this is ${process.version}. ` +
      `Install it, or try: npx -p node@${nodeMin} -p adtally adtally\n`,
  );
  process.exitCode = 1;
} else {
  run();
}

function run() {
  const [command = 'start'] = process.argv.slice(2);
  const isStart = command === 'start' || command.startsWith('-');
  process.env.ADTALLY_LAUNCHER = __filename;
  if (isStart && process.execArgv.length === 0 && typeof process.execve === 'function') {
    try {
      // The same process goes on as the server, so signals and exit codes need nobody to pass them on.
      process.execve(
        process.execPath,
        [process.execPath, ...startFlags, __filename, ...process.argv.slice(2)],
        process.env,
      );
    } catch {
      // Windows has no such call: the server runs all the same, and takes more memory.
    }
  }
  // In the repository the sources run; the package has only what is built from them.
  void import(existsSync(join(__dirname, '../cli.ts')) ? '../cli.ts' : '../dist/cli.js');
}
