import { existsSync, readFileSync } from 'node:fs';
import { permissionTable, type Template } from '../lib/infra/iam-table.ts';
import { commandName, parseOptions, runCommand } from '../lib/options.ts';

const file = 'cdk.out/adtally-dev.template.json';

const usage = `Prints the table of docs/iam.md, from the template that npx cdk synth -c stage=dev left in cdk.out: ${commandName('iam')}

Exit codes: 0 printed, 1 there is no template, 2 wrong arguments.
`;

await runCommand({
  name: 'iam',
  usage,
  read: (args) => parseOptions(args, {}),
  run() {
    if (existsSync(file)) {
      console.log(permissionTable(JSON.parse(readFileSync(file, 'utf8')) as Template));
      return Promise.resolve(0);
    }
    console.error(`${file} is not there: run npx cdk synth -c stage=dev first.`);
    return Promise.resolve(1);
  },
});
