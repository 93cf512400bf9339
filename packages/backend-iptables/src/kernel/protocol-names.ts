/** The names by which this host's iptables prints protocols: protocols(5). */
import { readFile } from 'node:fs/promises';
import { IptablesError } from '../iptables-error';

/**
 * By name, the number. Empty where the host has no such file: numbers are printed then.
 * @throws IptablesError PP_IPTABLES_READ_FAILED
 */
export async function readProtocolNames(file = '/etc/protocols'): Promise<ReadonlyMap<string, number>> {
  try {
    return parseProtocolNames(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new Map();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IptablesError('PP_IPTABLES_READ_FAILED', reason, { isRetriable: true, cause });
  }
}

/** `NAME NUMBER ALIAS... # COMMENT`, one a line; of one number the first name is the one that is printed. */
export function parseProtocolNames(text: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, number] = /^([^\s#]+)\s+(\d{1,3})(?:\s|$)/.exec(line) ?? [];
    if (name !== undefined && Number(number) <= 255) numbers.set(name, Number(number));
  }
  return numbers;
}
