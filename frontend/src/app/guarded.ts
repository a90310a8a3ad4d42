/** Return what `get` gives, or null where the browser forbids it, such as storage in a private window. */
export function guarded<T>(get: () => T): T | null {
  try {
    return get();
  } catch {
    return null;
  }
}
