/**
 * The same object with `x-kubernetes-…` (in a CRD's schema) called `x_kubernetes_…`: so the library's models name them, which give them their
 * right names on the way out, and leave out in silence what they do not know.
 */
export function asModelled<T>(value: T): T {
  if (Array.isArray(value)) return value.map(asModelled) as T;
  if (typeof value !== "object" || value === null) return value;
  const rename = (key: string) => (key.startsWith("x-kubernetes-") ? key.replaceAll("-", "_") : key);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [rename(key), asModelled(inner)])) as T;
}
