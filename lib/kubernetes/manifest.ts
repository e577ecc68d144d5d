import { parseAllDocuments } from "yaml";

/** The objects of a manifest, one a YAML document. Throws Error for the first document that is no whole YAML, which would otherwise be read as something else. */
export function objectsIn(manifest: string): readonly object[] {
  return parseAllDocuments(manifest).flatMap((document) => {
    const [wrong] = document.errors;
    if (wrong) throw new Error(`a manifest is no YAML: ${wrong.message}`);
    const object = document.toJS() as object | null;
    return object === null ? [] : [object];
  });
}
