import { expect } from 'chai';
import { publishedManifest } from './published-manifest';

const MANIFEST = {
  name: '@polyplane/backend-any',
  version: '0.3.0',
  description: 'Any backend.',
  files: ['dist'],
  exports: {
    '.': { '@polyplane/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  publishConfig: { access: 'public', directory: '../../release/backend-any' },
  scripts: { build: 'tsc -b' },
  peerDependencies: { '@polyplane/core': '*', rxjs: '^7.8.0' },
  devDependencies: { '@polyplane/core': '0.3.0' },
};

describe('publishedManifest', () => {
  it('leads to nothing but what is published, types first', () => {
    const { exports } = publishedManifest(MANIFEST);
    expect(JSON.stringify(exports)).to.equal(
      '{".":{"types":"./dist/index.d.ts","default":"./dist/index.js"},"./package.json":"./package.json"}',
    );
  });

  it('wants its peers of the same release, and others as they are', () => {
    expect(publishedManifest(MANIFEST).peerDependencies).to.deep.equal({ '@polyplane/core': '^0.3.0', rxjs: '^7.8.0' });
  });

  it('refuses a peer of the same release by a range, which a release would leave behind', () => {
    const manifest = { ...MANIFEST, peerDependencies: { '@polyplane/core': '^0.2.0' } };
    expect(() => publishedManifest(manifest)).to.throw('@polyplane/core');
  });

  it('keeps what users read and leaves out what only the repository reads', () => {
    expect(publishedManifest(MANIFEST)).to.have.all.keys(
      'name',
      'version',
      'description',
      'files',
      'exports',
      'peerDependencies',
    );
  });
});
