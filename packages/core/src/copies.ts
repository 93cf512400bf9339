/** Classes that several copies of this package have in common: a backend that was installed on its own brings one. */

/**
 * Makes `instanceof` hold for the instances of every copy's class of this name. For classes that derive from it, and for theirs,
 * it stays as it is.
 */
export function shareBetweenCopies(type: { readonly prototype: object }, name: string): void {
  const brand = Symbol.for(`polyplane.${name}`);
  Object.defineProperty(type.prototype, brand, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, candidate: unknown): boolean {
      if (this !== type) return Function.prototype[Symbol.hasInstance].call(this, candidate);
      return typeof candidate === 'object' && candidate !== null && Reflect.get(candidate, brand) === true;
    },
  });
}
