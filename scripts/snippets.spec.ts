import { expect } from 'chai';
import { fillSnippets, sourcelessSnippets } from './snippets';

describe('snippets of the pages', () => {
  it('are the text of the file that is named', () => {
    const filled = fillSnippets('<!-- file: lerna.json -->\n\n```json\nold\n```\n');
    expect(filled).to.match(/^<!-- file: lerna\.json -->\n\n```json\n\{[^`]*\}\n```\n$/);
    expect(fillSnippets(filled)).to.equal(filled);
  });

  it('are a region of it where one is named', () => {
    const filled = fillSnippets('<!-- file: examples/third-party-backend/folder-backend.spec.ts#kit -->\n```ts\n```\n');
    expect(filled)
      .to.match(/```ts\ndescribeBackend\('folder'/)
      .and.not.include('region');
  });

  it('are refused where the region is not there', () => {
    expect(() => fillSnippets('<!-- file: lerna.json#nothing -->\n```json\n```\n')).to.throw('has no region nothing');
  });

  it('are what the command prints', () => {
    const filled = fillSnippets('<!-- run: --help | 1-1 -->\n```console\n```\n');
    expect(filled).to.include('```console\n$ polyplane --help\nUsage: polyplane [options] [command]\n```');
  });

  it('are told apart from those without a source', () => {
    const page = '<!-- file: lerna.json -->\n\n```json\n{}\n```\n\n```json\n{"a": 1}\n```\n\n```text\nb\n```\n';
    expect(sourcelessSnippets(page, ['json'])).to.deep.equal(['{"a": 1}']);
  });
});
