import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readObjects } from './read-objects';

const namespaces = (count: number, prefix: string): string =>
  Array.from(
    { length: count },
    (_, index) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${prefix}-${index}}}`,
  ).join('\n---\n');

describe('reading objects to check', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-read-objects-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('shows how far it is, also within one big file', async () => {
    writeFileSync(join(folder, 'a-big.yaml'), namespaces(100, 'big'));
    writeFileSync(join(folder, 'b-small.yaml'), namespaces(1, 'small'));
    const shares: number[] = [];
    let isFinished = false;
    const { resources } = await readObjects([folder], {
      show: (done, total) => shares.push(done / total),
      finish: () => {
        isFinished = true;
      },
    });
    expect([resources.length, isFinished]).to.deep.equal([101, true]);
    expect(shares.length).to.be.above(100);
    expect(shares).to.deep.equal([...shares].sort((a, b) => a - b));
    expect([shares[0], shares.at(-1)]).to.satisfy(([first, last]: number[]) => (first ?? 1) < 0.02 && last === 1);
  });
});
