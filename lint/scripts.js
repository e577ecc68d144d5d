/** A script that runs in a shell is a constant; data goes in as positional arguments. */
import { definitionOf, initialValue, rule } from "./rule.js";

/** zx quotes what it interpolates: within quotes of ours its own quotes would become text, and the value shell code. */
export const noQuotedInterpolation = rule("no interpolation within quotes in a zx template", (context) => ({
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

export const noBuiltScript = rule("no script put together at run time", (context) => ({
  ArrayExpression({ elements }) {
    for (const [index, element] of elements.entries()) {
      if (!element || !isScriptOf(elements.slice(0, index))) continue;
      if (!isBuilt(element, context.sourceCode.getScope(element))) continue;
      context.report({ node: element, message: "a script must be constant: pass data as positional arguments" });
    }
  },
  // A command on a node: `{ script, args }`.
  "ObjectExpression > Property[key.name='script']"({ value, parent }) {
    const isCommand = parent.properties.some(({ key }) => key?.name === "args");
    if (!isCommand || !isBuilt(value, context.sourceCode.getScope(value))) return;
    context.report({ node: value, message: "a script must be constant: pass data in args" });
  },
}));

/**
 * Requires a text named in capitals to be made of constants, in any file: such a name may stand anywhere as a script.
 */
export const noBuiltConstant = rule("a text named in capitals is made of constants only", (context) => ({
  VariableDeclarator({ id, init }) {
    if (id.type !== "Identifier" || !isCapital(id.name) || !init) return;
    const assembled = ["TemplateLiteral", "BinaryExpression", "TaggedTemplateExpression"].includes(init.type);
    if (!(assembled || isMethodCall(init)) || isConstant(init, context.sourceCode.getScope(init))) return;
    context.report({ node: init, message: `${id.name} is not made of constants only` });
  },
}));

const SHELL = /^(?:\/(?:usr\/)?bin\/)?(?:sh|bash|dash|ash|busybox|zsh|su|runuser|script|python3?)$/;
const INTERPRETER = /^(?:\/(?:usr\/)?bin\/)?(?:perl|node|ruby)$/;

/**
 * Returns true if the word after these words of an argv is a script. In `ping -c 3` it is not. An array that begins
 * with the flag belongs to a shell named elsewhere.
 */
function isScriptOf(before) {
  const flag = wordOf(before.at(-1));
  const isAfter = (program) => before.length === 1 || before.some((node) => program.test(wordOf(node)));
  if (/^-[a-z]*c$/.test(flag)) return isAfter(SHELL);
  if (/^(-[a-z]*e|-E|--eval|-p|--print)$/.test(flag)) return before.some((node) => INTERPRETER.test(wordOf(node)));
  return wordOf(before[0]) === "eval" && before.length === 1;
}

function wordOf(node) {
  return node?.type === "Literal" ? String(node.value) : "";
}

/**
 * Returns true for a text that is not constant, as far as one file can tell. A parameter, a member or an import alone
 * is judged where it comes from.
 */
function isBuilt(node, scope) {
  if (node.type === "ConditionalExpression") return isBuilt(node.consequent, scope) || isBuilt(node.alternate, scope);
  if (node.type === "LogicalExpression") return isBuilt(node.left, scope) || isBuilt(node.right, scope);
  if (node.type === "Identifier") {
    const init = initialValue(node, scope);
    return init !== null && isBuilt(init, scope);
  }
  const isTrusted = ["Literal", "MemberExpression", "AwaitExpression", "NewExpression", "ArrowFunctionExpression"];
  return !isTrusted.includes(node.type) && !isConstant(node, scope);
}

function isConstant(node, scope) {
  const all = (nodes) => nodes.every((one) => one !== null && isConstant(one, scope));
  switch (node.type) {
    case "Literal":
    case "ArrowFunctionExpression":
      return true;
    case "TemplateLiteral":
      return all(node.expressions);
    case "TaggedTemplateExpression":
      return isConstant(node.quasi, scope);
    case "BinaryExpression":
      return all([node.left, node.right]);
    case "ArrayExpression":
      return all(node.elements);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
      return isConstant(node.expression, scope);
    case "MemberExpression":
      return node.object.type === "Identifier" && isConstant(node.object, scope);
    case "Identifier":
      return isConstantName(node, scope);
    case "CallExpression":
      return isConstantCall(node, scope);
    default:
      return false;
  }
}

/** A constant of this file, or one of another file that is named like a constant: there this rule holds as well. */
function isConstantName(node, scope) {
  const definition = definitionOf(node, scope);
  if (definition?.type === "ImportBinding") return isCapital(node.name);
  const init = initialValue(node, scope);
  if (init === null) return false;
  return isCapital(node.name) || isConstant(init, scope);
}

/**
 * Returns true for a file of the repository read whole, directly or through a function that only does that, and for a
 * method of a constant.
 */
function isConstantCall(node, scope) {
  const { callee, arguments: given } = node;
  if (isRepositoryFile(node, scope)) return true;
  const constants = given.every((one) => isConstant(one, scope));
  if (callee.type === "Identifier") {
    const init = initialValue(callee, scope);
    const reads = init?.type === "ArrowFunctionExpression" && isRepositoryFile(init.body, scope, init.params);
    return reads && constants;
  }
  if (callee.type !== "MemberExpression") return false;
  const isPlain = ["Object", "JSON", "String"].includes(callee.object.name);
  return constants && (isPlain || isConstant(callee.object, scope));
}

/** `readFileSync(new URL("name", import.meta.url), …)`, where the name is constant or one of `params`. */
function isRepositoryFile({ type, callee, arguments: given = [] }, scope, params = []) {
  if (type !== "CallExpression" || callee.name !== "readFileSync") return false;
  const [url] = given;
  if (url?.type !== "NewExpression" || url.callee.name !== "URL" || url.arguments[1]?.type !== "MemberExpression")
    return false;
  const names = url.arguments[0].type === "TemplateLiteral" ? url.arguments[0].expressions : [url.arguments[0]];
  return names.every((one) => isConstant(one, scope) || params.some(({ name }) => name === one.name));
}

function isMethodCall({ type, callee }) {
  return type === "CallExpression" && callee.type === "MemberExpression" && callee.property.name === "join";
}

function isCapital(name) {
  return /^[A-Z][A-Z0-9_]*$/.test(name);
}

/** `$`, `$.sync`, `$({…})`, and a variable that was initialised with one of these. */
function isShellTag(node, scope) {
  if (node.type === "MemberExpression") return isShellTag(node.object, scope);
  if (node.type === "CallExpression") return isShellTag(node.callee, scope);
  if (node.type !== "Identifier") return false;
  const init = node.name === "$" ? null : initialValue(node, scope);
  return node.name === "$" || (init !== null && init.type !== "Identifier" && isShellTag(init, scope));
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
