/** Names of chains and sets: the owner tag, and hashes instead of any text of a cluster object. */
import { createHash } from 'node:crypto';
import type { Brand, IpFamily } from '@polyplane/core/backend';

/** A chain of ours: at most 28 bytes (XT_EXTENSION_MAXNAMELEN), letters, digits and dashes. */
export type ChainName = Brand<string, 'ChainName'>;

/** A set of ours: at most 31 bytes (IPSET_MAXNAMELEN). */
export type SetName = Brand<string, 'SetName'>;

/** Every chain and every set of ours begins so, and nothing else does. */
export const OWNER_TAG = 'POLYPLANE-';

const HASH_LENGTH = 14;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A chain that exists once in its table: upper-case letters and dashes, at most 18. */
export function fixedChain(name: string): ChainName {
  return `${OWNER_TAG}${name}` as ChainName;
}

/**
 * The chain of `kind` (at most 3 letters) for `key`. A short key of digits and lower-case letters stands in the name as it is,
 * any other is hashed; the two cannot meet, because a hash is longer.
 */
export function chainOf(kind: string, key: string): ChainName {
  return `${OWNER_TAG}${kind}-${isPlain(key) ? key : hashName(key)}` as ChainName;
}

/** The set of `kind` (at most 4 letters) in `family` for `key`. */
export function setOf(kind: string, family: IpFamily, key: string): SetName {
  return `${OWNER_TAG}${kind}${family}-${isPlain(key) ? key : hashName(key)}` as SetName;
}

/** A name for a set's next content, until the two are swapped. */
export function swapNameOf(name: SetName): SetName {
  return setOf('T', 4, name);
}

/** 70 bits of SHA-256 in base 32. */
export function hashName(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  let name = '';
  for (const byte of digest.subarray(0, HASH_LENGTH)) name += BASE32[byte & 31];
  return name;
}

function isPlain(key: string): boolean {
  return key.length < HASH_LENGTH && /^[0-9a-z]+$/.test(key);
}
