/** The nat rules of a node laid out as kube-proxy's iptables mode lays them out: one chain that holds every service. */
import type { ServicePort } from '@polyplane/core';

/** Input of `iptables-restore --noflush` that programs these service ports, their cluster IPs only. */
export function kubeProxyRules(services: readonly ServicePort[]): string {
  const chains = [':KUBE-SERVICES - [0:0]', ':KUBE-MARK-MASQ - [0:0]', ':KUBE-POSTROUTING - [0:0]'];
  const rules = [
    '-A PREROUTING -j KUBE-SERVICES',
    '-A OUTPUT -j KUBE-SERVICES',
    '-A POSTROUTING -j KUBE-POSTROUTING',
    '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MASQUERADE',
  ];
  services.forEach((service, index) => {
    const chain = `KUBE-SVC-${index}`;
    const frontend = service.frontends[0];
    chains.push(`:${chain} - [0:0]`);
    rules.push(`-A KUBE-SERVICES -d ${frontend?.address}/32 -p tcp -m tcp --dport ${frontend?.port} -j ${chain}`);
    service.clusterEndpoints.forEach((endpoint, number) => {
      const endpointChain = `KUBE-SEP-${index}-${number}`;
      const left = service.clusterEndpoints.length - number;
      const choice = left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(10)} ` : '';
      chains.push(`:${endpointChain} - [0:0]`);
      rules.push(
        `-A ${chain} ${choice}-j ${endpointChain}`,
        `-A ${endpointChain} -s ${endpoint.address}/32 -j KUBE-MARK-MASQ`,
        `-A ${endpointChain} -p tcp -m tcp -j DNAT --to-destination ${endpoint.address}:${endpoint.port}`,
      );
    });
  });
  return ['*nat', ...chains, ...rules, 'COMMIT', ''].join('\n');
}
