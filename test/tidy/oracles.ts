import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/**
 * An expectation that product code computes: a defect in that code moves the expectation with the result, and
 * the test passes.
 */
export interface Oracle {
  readonly file: string;
  /** The product function that is called, as it is imported. */
  readonly name: string;
  readonly line: number;
}

const productFolders = /^(?:bin|client|console|functions|lib)\//;

/**
 * What makes the thing under test computes nothing: `createGateway(...)`, `Catalog.from(...)`. Nor does a check
 * that throws or returns nothing: `assertKey(...)`.
 */
const factoryPattern = /^(?:(?:assert|create|open|start|build)[A-Z]\w*|[A-Z]\w*\.(?:empty|from|of))$/;

/**
 * Finds each call of a function of the product in the arguments of a matcher: `expect(...).toBe(covers(a, b))`.
 * It follows local constants and local functions, so a call in the initialiser of a constant that the matcher
 * gets is found too.
 */
export function oraclesIn(file: string, text: string): Oracle[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imported = productImports(source);
  if (imported.size === 0) return [];
  const found = new Map<string, Oracle>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && (isMatcher(node.expression) || isTable(node.expression))) {
      for (const argument of node.arguments) {
        for (const { name, at } of callsIn(argument, imported, new Set())) {
          const line = source.getLineAndCharacterOfPosition(at.getStart()).line + 1;
          found.set(`${name}:${line}`, { file, name, line });
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...found.values()];
}

/** The names under which a file has values of the product. */
function productImports(source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const { text } = statement.moduleSpecifier;
    if (!text.startsWith('.') || !productFolders.test(normalize(join(dirname(source.fileName), text))))
      continue;
    const { importClause: clause } = statement;
    if (clause === undefined || clause.phaseModifier === ts.SyntaxKind.TypeKeyword) continue;
    if (clause.name !== undefined) names.add(clause.name.text);
    const bindings = clause.namedBindings;
    if (bindings === undefined) continue;
    if (ts.isNamespaceImport(bindings)) names.add(bindings.name.text);
    else for (const element of bindings.elements) if (!element.isTypeOnly) names.add(element.name.text);
  }
  return names;
}

/** `expect(x).toBe`, with any number of members such as `.not` and `.resolves` between. */
function isMatcher(callee: ts.Expression): boolean {
  if (!ts.isPropertyAccessExpression(callee)) return false;
  let inner: ts.Expression = callee.expression;
  while (ts.isPropertyAccessExpression(inner)) inner = inner.expression;
  return (
    ts.isCallExpression(inner) && ts.isIdentifier(inner.expression) && inner.expression.text === 'expect'
  );
}

/** `it.each`, `describe.each`: rows of a table are expectations too. */
function isTable(callee: ts.Expression): boolean {
  return ts.isPropertyAccessExpression(callee) && callee.name.text === 'each';
}

interface Found {
  readonly name: string;
  readonly at: ts.Node;
}

/** The calls of imported functions in an expression, and in the local constants and functions that it uses. */
function callsIn(node: ts.Node, imported: ReadonlySet<string>, followed: Set<ts.Node>): Found[] {
  const calls: Found[] = [];
  const visit = (inner: ts.Node): void => {
    if (ts.isCallExpression(inner)) {
      const root = rootOf(inner.expression);
      const isImported = root !== undefined && imported.has(root.text) && bindingOf(root) === undefined;
      const isFactory = factoryPattern.test(inner.expression.getText());
      if (isImported && !isFactory) calls.push({ name: root.text, at: inner });
    }
    if (ts.isIdentifier(inner) && isValue(inner)) {
      const value = bindingOf(inner)?.value;
      if (value !== undefined && !followed.has(value)) {
        followed.add(value);
        calls.push(...callsIn(value, imported, followed));
      }
    }
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return calls;
}

/** `covers` of `covers(a)`, `routes` of `routes.find(b)`. */
function rootOf(callee: ts.Expression): ts.Identifier | undefined {
  let inner = callee;
  while (ts.isPropertyAccessExpression(inner)) inner = inner.expression;
  return ts.isIdentifier(inner) ? inner : undefined;
}

/** Not the name of a member, a property or a declaration. */
function isValue(identifier: ts.Identifier): boolean {
  const { parent } = identifier;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === identifier;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === identifier;
  return !ts.isVariableDeclaration(parent) || parent.initializer === identifier;
}

interface Binding {
  /** The initialiser of a constant, or the body of a function; undefined: a parameter, which may be anything. */
  readonly value: ts.Node | undefined;
}

/** What a name stands for in this file; undefined: it is imported, or global. */
function bindingOf({ text, parent }: ts.Identifier): Binding | undefined {
  for (const scope of scopesFrom(parent)) {
    if (ts.isFunctionLike(scope) && scope.parameters.some((one) => binds(one.name, text)))
      return { value: undefined };
    if (ts.isForOfStatement(scope) && ts.isVariableDeclarationList(scope.initializer)) {
      if (scope.initializer.declarations.some(({ name }) => binds(name, text)))
        return { value: scope.expression };
    }
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue;
    for (const statement of scope.statements) {
      if (ts.isFunctionDeclaration(statement) && statement.name?.text === text)
        return { value: statement.body };
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name, initializer } of statement.declarationList.declarations)
        if (binds(name, text)) return { value: initializer };
    }
  }
  return undefined;
}

/** A node and all around it, the innermost first. */
function* scopesFrom(node: ts.Node): Generator<ts.Node> {
  let scope = node;
  yield scope;
  while (!ts.isSourceFile(scope)) {
    scope = scope.parent;
    yield scope;
  }
}

function binds(name: ts.BindingName, text: string): boolean {
  if (ts.isIdentifier(name)) return name.text === text;
  return name.elements.some((element) => !ts.isOmittedExpression(element) && binds(element.name, text));
}
