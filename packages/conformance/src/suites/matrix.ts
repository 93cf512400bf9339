/** Expands a connectivity matrix into one probe a cell. */
import {
  type FieldPath,
  familyOf,
  formatProtocol,
  hasPorts,
  type IpAddress,
  type Pod,
  parsePort,
  parseProtocol,
} from '@polyplane/core';
import { portNamed } from './cluster-addresses';
import { type ProbeContext, podSender } from './resolve-probe';
import type { SuiteProbe } from './suite';
import type { MatrixFile } from './suite-schema';

/** Cells of the diagonal are a pod's talk to itself, on which dataplanes differ: they give no probe. */
const DIAGONAL = new Set([',', 'x']);
const VERDICTS: Readonly<Record<string, 'allow' | 'refuse'>> = { '.': 'allow', X: 'refuse' };

/** @throws ConformanceError PP_SUITE_INVALID with the row, column or cell that means nothing in this cluster */
export function expandMatrix(context: ProbeContext, path: FieldPath, matrix: MatrixFile): readonly SuiteProbe[] {
  const { text } = context;
  const names = typeof matrix.columns === 'string' ? matrix.columns.trim().split(/\s+/) : matrix.columns;
  const columns = names.map((name) => podAt(context, [...path, 'columns'], name));
  return Object.entries(matrix.rows).flatMap(([name, cells]) => {
    const rowPath = [...path, 'rows', name];
    const row: Row = { context, path: rowPath, matrix, name, pod: podAt(context, rowPath, name) };
    if (cells.length !== columns.length)
      throw text.fault(rowPath, `has ${cells.length} cells for ${columns.length} columns`);
    return columns.flatMap((column, index) => renderCell(row, names[index] ?? '', column, cells.charAt(index)));
  });
}

interface Row {
  readonly context: ProbeContext;
  readonly path: FieldPath;
  readonly matrix: MatrixFile;
  readonly name: string;
  readonly pod: Pod;
}

function renderCell(row: Row, columnName: string, column: Pod, cell: string): readonly SuiteProbe[] {
  const { context, path, matrix, name, pod } = row;
  if (pod === column && (DIAGONAL.has(cell) || cell in VERDICTS)) return [];
  const verdict = VERDICTS[cell];
  if (verdict === undefined) throw context.text.fault(path, `cell ${JSON.stringify(cell)} is neither "." nor "X"`);
  const protocol = context.text.readField([...path.slice(0, -2), 'protocol'], () => parseProtocol(matrix.protocol));
  const port = typeof matrix.port === 'number' ? parsePort(matrix.port) : portNamed(column, matrix.port, protocol);
  if (port === undefined) throw context.text.fault(path, `${columnName} has no port named ${matrix.port}`);
  if (!hasPorts(protocol)) throw context.text.fault(path, 'a matrix needs a protocol with ports');
  const { source, destination } = commonFamily(context, path, pod, column);
  return [
    {
      name: `${name} -> ${columnName}:${matrix.port}/${formatProtocol(protocol)}`,
      sender: podSender(pod),
      source,
      isSpoofed: false,
      destination,
      destinationPort: port,
      protocol,
      expected: { verdict },
    },
  ];
}

function commonFamily(
  { text }: ProbeContext,
  path: FieldPath,
  from: Pod,
  to: Pod,
): { readonly source: IpAddress; readonly destination: IpAddress } {
  for (const destination of to.status.podIPs) {
    const source = from.status.podIPs.find((address) => familyOf(address) === familyOf(destination));
    if (source !== undefined) return { source, destination };
  }
  throw text.fault(path, 'the two pods have no address of one family');
}

function podAt({ text, addresses }: ProbeContext, path: FieldPath, name: string): Pod {
  const pod = addresses.podNamed(name);
  if (pod === undefined) throw text.fault(path, `no pod ${name}`);
  return pod;
}
