#!/usr/bin/env bash
# js-yaml 5 refuses a tab between a key and a flow mapping or sequence, and takes it before a plain or quoted scalar.
#
# Guess:   `key:<TAB>{a: b}` is read as with a space: YAML 1.2 (6.2) lets tabs separate tokens, only indentation must be spaces.
# Seen:    "deficient indentation" from js-yaml 5.5.0; js-yaml 4.1.0 and yaml 2.9.1 read it, as does the reader of kubectl.
# Version: js-yaml 5.5.0.
# Matters: manifests aligned with tabs (`selector:<TAB>{}`) are taken by the API server and refused by a checker on this package.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

npm_packages js-yaml@5.5.0 js-yaml-4@npm:js-yaml@4.1.0 yaml@2.9.1

cat >"$temp/program.cjs" <<'PROGRAM'
const readers = {
  'js-yaml 5.5.0': require('js-yaml').load,
  'js-yaml 4.1.0': require('js-yaml-4').load,
  'yaml 2.9.1': require('yaml').parse,
};
for (const [name, read] of Object.entries(readers)) {
  for (const text of ['key:\tb', 'key:\t{a: b}', 'key:\t[b]', '-\t{a: b}']) {
    let result;
    try {
      result = JSON.stringify(read(text));
    } catch (error) {
      result = error.message.split('\n')[0];
    }
    console.log(`${name} ${JSON.stringify(text)} ${result}`);
  }
}
PROGRAM

expect_seen "$(node "$temp/program.cjs" 2>&1)" <<'END'
js-yaml 5.5.0 "key:\tb" {"key":"b"}
js-yaml 5.5.0 "key:\t{a: b}" deficient indentation (1:7)
js-yaml 5.5.0 "key:\t[b]" deficient indentation (1:7)
js-yaml 5.5.0 "-\t{a: b}" deficient indentation (1:4)
js-yaml 4.1.0 "key:\tb" {"key":"b"}
js-yaml 4.1.0 "key:\t{a: b}" {"key":{"a":"b"}}
js-yaml 4.1.0 "key:\t[b]" {"key":["b"]}
js-yaml 4.1.0 "-\t{a: b}" [{"a":"b"}]
yaml 2.9.1 "key:\tb" {"key":"b"}
yaml 2.9.1 "key:\t{a: b}" {"key":{"a":"b"}}
yaml 2.9.1 "key:\t[b]" {"key":["b"]}
yaml 2.9.1 "-\t{a: b}" [{"a":"b"}]
END
