/** What the backend has left in the kernel for a network namespace, as text that can be compared. */
import { readdirSync } from 'node:fs';
import { instanceFolder } from '../kernel/bpf-file-system';
import { Instance } from '../kernel/instance';
import { BpfLink } from '../kernel/link';
import type { BpfMap } from '../kernel/map';
import { readEntries } from '../kernel/map-batch';
import { ENDPOINT } from '../layout/layouts';
import { MAPS_IN_ORDER } from '../render/map-entry';

/** Slots and generations are a session's own affair: that a policy stands somewhere is told, not where. */
export function readNodeTraces(fileSystem: string, networkNamespace: string): readonly string[] {
  const folder = instanceFolder(fileSystem, networkNamespace);
  if (!Instance.isThere(folder)) return [];
  const maps = Instance.openMaps(folder);
  try {
    const rendered = [...MAPS_IN_ORDER, 'pp_ip_sets'].flatMap((name) => linesOf(maps.get(name)));
    return [...rendered, ...endpointsOf(maps.get('pp_endpoints')), ...linksIn(folder)].sort();
  } finally {
    for (const map of maps.values()) map.close();
  }
}

function linesOf(map: BpfMap | undefined): readonly string[] {
  if (map === undefined) return [];
  return [...readEntries(map)].map(({ key, value }) => `${map.name} ${key.toString('hex')} ${value.toString('hex')}`);
}

function endpointsOf(map: BpfMap | undefined): readonly string[] {
  if (map === undefined) return [];
  return [...readEntries(map)].map(({ key, value }) => {
    const { flags, generation: _, id: __, ...slots } = ENDPOINT.decode(value);
    const asked = Object.entries(slots).flatMap(([place, slot]) => (slot === 0 ? [] : [place]));
    return `pp_endpoints ${key.readUInt32LE()} ${flags} ${asked.join()}`;
  });
}

function linksIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('link-'))
    .map((name) => {
      const link = BpfLink.openPinned(`${folder}/${name}`);
      const isThere = link?.info.ifindex !== 0;
      link?.close();
      return `${name} ${isThere ? 'attached' : 'gone'}`;
    });
}

/** Takes a frontend away, and the programs off an interface, as somebody else might. */
export function disturbNode(fileSystem: string, networkNamespace: string): void {
  const folder = instanceFolder(fileSystem, networkNamespace);
  const maps = Instance.openMaps(folder);
  try {
    const frontends = maps.get('pp_frontends');
    const key = frontends?.nextKey();
    if (key !== undefined) frontends?.delete(key);
    const [name] = readdirSync(folder).filter((pin) => pin.startsWith('link-'));
    const link = name === undefined ? undefined : BpfLink.openPinned(`${folder}/${name}`);
    link?.detach();
    link?.close();
  } finally {
    for (const map of maps.values()) map.close();
  }
}
