/** The parts of a synthesised template that this reads. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

export interface Permission {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** Every permission in the template's policies: one row per role, action and resource. */
export function permissions(template: Template): Permission[] {
  const rows = Object.values(template.Resources)
    .filter((resource) => resource.Type === 'AWS::IAM::Policy')
    .flatMap(({ Properties: properties = {} }) => {
      const roles = properties['Roles'] as readonly { readonly Ref: string }[];
      const { Statement: statements } = properties['PolicyDocument'] as {
        readonly Statement: readonly Statement[];
      };
      return roles.flatMap((role) => statements.flatMap((statement) => rowsOf(nameOf(role.Ref), statement)));
    });
  return rows.sort(
    (a, b) => compare(a.role, b.role) || compare(a.action, b.action) || compare(a.resource, b.resource),
  );
}

/** The permissions as a markdown table, actions on one resource together. */
export function permissionTable(template: Template): string {
  const groups = new Map<string, string[]>();
  for (const { role, action, resource } of permissions(template)) {
    const key = `${role} | ${resource}`;
    groups.set(key, [...(groups.get(key) ?? []), action]);
  }
  const rows = [...groups].map(([key, actions]) => {
    const [role = '', resource = ''] = key.split(' | ');
    return `| ${role} | ${actions.join(', ')} | ${resource} |`;
  });
  return ['| role | actions | resource |', '| --- | --- | --- |', ...rows].join('\n');
}

function rowsOf(role: string, statement: Statement): Permission[] {
  const actions = typeof statement.Action === 'string' ? [statement.Action] : statement.Action;
  const resources = Array.isArray(statement.Resource)
    ? (statement.Resource as unknown[])
    : [statement.Resource];
  return actions.flatMap((action) =>
    resources.map((resource) => ({ role, action, resource: textOf(resource) })),
  );
}

/** A resource as text, with references by logical id, without CDK's hash at the end. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const object = value as Readonly<Record<string, unknown>>;
  if ('Ref' in object) return `\${${nameOf(String(object['Ref']))}}`;
  if ('Fn::GetAtt' in object) {
    const [id = '', attribute = ''] = object['Fn::GetAtt'] as string[];
    return `\${${nameOf(id)}.${attribute}}`;
  }
  if ('Fn::Join' in object) {
    const [separator, parts] = object['Fn::Join'] as [string, unknown[]];
    return parts.map(textOf).join(separator);
  }
  return JSON.stringify(value);
}

function nameOf(logicalId: string): string {
  return logicalId.startsWith('AWS::') ? logicalId : logicalId.replace(/[0-9A-F]{8}$/, '');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
