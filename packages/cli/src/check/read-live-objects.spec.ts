import { expect } from 'chai';
import { EMPTY, NEVER, of } from 'rxjs';
import { CoreError, loadManifests, type ResourceChange, type Source } from '@polyplane/core';
import { CliError } from '../cli-error';
import { readOnce } from './read-live-objects';

const { resources } = loadManifests(
  '{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: b}}',
  'x',
);
const changes = resources.map(({ resource }): ResourceChange => ({ op: 'put', resource }));
const problem = { error: new CoreError('PP_OBJECT_INVALID', 'pods may not be listed') };

describe('reading a live cluster once', () => {
  it('ends when everything has been listed', async () => {
    const source: Source = {
      batches$: of(
        { changes: changes.slice(0, 1), problems: [], isInSync: false },
        { changes: changes.slice(1), problems: [], isInSync: true },
      ),
    };
    const objects = await readOnce(source, NEVER);
    expect(objects.resources.map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b']);
    expect(objects.problems).to.deep.equal([]);
  });

  it('gives what there is when a kind may not be read, and says so', async () => {
    const source: Source = { batches$: of({ changes, problems: [problem], isInSync: false }) };
    const objects = await readOnce(source, NEVER);
    expect(objects.resources).to.have.length(2);
    expect(objects.problems).to.deep.equal([problem]);
  });

  it('does not take silence for an empty cluster', async () => {
    for (const source of [{ batches$: NEVER }, { batches$: EMPTY }]) {
      const error = await readOnce(source, of(0)).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(CliError).with.property('code', 'PP_CLI_INPUT_INVALID');
    }
  });
});
