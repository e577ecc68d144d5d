/** What our lint rules have in common. */
import { relative } from "node:path";

export function rule(description, create) {
  return { meta: { type: "problem", docs: { description }, schema: [] }, create };
}

/** The path of the linted file from the root of the repository. */
export function pathOf(context, path = context.filename) {
  return relative(context.cwd, path).replaceAll("\\", "/");
}

/** Visits everything that names another module: `visit(node, source, typesOnly)`. */
export function forEachImport(visit) {
  const declared = (node) => {
    if (node.source) visit(node, node.source.value, isTypesOnly(node));
  };
  return {
    ImportDeclaration: declared,
    ExportNamedDeclaration: declared,
    ExportAllDeclaration: declared,
    ImportExpression: ({ source }) => {
      if (source.type === "Literal") visit(source, String(source.value), false);
    },
    CallExpression: ({ callee, arguments: [source] }) => {
      if (callee.name === "require" && source?.type === "Literal") visit(source, String(source.value), false);
    },
    TSImportType: (node) => visit(node, node.source.value, true),
  };
}

function isTypesOnly({ importKind, exportKind, specifiers = [] }) {
  if (importKind === "type" || exportKind === "type") return true;
  return specifiers.length > 0 && specifiers.every((one) => one.importKind === "type" || one.exportKind === "type");
}

/** Returns a name's definition as seen from a scope; null if this file has none. */
export function definitionOf({ name }, scope) {
  for (let around = scope; around; around = around.upper) {
    const variable = around.set.get(name);
    if (variable) return variable.defs[0] ?? null;
  }
  return null;
}

/** What a `const` of this file was initialised with; null for anything else. */
export function initialValue(identifier, scope) {
  const definition = definitionOf(identifier, scope);
  const isConst = definition?.parent?.kind === "const" && definition.node.id?.type === "Identifier";
  return isConst ? definition.node.init : null;
}
