import { defineStage } from 'adtally';

/** The stage that app.ts deploys. The operators' commands read it here too: `npx adtally tokens --stage shop`. */
export default defineStage({
  name: 'shop',
  extends: 'dev',
  cloud: { budgetDollars: 100 },
});
