import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A function as the template and its asset describe it. */
export interface DeployedFunction {
  /** Without `adtally-dev-`. */
  readonly name: string;
  readonly functionName: string;
  /** The asset that would be uploaded. */
  readonly folder: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly logFormat: string;
  readonly logLevel: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface DeployedStage {
  readonly functions: ReadonlyMap<string, DeployedFunction>;
  readonly tables: readonly string[];
  readonly streams: readonly string[];
}

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** Reads what `synthesise.ts` left in the folder. Intrinsic functions get values as AWS would give. */
export function readStage(assembly: string): DeployedStage {
  const template = readJson(join(assembly, 'adtally-dev.template.json')) as {
    Resources: Record<string, Resource>;
  };
  const assets = readJson(join(assembly, 'adtally-dev.assets.json')) as {
    files: Record<string, { source: { path: string } }>;
  };
  const resources = Object.entries(template.Resources);
  const ofType = (type: string): [string, Resource][] =>
    resources.filter(([, resource]) => resource.Type === type);
  const resolve = (value: unknown): string => resolveValue(value, template.Resources);
  // CDK's own functions, which serve its custom resources, have no name.
  const ours = ofType('AWS::Lambda::Function').filter(([, { Properties }]) => 'FunctionName' in Properties);
  const functions = ours.map(([, { Properties }]): DeployedFunction => {
    const code = Properties['Code'] as { S3Key: string };
    const path = assets.files[code.S3Key.replace(/\.zip$/, '')]?.source.path;
    if (path === undefined) throw new Error(`the template names no asset: ${code.S3Key}`);
    const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
    const logging = Properties['LoggingConfig'] as { LogFormat: string; ApplicationLogLevel: string };
    const functionName = String(Properties['FunctionName']);
    return {
      name: functionName.replace('adtally-dev-', ''),
      functionName,
      folder: join(assembly, path),
      handler: String(Properties['Handler']),
      memoryMb: Number(Properties['MemorySize']),
      timeoutSeconds: Number(Properties['Timeout']),
      logFormat: logging.LogFormat,
      logLevel: logging.ApplicationLogLevel,
      variables: Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, resolve(value)])),
    };
  });
  return {
    functions: new Map(functions.map((each) => [each.name, each])),
    tables: ofType('AWS::DynamoDB::GlobalTable').map(([id]) => resolve({ Ref: id })),
    streams: ofType('AWS::Kinesis::Stream').map(([id]) => resolve({ Ref: id })),
  };
}

const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
};

function resolveValue(value: unknown, resources: Readonly<Record<string, Resource>>): string {
  if (typeof value === 'string') return value;
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof ref === 'string') {
    const pseudo = pseudoParameters[ref];
    if (pseudo !== undefined) return pseudo;
    const { Name, TableName, BucketName } = resources[ref]?.Properties ?? {};
    const given = Name ?? TableName ?? BucketName;
    return typeof given === 'string' ? given : ref;
  }
  if (Array.isArray(attribute) && attribute[1] === 'Arn') {
    const [id] = attribute as [string];
    const service = resources[id]?.Type.split('::')[1]?.toLowerCase() ?? 'unknown';
    return `arn:aws:${service}:us-east-1:000000000000:${id}`;
  }
  if (Array.isArray(join)) {
    const [separator, parts] = join as [string, unknown[]];
    return parts.map((part) => resolveValue(part, resources)).join(separator);
  }
  throw new Error(`an intrinsic function without a value here: ${JSON.stringify(value)}`);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}
