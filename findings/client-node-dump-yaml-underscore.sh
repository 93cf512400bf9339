#!/usr/bin/env bash
# dumpYaml of @kubernetes/client-node writes the text "1_000" without quotes; a reader of YAML 1.1, as kubectl's is, takes it for 1000.
#
# Guess:   text stays text: the writer quotes what YAML 1.1 would read as something else, and does so for "off", "y", "010" and "1:30".
# Seen:    it does not for digits with an underscore, which YAML 1.1 allows in numbers and YAML 1.2 does not. With js-yaml 4.1.0, which
#          the package takes as well, the same text is quoted: a new install of one pinned version writes other manifests.
# Version: @kubernetes/client-node 1.4.0 with js-yaml 4.3.2, read by yaml 2.9.1 as YAML 1.1.
# Matters: a ConfigMap's value or a label written this way reaches kubectl as a number: it is refused, or changed in silence where a
#          number is let through. Manifests for kubectl are safer as JSON.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

npm_packages @kubernetes/client-node@1.4.0 js-yaml@4.3.2 js-yaml-4.1@npm:js-yaml@4.1.0 yaml@2.9.1

cat >"$temp/program.mjs" <<'PROGRAM'
import { dumpYaml } from '@kubernetes/client-node';
import { dump } from 'js-yaml-4.1';
import { parse } from 'yaml';

for (const text of ['off', 'y', '010', '1:30', '1_000']) {
  const written = dumpYaml({ value: text });
  const { value } = parse(written, { version: '1.1' });
  console.log(`${JSON.stringify(text)} written as ${written.trim()}, read as ${typeof value} ${value}`);
}
console.log(`by js-yaml 4.1.0: ${dump({ value: '1_000' }).trim()}`);
PROGRAM

expect_seen "$(node "$temp/program.mjs" 2>&1)" <<'END'
"off" written as value: 'off', read as string off
"y" written as value: 'y', read as string y
"010" written as value: '010', read as string 010
"1:30" written as value: '1:30', read as string 1:30
"1_000" written as value: 1_000, read as number 1000
by js-yaml 4.1.0: value: '1_000'
END
