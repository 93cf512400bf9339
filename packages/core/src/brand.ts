/** Branded types: a value that only its parser can make. */

declare const brand: unique symbol;

/** `Base` with the mark of `Name`; assignable to `Base`, never from it. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
