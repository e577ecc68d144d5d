/** Lint of the repository. The rules named faultline/… are our own, in lint/; test/unit/lint/lint.test.ts shows each one fire. */
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { noWallClock } from "./lint/clock.js";
import { importDirection, oneImporter } from "./lint/imports.js";
import { noOtherProcess, noShell } from "./lint/processes.js";
import { noBuiltConstant, noBuiltScript, noQuotedInterpolation } from "./lint/scripts.js";

const OURS = {
  "import-direction": importDirection,
  "no-built-constant": noBuiltConstant,
  "no-built-script": noBuiltScript,
  "no-other-process": noOtherProcess,
  "no-quoted-interpolation": noQuotedInterpolation,
  "no-shell": noShell,
  "no-wall-clock": noWallClock,
  "one-importer": oneImporter,
};

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
    plugins: { faultline: { rules: OURS } },
    rules: {
      ...Object.fromEntries(Object.keys(OURS).map((name) => [`faultline/${name}`, "error"])),
      // Text that becomes code.
      "no-eval": "error",
      "no-new-func": "error",
      "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
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
      // What a test calls in capitals is what it feeds in.
      "faultline/no-built-constant": "off",
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
