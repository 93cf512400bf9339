/** Turns a suite file into the suite that it means: objects read, senders and addresses known, matrices expanded. */
import type { FieldPath } from '@polyplane/core';
import { ClusterAddresses } from './cluster-addresses';
import { expandMatrix } from './matrix';
import { type ProbeContext, resolveProbe } from './resolve-probe';
import type { Suite, SuiteFact, SuiteSettings, SuiteState } from './suite';
import { mergeObjects, readInlineObjects, readObjectFiles, type SuiteObjects } from './suite-objects';
import { type StateFile, type SuiteFile, suiteFileSchema } from './suite-schema';
import { parseSettings } from './suite-settings';
import type { SuiteText } from './suite-text';

/** @throws ConformanceError PP_SUITE_UNREADABLE, PP_SUITE_INVALID, PP_SUITE_OBJECT_INVALID */
export function parseSuite(text: SuiteText): Suite {
  const file = text.as(suiteFileSchema);
  return { id: file.id, title: file.title ?? file.id, file: text.file, states: parseStates(text, file) };
}

function parseStates(text: SuiteText, file: SuiteFile): readonly SuiteState[] {
  if (file.before === undefined && file.after === undefined) return [parseState(text, file, '', file)];
  const before = file.before && parseState(text, file, 'before', file.before);
  const after = file.after && parseState(text, file, 'after', file.after);
  if (after === undefined) return before === undefined ? [] : [before];
  return before === undefined ? [after] : [before, { ...after, previous: before }];
}

/** What stands at the top of a suite of two states holds for both. */
function parseState(text: SuiteText, suite: SuiteFile, name: SuiteState['name'], state: StateFile): SuiteState {
  const path = name === '' ? [] : [name];
  const shared = name === '' ? [] : [readObjects(text, [], suite)];
  const { resources, unknownObjects } = mergeObjects([...shared, readObjects(text, path, state)]);
  const named = suite.node === undefined ? [] : [suite.node].flat();
  const nodes = [...new Set([...named, ...nodesOf(resources)])];
  const addresses = new ClusterAddresses(resources);
  const context: ProbeContext = { text, addresses, ownNode: nodes[0] ?? '' };
  const parts =
    name === ''
      ? [{ path, part: state }]
      : [
          { path: [], part: suite },
          { path, part: state },
        ];
  return {
    name,
    nodes,
    // What the state says stands before what the suite says.
    settings: Object.assign({}, ...parts.map((given) => settingsOf(text, given.path, given.part))) as SuiteSettings,
    resources,
    unknownObjects,
    probes: parts.flatMap(({ path, part }) => [
      ...(part.probes ?? []).map((probe, index) => resolveProbe(context, [...path, 'probes', index], probe)),
      ...(part.matrices ?? []).flatMap((matrix, index) => expandMatrix(context, [...path, 'matrices', index], matrix)),
    ]),
    facts: parts.flatMap(({ part }) => factsOf(part)),
  };
}

function readObjects(text: SuiteText, path: FieldPath, { manifests, files }: StateFile): SuiteObjects {
  return mergeObjects([
    readObjectFiles(text, [...path, 'files'], files ?? []),
    readInlineObjects(text, [...path, 'manifests'], manifests ?? []),
  ]);
}

function nodesOf(resources: SuiteObjects['resources']): readonly string[] {
  return resources.flatMap((resource) => {
    if (resource.kind === 'Node') return [resource.metadata.name];
    return resource.kind === 'Pod' && resource.spec.nodeName !== undefined ? [resource.spec.nodeName] : [];
  });
}

function factsOf({ facts, endpoints, localReadyEndpoints, udpConntrackCleanup }: StateFile): readonly SuiteFact[] {
  return Object.entries({ ...facts, endpoints, localReadyEndpoints, udpConntrackCleanup })
    .filter(([, expected]) => expected !== undefined)
    .map(([name, expected]) => ({ name, expected }));
}

function settingsOf(text: SuiteText, path: FieldPath, { settings }: StateFile): SuiteSettings {
  return settings === undefined ? {} : parseSettings(text, [...path, 'settings'], settings);
}
