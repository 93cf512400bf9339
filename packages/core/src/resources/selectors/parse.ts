/** The parser of the selector language: texts to syntax trees. */
import { canonicalValues, type SelectorNode, type SetOperator, type ValueOperator } from './ast';
import { selectorError, type Token, type TokenKind, tokenizeSelector } from './tokens';

const MAX_LENGTH = 65_536;
const MAX_NESTING = 256;

const VALUE_OPERATORS: Readonly<Partial<Record<TokenKind, ValueOperator>>> = {
  '==': 'equals',
  '!=': 'notEquals',
  contains: 'contains',
  'starts with': 'startsWith',
  'ends with': 'endsWith',
};
const SET_OPERATORS: Readonly<Partial<Record<TokenKind, SetOperator>>> = { in: 'in', 'not in': 'notIn' };

/**
 * Reads a selector; `||` binds weaker than `&&`, that weaker than `!`. Time is linear in the text, the stack bounded.
 * @throws CoreError PP_SELECTOR_INVALID
 */
export function parseSelectorText(text: string): SelectorNode {
  if (text.length > MAX_LENGTH) throw selectorError(`longer than ${MAX_LENGTH} characters`, MAX_LENGTH);
  const tokens = tokenizeSelector(text);
  return tokens.length === 1 ? { op: 'all' } : new Parser(tokens).parse();
}

class Parser {
  private next = 0;
  private nesting = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): SelectorNode {
    const node = this.parseChain('or');
    this.expect('end');
    return node;
  }

  /** Terms joined by one operator; a single term stands for itself. */
  private parseChain(op: 'or' | 'and'): SelectorNode {
    const parseTerm = () => (op === 'or' ? this.parseChain('and') : this.parseOperation());
    const first = parseTerm();
    const operands = [first];
    while (this.skip(op === 'or' ? '||' : '&&')) operands.push(parseTerm());
    return operands.length === 1 ? first : { op, operands };
  }

  private parseOperation(): SelectorNode {
    let isNegated = false;
    while (this.skip('!')) isNegated = !isNegated;
    const operand = this.parseOperand();
    return isNegated ? { op: 'not', operand } : operand;
  }

  private parseOperand(): SelectorNode {
    const token = this.take();
    switch (token.kind) {
      case 'all':
      case 'global':
        return { op: token.kind };
      case 'has':
        return { op: 'has', key: token.text };
      case 'label':
        return this.parseComparison(token.text);
      case '(':
        return this.parseNested(token);
      default:
        throw unexpected(token);
    }
  }

  private parseComparison(key: string): SelectorNode {
    const operator = this.take();
    const valueOperator = VALUE_OPERATORS[operator.kind];
    if (valueOperator !== undefined) return { op: valueOperator, key, value: this.expect('string').text };
    const setOperator = SET_OPERATORS[operator.kind];
    if (setOperator !== undefined) return { op: setOperator, key, values: this.parseValues() };
    throw unexpected(operator);
  }

  private parseValues(): readonly string[] {
    const values: string[] = [];
    this.expect('{');
    // A comma may stand behind the last value, and a set may be empty.
    while (this.peek() === 'string') {
      values.push(this.take().text);
      if (!this.skip(',')) break;
    }
    this.expect('}');
    return canonicalValues(values);
  }

  private parseNested(opening: Token): SelectorNode {
    this.nesting += 1;
    if (this.nesting > MAX_NESTING) throw selectorError(`more than ${MAX_NESTING} nested parentheses`, opening.offset);
    const node = this.parseChain('or');
    this.expect(')');
    this.nesting -= 1;
    return node;
  }

  private peek(): TokenKind {
    return this.current().kind;
  }

  private current(): Token {
    const token = this.tokens[this.next];
    if (token === undefined) throw new Error('read beyond the end token');
    return token;
  }

  private take(): Token {
    const token = this.current();
    // The end token stays: whoever takes it fails.
    if (token.kind !== 'end') this.next += 1;
    return token;
  }

  private skip(kind: TokenKind): boolean {
    if (this.peek() !== kind) return false;
    this.next += 1;
    return true;
  }

  private expect(kind: TokenKind): Token {
    const token = this.take();
    if (token.kind !== kind) throw selectorError(`expected ${kind} but found ${token.kind}`, token.offset);
    return token;
  }
}

function unexpected(token: Token): Error {
  return selectorError(token.kind === 'end' ? 'unexpected end' : `unexpected ${token.kind}`, token.offset);
}
