/** What of its surroundings the command heeds: environment variables, and files that no argument names. */

export const VARIABLES = {
  COLUMNS: 'how wide the terminal is, where standard output is none or does not say',
  FORCE_COLOR: 'colour also where standard output is no terminal; `0`: none. It outdoes `NO_COLOR`',
  KUBECONFIG: 'kubeconfig files, separated by colons; read where none is named',
  NODE_NAME:
    'the node’s name in the cluster, where the configuration has no `nodeName`; without both, the host’s name counts',
  NO_COLOR: 'no colour, whatever the value',
  PATH: 'where the commands that a backend calls are looked for, such as `iptables`, `ipset` and `conntrack`',
  SOURCE_DATE_EPOCH: 'seconds since 1970 that a report bears as its date, in the clock’s place',
} as const satisfies Readonly<Record<string, string>>;

export type Variable = keyof typeof VARIABLES;

export const FILES = {
  '~/.kube/config': 'the kubeconfig that is read where none is named and `KUBECONFIG` names none',
  '/var/run/secrets/kubernetes.io/serviceaccount': 'without any kubeconfig: as whom a pod of the cluster reads it',
} as const satisfies Readonly<Record<string, string>>;

export type HeededFile = keyof typeof FILES;
