#!/usr/bin/env bash
# loadYaml of @kubernetes/client-node reads scalars with other types than kubectl does.
#
# Guess:   a manifest means the same to the Kubernetes project's own JavaScript client and to kubectl.
# Seen:    0644 is the number 644 (to kubectl: octal, 420), `yes` and `on` are text (to kubectl: true), and an annotation that looks like
#          a day is a Date object, not text. The package reads YAML 1.2 with timestamps; kubectl reads YAML 1.1 into JSON, which has none.
# Version: @kubernetes/client-node 1.4.0 with js-yaml 4.3.2.
# Matters: `defaultMode: 0644` and `hostNetwork: yes` stand in real manifests. A tool that reads with this package checks another object
#          than the one that kubectl sends.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

npm_packages @kubernetes/client-node@1.4.0 js-yaml@4.3.2

cat >"$temp/program.mjs" <<'PROGRAM'
import { loadYaml } from '@kubernetes/client-node';

const { annotations, spec } = loadYaml('annotations: { reviewed: 2024-01-01 }\nspec: { mode: 0644, a: yes, b: on }\n');
console.log('mode:', spec.mode);
console.log('a, b:', typeof spec.a, spec.a, typeof spec.b, spec.b);
console.log('reviewed:', annotations.reviewed.constructor.name);
PROGRAM

expect_seen "$(node "$temp/program.mjs" 2>&1)" <<'END'
mode: 644
a, b: string yes string on
reviewed: Date
END
