/** Lint of the repository. The rules named faultline/… are our own, in lint/; test/unit/lint shows each one fire. */
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { noWallClock } from "./lint/clock.js";
import { importDirection, oneImporter } from "./lint/imports.js";
import { noOtherProcess, noShell } from "./lint/processes.js";
import { noBuiltConstant, noBuiltScript, noQuotedInterpolation } from "./lint/scripts.js";
import { plainWords } from "./lint/words.js";

const OURS = {
  "import-direction": importDirection,
  "no-built-constant": noBuiltConstant,
  "no-built-script": noBuiltScript,
  "no-other-process": noOtherProcess,
  "no-quoted-interpolation": noQuotedInterpolation,
  "no-shell": noShell,
  "no-wall-clock": noWallClock,
  "one-importer": oneImporter,
  "plain-words": plainWords,
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

const noSpreadLiteral = {
  selector: "SpreadElement > ObjectExpression",
  message: "name the properties themselves: the spread of a literal only packs lines",
};
const WIDTH = { code: 120, comments: 120, ignoreUrls: true, ignoreRegExpLiterals: true };

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
      // The formatter leaves comments and strings as wide as they are.
      "max-len": ["error", WIDTH],
      "no-restricted-syntax": ["error", ...noFocus, noSpreadLiteral],
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
    // Inputs of the lane's cached disks: a changed byte rebuilds them.
    files: ["clusters/lane/guest/**"],
    rules: { "max-len": "off" },
  },
  {
    files: TESTS,
    rules: {
      // Recorded lines and titles stay whole.
      "max-len": ["error", { ...WIDTH, ignoreStrings: true, ignoreTemplateLiterals: true }],
      "faultline/plain-words": "off",
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
