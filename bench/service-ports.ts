/** Synthetic service ports for the dataplane benchmarks. */
import {
  type Change,
  type IpAddress,
  type NodeSettings,
  type Port,
  parseIpAddress,
  SETTINGS_KEY,
  type ServicePort,
  type ServicePortKey,
  TCP,
  type Transition,
} from '@polyplane/core';
import { address } from './cluster';

const ENDPOINTS_PER_SERVICE = 4;

/** A service port with four endpoints; `endpoint` overrides them all with one address. */
export function servicePort(index: number, shift = 0, endpoint?: IpAddress): ServicePort {
  const name = `service-${index}`;
  const endpoints = Array.from({ length: ENDPOINTS_PER_SERVICE }, (_, number) => ({
    address: endpoint ?? address(0, index * ENDPOINTS_PER_SERVICE + number + shift),
    port: 8080 as Port,
    isLocal: false,
  }));
  return {
    type: 'service',
    key: `service/bench/${name}/http/tcp/4` as ServicePortKey,
    origin: { object: { apiVersion: 'v1', kind: 'Service', namespace: 'bench', name }, field: 'spec.ports[0]' },
    namespace: 'bench',
    name,
    portName: 'http',
    family: 4,
    protocol: TCP,
    frontends: [{ kind: 'clusterIp', address: address(1, index), port: 80 as Port, trafficPolicy: 'cluster' }],
    clusterEndpoints: endpoints,
    localEndpoints: [],
    hasEndpoints: true,
    localReadyEndpoints: 0,
  };
}

const SETTINGS: NodeSettings = {
  type: 'settings',
  key: SETTINGS_KEY,
  nodeName: 'node-0',
  nodeAddresses: [parseIpAddress('192.0.2.1')],
  localhostNodePorts: false,
  masqueradeAll: false,
  localDetector: { kind: 'workloadInterfaces' },
  workloadInterfacePrefixes: ['cali'],
  endpointToHostAction: 'drop',
  failsafeInbound: [],
  failsafeOutbound: [],
};

/** The whole state with that many services. */
export function fullTransition(services: number, endpoint?: IpAddress): Transition {
  const objects = Array.from({ length: services }, (_, index) => servicePort(index, 0, endpoint));
  return {
    revision: 1,
    scope: 'full',
    isInSync: true,
    changes: [SETTINGS, ...objects].map((object): Change => ({ op: 'put', object })),
  };
}

/** One service with other endpoints. */
export function oneChange(revision: number, index: number): Transition {
  return {
    revision,
    scope: 'delta',
    isInSync: true,
    changes: [{ op: 'put', object: servicePort(index, revision) }],
  };
}
