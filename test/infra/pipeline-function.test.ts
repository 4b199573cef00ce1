import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from '@jest/globals';
import '../../lib/infra/adtally-stack.ts';
import { PipelineFunction } from '../../lib/infra/pipeline-function.ts';
import { stageSettings } from '../../lib/stages.ts';

describe('a function of the stack', () => {
  it.each([undefined, 'http://localhost:4318'])(
    'posts its spans to the endpoint of its stage: %s',
    (endpoint) => {
      const base = stageSettings('dev');
      const cloud = { ...base.cloud, ...(endpoint !== undefined && { otlpEndpoint: endpoint }) };
      const stack = new Stack();
      new PipelineFunction(stack, {
        name: 'read-counters',
        settings: { ...base, cloud },
        description: 'for a test',
        bundle: 'functions/read-counters',
        environment: { ADTALLY_STAGE: 'dev' },
      });
      const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
      expect(functions).toHaveLength(1);
      const [{ Properties }] = functions as [{ Properties: Record<string, unknown> }];
      expect(Properties).toMatchObject({ TracingConfig: { Mode: 'Active' } });
      expect(Properties['Environment']).toEqual({
        Variables: {
          ADTALLY_STAGE: 'dev',
          NODE_OPTIONS: '--enable-source-maps',
          ...(endpoint !== undefined && { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }),
        },
      });
    },
  );

  // In an app of ours: adtally-stack.ts.
  it('gets a new version for another variable, and none for another release in its description', () => {
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
    const versionOf = (description: string, stage: string): string | undefined => {
      const stack = new Stack(new App({ context }), 'stack');
      const made = new PipelineFunction(stack, {
        ...{ name: 'read-counters', settings: stageSettings('dev'), description },
        ...{ bundle: 'functions/read-counters', environment: { ADTALLY_STAGE: stage } },
      });
      expect(made.function.currentVersion).toBeDefined();
      return Object.keys(Template.fromStack(stack).findResources('AWS::Lambda::Version'))[0];
    };
    expect(versionOf('release 2', 'dev')).toBe(versionOf('release 1', 'dev'));
    expect(versionOf('release 1', 'staging')).not.toBe(versionOf('release 1', 'dev'));
  });
});
