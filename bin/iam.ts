import { readFileSync } from 'node:fs';
import { permissionTable, type Template } from '../lib/infra/iam-table.ts';

/**
 * `npm run iam`: the table of docs/iam.md, from the template that `npx cdk synth -c stage=dev` left in
 * cdk.out.
 */
console.log(
  permissionTable(JSON.parse(readFileSync('cdk.out/adtally-dev.template.json', 'utf8')) as Template),
);
