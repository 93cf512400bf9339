/** What is in force in a namespace beside what would be: read from the pinned maps alone, without a session. */
import {
  type DesiredState,
  DesiredStateStore,
  type InspectedPart,
  type Inspection,
  type Transition,
} from '@polyplane/core/backend';
import type { NetworkNamespace } from '@polyplane/linux';
import { Instance } from './kernel/instance';
import { InterfacePrograms } from './kernel/interface-programs';
import type { BpfMap } from './kernel/map';
import { readEntries } from './kernel/map-batch';
import { ENDPOINT } from './layout/layouts';
import { formatEntry, formatSetMember } from './render/format-entry';
import { namesByIndex } from './render/interfaces';
import { MAPS_IN_ORDER } from './render/map-entry';
import type { HostInterfaces } from './render/node-facts';
import type { NodeRenderer } from './render/node-renderer';

/** What would be, as far as it is told. */
export interface Wanted {
  readonly transition: Transition;
  readonly renderer: NodeRenderer;
}

/**
 * Policy programs are compared by which interfaces have any: their instructions are not read back. An endpoint that an older state's
 * program still judges is therefore not told.
 */
export function inspectInstance(
  folder: string,
  namespace: NetworkNamespace,
  interfaces: HostInterfaces,
  wanted: Wanted | undefined,
): Inspection {
  const maps = Instance.openMaps(folder);
  try {
    const rendered = wanted === undefined ? undefined : render(wanted, interfaces);
    const entries = MAPS_IN_ORDER.map((name): InspectedPart => {
      const ofMap = rendered?.entries.filter(({ map }) => map === name) ?? [];
      return {
        name,
        inForce: sorted(entriesOf(maps.get(name)).map(([key, value]) => formatEntry(name, key, value))),
        wanted: sorted(ofMap.map(({ key, value }) => formatEntry(name, key, value))),
      };
    });
    const sets: InspectedPart = {
      name: 'pp_ip_sets',
      inForce: sorted(entriesOf(maps.get('pp_ip_sets')).map(([key]) => formatSetMember(key))),
      wanted: sorted(rendered?.setKeys.map(formatSetMember) ?? []),
    };
    return {
      parts: [
        ...entries,
        sets,
        endpointsPart(maps.get('pp_endpoints'), rendered, interfaces),
        programsPart(folder, namespace, interfaces, rendered),
      ],
    };
  } finally {
    for (const map of maps.values()) map.close();
  }
}

type Rendered = NodeRenderer['committed'] & { readonly attached: ReadonlySet<number> };

function render({ transition, renderer }: Wanted, interfaces: HostInterfaces): Rendered {
  const state: DesiredState = stateAfter(transition);
  const step = renderer.stepTo(new DesiredStateStore(), state, transition, interfaces);
  renderer.commit(step);
  return { ...renderer.committed, attached: new Set(step.attachments.keys()) };
}

function stateAfter(transition: Transition): DesiredState {
  const store = new DesiredStateStore();
  store.apply(transition);
  return store;
}

function endpointsPart(
  map: BpfMap | undefined,
  rendered: Rendered | undefined,
  interfaces: HostInterfaces,
): InspectedPart {
  const nameOf = namesByIndex(interfaces);
  const found = entriesOf(map).map(([key, value]) => {
    const endpoint = ENDPOINT.decode(value);
    const places = PLACES.filter((place) => endpoint[place] !== 0);
    return `${nameOf(Buffer.from(key, 'latin1').readUInt32LE())}: ${['flags', endpoint.flags, ...places].join(' ')}`;
  });
  const wanted = [...(rendered?.endpoints ?? [])].map(([index, { flags, programs }]) => {
    const places = PLACES.filter((place) => programs[place] !== undefined);
    return `${nameOf(index)}: ${['flags', flags, ...places].join(' ')}`;
  });
  return { name: 'pp_endpoints', inForce: sorted(found), wanted: sorted(wanted) };
}

const PLACES = ['egress', 'ingress', 'forward_out', 'forward_in', 'pre_dnat'] as const;

function programsPart(
  folder: string,
  namespace: NetworkNamespace,
  interfaces: HostInterfaces,
  rendered: Rendered | undefined,
): InspectedPart {
  const nameOf = namesByIndex(interfaces);
  const attached = Instance.isThere(folder) ? [...new InterfacePrograms(namespace, folder).attached] : [];
  return {
    name: 'programs on interfaces',
    inForce: sorted(attached.map(nameOf)),
    wanted: sorted([...(rendered?.attached ?? [])].map(nameOf)),
  };
}

/** An array holds every index: what is all zeros was never written. */
function entriesOf(map: BpfMap | undefined): readonly (readonly [string, Buffer])[] {
  if (map === undefined) return [];
  const entries = [...readEntries(map)].map(({ key, value }) => [key.toString('latin1'), Buffer.from(value)] as const);
  return map.name.startsWith('pp_config') ? entries.filter(([, value]) => value.some((byte) => byte !== 0)) : entries;
}

function sorted(lines: readonly string[]): readonly string[] {
  return [...lines].sort();
}
