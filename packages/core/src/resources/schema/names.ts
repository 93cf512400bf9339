/** The syntax of names, label keys and values (RFC 1123, RFC 6335, Kubernetes "Object Names and IDs", "Labels and Selectors"). */

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED_PART = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const PORT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** 1-63 bytes of a-z, 0-9 and `-`, not at an end. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && DNS_LABEL.test(text);
}

/** Dot-separated DNS labels, 253 bytes at most. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && DNS_SUBDOMAIN.test(text);
}

/** A label's key: `name` or `prefix/name`. */
export function isQualifiedName(text: string): boolean {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  return name.length <= 63 && QUALIFIED_PART.test(name) && (slash < 0 || isDnsSubdomain(text.slice(0, slash)));
}

/** Empty, or 1-63 bytes of A-Z, a-z, 0-9, `-`, `_` and `.`, beginning and ending with a letter or digit. */
export function isLabelValue(text: string): boolean {
  return text.length <= 63 && (text === '' || QUALIFIED_PART.test(text));
}

/** An IANA service name: 1-15 bytes of a-z, 0-9 and single `-`, with a letter, no `-` at an end. */
export function isPortName(text: string): boolean {
  return text.length <= 15 && PORT_NAME.test(text) && /[a-z]/.test(text) && !text.includes('--');
}

/** A Linux interface name as Calico takes it. */
export function isInterfaceName(text: string): boolean {
  return /^[a-zA-Z0-9_.-]{1,15}$/.test(text) && text !== '.' && text !== '..';
}

/** A regular expression in Go's syntax, as far as this can be told without Go: no look-around, no back references. */
export function isRegularExpression(text: string): boolean {
  const withoutFlags = text.replace(/^\(\?[imsU]+\)/, '');
  if (text.length > 1024 || /\(\?(?:=|!|<=|<!)|\\[1-9]/.test(text)) return false;
  try {
    new RegExp(withoutFlags);
    return true;
  } catch {
    return false;
  }
}
