/**
 * Returns the object with the fields `x-kubernetes-…` (in a CRD's schema) renamed to `x_kubernetes_…`. The library's
 * models use these names and restore the right ones when they serialise; they silently drop fields that they do not
 * know.
 */
export function asModelled<T>(value: T): T {
  if (Array.isArray(value)) return value.map(asModelled) as T;
  if (typeof value !== "object" || value === null) return value;
  const rename = (key: string) => (key.startsWith("x-kubernetes-") ? key.replaceAll("-", "_") : key);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [rename(key), asModelled(inner)])) as T;
}
