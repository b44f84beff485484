/**
 * Listeners by name, typed by a table of event name → value.
 * @template {object} Table
 */
export class Emitter {
  /** @type {Map<keyof Table, Set<(value: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof Table} T
   * @param {T} name
   * @param {(value: Table[T]) => void} listener
   * @returns {() => void} stops listening
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /**
   * A listener that throws does not keep the others, or the engine, from going on.
   * @template {keyof Table} T
   * @param {T} name
   * @param {Table[T]} value
   */
  emit(name, value) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(value);
      } catch (error) {
        reportError(error);
      }
    }
  }

  clear() {
    this.#listeners.clear();
  }
}
