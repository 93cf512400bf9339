/** The agent's log, on stderr: for people who watch it on a terminal, and for programs everywhere else. */
import { styleText } from 'node:util';
import { type Logger, pino } from 'pino';
import { z } from 'zod';
import { printableLine } from './printable';

/** From what is of use to developers alone to nothing at all. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What is kept for a stderr that takes nothing at present; what is logged beyond it is lost. */
const KEPT_BYTES = 64 * 1024;

/** Text on a terminal, else one JSON object a line. A stderr that takes nothing (a full disk) keeps nobody from work. */
export function openLog(nodeName: string, level: LogLevel): Logger {
  const stderr = pino.destination({ dest: 2, sync: true, maxLength: KEPT_BYTES });
  // There is nobody to tell; what is kept is written once there is room.
  stderr.on('error', () => undefined);
  const text = { write: (line: string) => stderr.write(formatLogLine(line)) };
  return pino({ level, base: { node: nodeName } }, process.stderr.isTTY === true ? text : stderr);
}

const line = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default('') });

/** Said by the line itself, or the same on every line. */
const SAID: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'node', 'pid', 'hostname']);

const LOOKS = [
  [50, 'ERROR', 'red'],
  [40, 'WARN ', 'yellow'],
  [30, 'INFO ', 'green'],
  [0, 'DEBUG', 'gray'],
] as const;

/** `HH:MM:SS LEVEL message  key=value ...` for a line that pino has written as JSON; what is none stays as it is. */
export function formatLogLine(json: string): string {
  const parsed = line.safeParse(parseJson(json));
  if (!parsed.success) return json;
  const { level, time, msg, ...fields } = parsed.data;
  const [, name, color] = LOOKS.find(([least]) => level >= least) ?? LOOKS[3];
  const clock = new Date(time).toISOString().slice(11, 19);
  const rest = Object.entries(fields).filter(([key, value]) => !SAID.has(key) && value !== undefined);
  const told = rest.map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const styled = styleText(color, name, { stream: process.stderr });
  const details =
    told.length === 0 ? '' : `  ${styleText('gray', printableLine(told.join(' ')), { stream: process.stderr })}`;
  return `${clock} ${styled} ${printableLine(msg)}${details}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
