/** Lint rules of the repository. The rules named faultline/… are our own; test/unit/lint.test.ts shows each one fire. */
import { relative, resolve } from "node:path";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** What each top-level folder may import; `cli` is the composition root, which nobody but tests imports. */
const MAY_IMPORT = {
  lib: ["lib"],
  clusters: ["clusters", "lib"],
  suites: ["suites", "clusters", "lib"],
  reports: ["reports"],
  cli: ["cli", "clusters", "lib", "reports"],
  bench: ["bench", "cli", "clusters", "lib", "reports"],
  test: ["test", "suites", "cli", "clusters", "lib", "reports", "bench"],
};
/** What a folder may import types from, besides. */
const MAY_IMPORT_TYPES = { reports: ["lib"] };

/** Big dependencies have one importer each, so that replacing or guarding one is the work of one file. */
const ONLY_IMPORTER = {
  zx: "lib/exec.ts",
  "@kubernetes/client-node": "lib/kubernetes.ts",
  "p-retry": "lib/wait.ts",
};

const importDirection = rule("imports go suites → clusters → lib, and reports → lib (types only)", (context) =>
  forEachImport((node, source, typesOnly) => {
    if (!source.startsWith(".")) return;
    const from = repositoryPath(context, context.filename);
    const to = repositoryPath(context, resolve(context.filename, "..", source));
    const [fromFolder, toFolder] = [topFolder(from), topFolder(to)];
    if (fromFolder === null || toFolder === null || MAY_IMPORT[fromFolder]?.includes(toFolder) !== false) return;
    const types = MAY_IMPORT_TYPES[fromFolder]?.includes(toFolder) === true;
    if (types && typesOnly) return;
    context.report({
      node,
      message: `${fromFolder}/ may import ${types ? "only types" : "nothing"} from ${toFolder}/`,
    });
  }),
);

const oneImporter = rule("a big dependency is imported by one file of ours", (context) =>
  forEachImport((node, source) => {
    const from = repositoryPath(context, context.filename);
    for (const [name, importer] of Object.entries(ONLY_IMPORTER)) {
      if ((source !== name && !source.startsWith(`${name}/`)) || from === importer) continue;
      context.report({ node, message: `only ${importer} may import ${name}` });
    }
  }),
);

/** zx quotes what it interpolates: within quotes of ours its own quotes would become text, and the value shell code. */
const noQuotedInterpolation = rule("no interpolation within quotes in a zx template", (context) => ({
  TaggedTemplateExpression(node) {
    if (!isShellTag(node.tag, context.sourceCode.getScope(node))) return;
    let open = "";
    for (const [index, { value }] of node.quasi.quasis.entries()) {
      open = quoteLeftOpen(open, value.raw);
      const inside = node.quasi.expressions[index];
      if (inside && open !== "")
        context.report({ node: inside, message: "zx quotes this itself: take the quotes away" });
    }
  },
}));

/** A script that runs in a shell is a constant; data goes in as positional arguments or on stdin. */
const noBuiltScript = rule("no shell script put together at run time", (context) => ({
  ArrayExpression({ elements }) {
    for (const [index, element] of elements.entries()) {
      const flag = elements[index - 1];
      if (!element || !flag || !isScriptFlag(flag) || !followsShell(elements.slice(0, index - 1))) continue;
      if (!isBuilt(element, context.sourceCode.getScope(element))) continue;
      context.report({ node: element, message: "a shell script must be constant: pass data as positional arguments" });
    }
  },
}));

const SHELL = /^(?:\/(?:usr\/)?bin\/)?(?:sh|bash|dash|ash|busybox|zsh)$/;

function isScriptFlag(node) {
  return node.type === "Literal" && typeof node.value === "string" && /^-[a-z]*c$/.test(node.value);
}

/** `ping -c 3` is no script. An array that begins with the flag is the argument list of a shell named elsewhere. */
function followsShell(before) {
  return before.length === 0 || before.some((node) => node?.type === "Literal" && SHELL.test(String(node.value)));
}

/** Not a constant, as far as one file can tell: a parameter or an import on its own is the business of where it comes from. */
function isBuilt(node, scope) {
  if (node.type === "ConditionalExpression") return isBuilt(node.consequent, scope) || isBuilt(node.alternate, scope);
  if (node.type === "Identifier") {
    const init = initialValue(node, scope);
    return init !== null && isBuilt(init, scope);
  }
  const isCallOfMethod = node.type === "CallExpression" && node.callee.type === "MemberExpression";
  const assembles = ["TemplateLiteral", "BinaryExpression"].includes(node.type) || isCallOfMethod;
  return assembles && !isConstant(node, scope);
}

function isConstant(node, scope) {
  if (node.type === "Literal") return true;
  if (node.type === "TemplateLiteral") return node.expressions.every((one) => isConstant(one, scope));
  if (node.type === "BinaryExpression") return isConstant(node.left, scope) && isConstant(node.right, scope);
  if (node.type === "ArrayExpression") return node.elements.every((one) => one !== null && isConstant(one, scope));
  if (node.type === "CallExpression")
    return node.callee.property?.name === "join" && isConstant(node.callee.object, scope);
  const init = node.type === "Identifier" ? initialValue(node, scope) : null;
  return init !== null && isConstant(init, scope);
}

/** `$`, `$.sync`, `$({…})`, and a variable that was initialised with one of these. */
function isShellTag(node, scope) {
  if (node.type === "MemberExpression") return isShellTag(node.object, scope);
  if (node.type === "CallExpression") return isShellTag(node.callee, scope);
  if (node.type !== "Identifier") return false;
  const init = node.name === "$" ? null : initialValue(node, scope);
  return node.name === "$" || (init !== null && init.type !== "Identifier" && isShellTag(init, scope));
}

function initialValue({ name }, scope) {
  for (let around = scope; around; around = around.upper) {
    const variable = around.set.get(name);
    const [definition] = variable?.defs ?? [];
    if (variable)
      return definition?.parent?.kind === "const" && definition.node.id.type === "Identifier"
        ? definition.node.init
        : null;
  }
  return null;
}

/** The quote that is open after `text`, given the one open before it; "" for none. */
function quoteLeftOpen(before, text) {
  let open = before;
  for (const [character] of text.matchAll(/\\.|["']/gs)) {
    if (open === character) open = "";
    else if (open === "" && character.length === 1) open = character;
  }
  return open;
}

function rule(description, create) {
  return { meta: { type: "problem", docs: { description }, schema: [] }, create };
}

function forEachImport(visit) {
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
    TSImportType: (node) => visit(node, node.source.value, true),
  };
}

function isTypesOnly({ importKind, exportKind, specifiers = [] }) {
  if (importKind === "type" || exportKind === "type") return true;
  return specifiers.length > 0 && specifiers.every((one) => one.importKind === "type" || one.exportKind === "type");
}

function repositoryPath(context, path) {
  return relative(context.cwd, path).replaceAll("\\", "/");
}

function topFolder(path) {
  const [folder] = path.split("/");
  return folder in MAY_IMPORT ? folder : null;
}

const TESTS = ["test/**/*.ts"];
const MOCHA = "/^(describe|context|suite|it|test|specify|scenario)$/";
const noFocus = [
  {
    selector: `MemberExpression[object.name=${MOCHA}][property.name=/^(only|skip)$/]`,
    message: "a focused or skipped test hides the others or itself: remove .only and .skip",
  },
  {
    selector: "CallExpression[callee.name=/^[xf](describe|context|it|specify)$/]",
    message: "a skipped test hides itself",
  },
];

export default defineConfig(
  { ignores: ["node_modules/", "runs/", "clusters/image/go/", "test/fixtures/**/*.json"] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: {
      faultline: {
        rules: {
          "import-direction": importDirection,
          "one-importer": oneImporter,
          "no-quoted-interpolation": noQuotedInterpolation,
          "no-built-script": noBuiltScript,
        },
      },
    },
    rules: {
      "faultline/import-direction": "error",
      "faultline/one-importer": "error",
      "faultline/no-quoted-interpolation": "error",
      "faultline/no-built-script": "error",
      "max-lines": ["error", 250],
      "max-lines-per-function": ["error", 40],
      eqeqeq: "error",
      "no-restricted-syntax": ["error", ...noFocus],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Numbers print well; what the rule is for is objects, null and promises.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => void call()` reads worse than `() => call()`.
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
    },
  },
  {
    files: TESTS,
    rules: {
      // A describe block is as long as its tests.
      "max-lines-per-function": "off",
      // chai: `expect(x).to.be.true`.
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  {
    files: ["**/*.js", "**/*.cjs"],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
