/** The words of the selector language (Calico API reference, "Selectors"). */
import { CoreError } from '../../core-error';

export type TokenKind =
  | 'label'
  | 'string'
  | 'has'
  | 'all'
  | 'global'
  | '('
  | ')'
  | '{'
  | '}'
  | ','
  | '!'
  | '&&'
  | '||'
  | '=='
  | '!='
  | 'contains'
  | 'starts with'
  | 'ends with'
  | 'in'
  | 'not in'
  | 'end';

/** `text`: the label's key, the literal's content or `has`'s key; else empty. `offset` counts characters from 0. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
}

const BLANKS = /[ \t]*/y;
const SYMBOL = /==|!=|&&|\|\||[(){},!]/y;
const STRING = /"([^"]*)"|'([^']*)'/y;
/** Words right after a label; the language asks for no blank behind them. */
const LABEL_OPERATOR = /(contains)|(starts[ \t]*with)|(ends[ \t]*with)|(not[ \t]*in)|(in)/y;
const LABEL_OPERATOR_KINDS: readonly TokenKind[] = ['contains', 'starts with', 'ends with', 'not in', 'in'];
const FUNCTION = /has\([ \t]*([a-zA-Z0-9_./-]+)[ \t]*\)|(all)\([ \t]*\)|(global)\([ \t]*\)/y;
const FUNCTION_OPENING = /(?:has|all|global)\(/y;
const LABEL = /[a-zA-Z0-9_./-]+/y;

/**
 * Cuts a selector into tokens; the last one is `end`. Time is linear in the text.
 * @throws CoreError PP_SELECTOR_INVALID
 */
export function tokenizeSelector(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = skipBlanks(text, 0);
  while (offset < text.length) {
    const isAfterLabel = tokens.at(-1)?.kind === 'label';
    const { token, end } = readToken(text, offset, isAfterLabel);
    tokens.push(token);
    offset = skipBlanks(text, end);
  }
  tokens.push({ kind: 'end', text: '', offset });
  return tokens;
}

/** The error for a text that is no selector. */
export function selectorError(reason: string, offset: number): CoreError {
  return new CoreError('PP_SELECTOR_INVALID', `selector: ${reason} at character ${offset + 1}`);
}

function readToken(text: string, offset: number, isAfterLabel: boolean): { token: Token; end: number } {
  const found = (kind: TokenKind, match: RegExpExecArray, content = '') => ({
    token: { kind, text: content, offset },
    end: offset + match[0].length,
  });
  const symbol = matchAt(SYMBOL, text, offset);
  // The pattern matches these kinds' own texts only.
  if (symbol !== null) return found(symbol[0] as TokenKind, symbol);
  const string = matchAt(STRING, text, offset);
  if (string !== null) return found('string', string, string[1] ?? string[2] ?? '');
  if (isAfterLabel) {
    const operator = matchAt(LABEL_OPERATOR, text, offset);
    const kind = operator && LABEL_OPERATOR_KINDS[operator.slice(1).findIndex((group) => group !== undefined)];
    if (!operator || !kind) throw selectorError('expected an operator', offset);
    return found(kind, operator);
  }
  const call = matchAt(FUNCTION, text, offset);
  if (call !== null) {
    return call[1] === undefined ? found(call[2] === undefined ? 'global' : 'all', call) : found('has', call, call[1]);
  }
  const label = matchAt(FUNCTION_OPENING, text, offset) === null ? matchAt(LABEL, text, offset) : null;
  if (label === null) throw selectorError(unexpected(text, offset), offset);
  return found('label', label, label[0]);
}

function unexpected(text: string, offset: number): string {
  const char = text.charAt(offset);
  return char === '"' || char === "'"
    ? 'unterminated string'
    : `unexpected ${JSON.stringify(text.slice(offset, offset + 12))}`;
}

function skipBlanks(text: string, offset: number): number {
  return offset + (matchAt(BLANKS, text, offset)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}
