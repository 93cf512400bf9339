/** The node's workloads, asked by key and by address. */
import { ClaimIndex } from '../dataplane/claim-index';
import type { IpAddress, WorkloadEndpoint, WorkloadKey } from '../state';
import { NetSet } from './address-value';
import type { FlowEnd } from './flow';
import { isLinkLocal } from './host-addresses';

/** A local workload with its allowed sources ready to be asked. */
export interface LocalWorkload {
  readonly key: WorkloadKey;
  readonly endpoint: WorkloadEndpoint;
  readonly allowedSources: NetSet;
}

/** Of several workloads with one address, the one with the smallest key has it. */
export class WorkloadTable {
  private readonly workloads = new Map<WorkloadKey, LocalWorkload>();
  private readonly byAddress = new ClaimIndex<IpAddress, WorkloadKey, LocalWorkload>();
  private readonly byFloatingAddress = new ClaimIndex<IpAddress, WorkloadKey, LocalWorkload>();

  put(endpoint: WorkloadEndpoint): void {
    this.remove(endpoint.key);
    const workload = { key: endpoint.key, endpoint, allowedSources: NetSet.of(endpoint.allowedSources) };
    this.workloads.set(endpoint.key, workload);
    for (const address of endpoint.addresses) this.byAddress.add(address, workload);
    for (const { address } of endpoint.floatingAddresses ?? []) this.byFloatingAddress.add(address, workload);
  }

  remove(key: WorkloadKey): void {
    const workload = this.workloads.get(key);
    if (workload === undefined) return;
    this.workloads.delete(key);
    const { addresses, floatingAddresses = [] } = workload.endpoint;
    for (const address of addresses) this.byAddress.delete(address, key);
    for (const { address } of floatingAddresses) this.byFloatingAddress.delete(address, key);
  }

  get(key: WorkloadKey): LocalWorkload | undefined {
    return this.workloads.get(key);
  }

  /** The workload that has the address. */
  at(address: IpAddress): LocalWorkload | undefined {
    return this.byAddress.get(address);
  }

  /** The workload's own address that a floating one stands for. */
  floatingTarget(address: IpAddress): IpAddress | undefined {
    const floating = this.byFloatingAddress.get(address)?.endpoint.floatingAddresses ?? [];
    return floating.find((candidate) => candidate.address === address)?.target;
  }
}

/** The source is one of the workload's own; on IPv6, link-local addresses are everybody's. */
export function maySend({ endpoint, allowedSources }: LocalWorkload, source: FlowEnd): boolean {
  return endpoint.addresses.includes(source.address) || allowedSources.contains(source.value) || isLinkLocal(source);
}
