import { parseAllDocuments } from "yaml";

/**
 * Returns the objects of a manifest, one for each YAML document. Throws Error for the first document with a syntax
 * error, which the parser would otherwise read as something else.
 */
export function objectsIn(manifest: string): readonly object[] {
  return parseAllDocuments(manifest).flatMap((document) => {
    const [syntaxError] = document.errors;
    if (syntaxError) throw new Error(`the manifest is not valid YAML: ${syntaxError.message}`);
    const object = document.toJS() as object | null;
    return object === null ? [] : [object];
  });
}
