import { expect } from 'chai';
import { fieldDefinitions } from './field-definitions';

describe('definitions of fields', () => {
  it('name each field by its path, through objects and lists', () => {
    const fields = fieldDefinitions({
      verdict: 'the `answer`',
      place: { object: 'where', fields: { line: 'which line' } },
      steps: { list: 'all of them', fields: { stage: 'which' } },
    });
    expect(fields).to.deep.equal([
      { kind: 'definition', term: [{ literal: 'verdict' }], text: ['the ', { literal: 'answer' }] },
      { kind: 'definition', term: [{ literal: 'place' }], text: ['where'] },
      { kind: 'definition', term: [{ literal: 'place.line' }], text: ['which line'] },
      { kind: 'definition', term: [{ literal: 'steps' }], text: ['all of them'] },
      { kind: 'definition', term: [{ literal: 'steps[].stage' }], text: ['which'] },
    ]);
  });

  it('lead to the first description of objects of one kind', () => {
    const step = { stage: 'which' };
    const fields = fieldDefinitions({ steps: { list: 'all', fields: step }, nearest: { list: 'few', fields: step } });
    expect(fields.slice(2)).to.deep.equal([
      {
        kind: 'definition',
        term: [{ literal: 'nearest' }],
        text: ['few; its fields are those of ', { literal: 'steps' }],
      },
    ]);
  });
});
