import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/**
 * The number that a `const` at the top of a product file stands for, exported or not: literals, sums, products
 * and powers of them, and other such constants, imported ones too. A test of how limits fit together needs the
 * private ones as well. Throws if there is none, or if it is made in another way.
 */
export function constantOf(file: string, name: string): number {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      const found = statement.declarationList.declarations.find((one) => nameOf(one.name) === name);
      if (found?.initializer !== undefined) return numberOf(found.initializer, file);
    }
    if (ts.isImportDeclaration(statement)) {
      const from = importedFrom(statement, name);
      if (from !== undefined) return constantOf(path.join(path.dirname(file), from.file), from.name);
    }
  }
  throw new Error(`${file} has no constant ${name}`);
}

function nameOf(node: ts.Node): string {
  return ts.isIdentifier(node) ? node.text : '';
}

function importedFrom(
  { importClause, moduleSpecifier }: ts.ImportDeclaration,
  name: string,
): { readonly file: string; readonly name: string } | undefined {
  const bindings = importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return undefined;
  const found = bindings.elements.find((element) => element.name.text === name);
  return (
    found && {
      file: (moduleSpecifier as ts.StringLiteral).text,
      name: nameOf(found.propertyName ?? found.name),
    }
  );
}

function numberOf(node: ts.Expression, file: string): number {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isParenthesizedExpression(node)) return numberOf(node.expression, file);
  if (ts.isIdentifier(node)) return constantOf(file, node.text);
  if (ts.isBinaryExpression(node)) {
    const [left, right] = [numberOf(node.left, file), numberOf(node.right, file)];
    const { kind } = node.operatorToken;
    if (kind === ts.SyntaxKind.PlusToken) return left + right;
    if (kind === ts.SyntaxKind.MinusToken) return left - right;
    if (kind === ts.SyntaxKind.AsteriskToken) return left * right;
    if (kind === ts.SyntaxKind.SlashToken) return left / right;
    if (kind === ts.SyntaxKind.AsteriskAsteriskToken) return left ** right;
  }
  throw new Error(`${file}: a constant that is not made of numbers`);
}
