import { existsSync, readFileSync } from 'node:fs';
import { permissionTable, type Template } from '../lib/infra/iam-table.ts';

/**
 * `npm run iam`: the table of docs/iam.md, from the template that `npx cdk synth -c stage=dev` left in
 * cdk.out.
 */
const file = 'cdk.out/adtally-dev.template.json';
if (existsSync(file)) {
  console.log(permissionTable(JSON.parse(readFileSync(file, 'utf8')) as Template));
} else {
  console.error(`${file} is not there: run npx cdk synth -c stage=dev first.`);
  process.exitCode = 1;
}
