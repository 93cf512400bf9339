/** The answer of `check` as one page: self-contained, readable without script, on a phone and on paper. */
import { createHash } from 'node:crypto';
import {
  type BehaviourChange,
  CHANGE_CODES,
  type CheckReport,
  type Finding,
  formatEffect,
  formatObjectRef,
  type ObjectRef,
} from '@polyplane/core';
import { formatEveryNode, isEveryNode, nodeNames } from '../every-node';
import { groupByCode } from '../group-by-code';
import { formatJudgedBy, formatOtherJudgement, type JudgedBy } from '../judged-by';
import type { ReadObjects } from '../read-objects';
import { type ExcerptLine, FileExcerpts } from './excerpt';
import { type Html, html, trusted } from './html';
import { SCRIPT } from './script';
import { STYLE } from './style';

/** The whole page. Nothing in it asks the network for anything, and its own policy forbids it to. */
export function formatCheckPage(
  report: CheckReport,
  objects: Pick<ReadObjects, 'find' | 'texts' | 'resources'>,
  judgedBy: JudgedBy,
): string {
  const nodes = nodeNames(objects.resources);
  const changes = groupByCode(report.behaviourChanges).map(
    ([code, group]): ChangeGroup => ({ code, group, isOfEveryNode: concernsEveryNode(group, nodes) }),
  );
  const concerned = concernedObjects(report, changes);
  const title = `Polyplane: ${report.backends.map(({ name, verdict }) => `${name} ${verdict}`).join(', ')}`;
  const scriptDigest = createHash('sha256').update(SCRIPT).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptDigest}'; base-uri 'none'; form-action 'none'`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>What each backend does with this cluster</h1>
<p class="faint">${formatJudgedBy(judgedBy)}</p>
${formatVerdicts(report)}
${report.otherProfiles.map(
  (other) => html`<p>${formatOtherJudgement(other)}</p>
`,
)}</header>
<main>
<search id="filter" class="filter" hidden>
<label for="filter-text">Filter</label><input id="filter-text" type="search" autocomplete="off" placeholder="object, field, code, word">
<span id="filter-count" role="status" class="faint"></span>
</search>
${report.backends.map((backend) => formatBackend(backend, concerned, nodes))}
${changes.length > 0 ? formatChanges(report, changes, concerned, nodes) : undefined}
${concerned.size > 0 ? formatObjects(concerned, objects) : undefined}
</main>
<script>${trusted(SCRIPT)}</script>
</body>
</html>`.text;
}

/** An object that a finding or a change is about. */
interface ConcernedObject {
  readonly id: string;
  readonly object: ObjectRef;
  readonly findings: { readonly backend: string; readonly finding: Finding }[];
  readonly changes: BehaviourChange[];
}

type ConcernedObjects = ReadonlyMap<string, ConcernedObject>;

/** The changes of one code. */
interface ChangeGroup {
  readonly code: string;
  readonly group: readonly BehaviourChange[];
  /** Said in one line; the nodes have no entries of their own for it. */
  readonly isOfEveryNode: boolean;
}

function concernsEveryNode(group: readonly BehaviourChange[], nodes: ReadonlySet<string>): boolean {
  return (
    isEveryNode(
      group.map(({ object }) => object),
      nodes,
    ) && group.every(({ message }) => message === group[0]?.message)
  );
}

function concernedObjects(report: CheckReport, changes: readonly ChangeGroup[]): ConcernedObjects {
  const concerned = new Map<string, ConcernedObject>();
  const entryOf = (object: ObjectRef): ConcernedObject => {
    const key = keyOf(object);
    const entry = concerned.get(key) ?? { id: `object-${concerned.size + 1}`, object, findings: [], changes: [] };
    concerned.set(key, entry);
    return entry;
  };
  for (const { name, findings } of report.backends) {
    for (const finding of findings) entryOf(finding.object).findings.push({ backend: name, finding });
  }
  const own = changes.filter(({ isOfEveryNode }) => !isOfEveryNode).flatMap(({ group }) => group);
  for (const change of own) entryOf(change.object).changes.push(change);
  return concerned;
}

function keyOf({ apiVersion, kind, namespace, name }: ObjectRef): string {
  return [apiVersion, kind, namespace ?? '', name].join('\n');
}

function formatVerdicts({ backends, behaviourChanges }: CheckReport): Html {
  return html`<ul class="verdicts">
${backends.map(({ name, verdict, findings }) => {
  const counts = SEVERITIES.flatMap(([severity, one, many]) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return html`<li><a href="#backend-${name}">${name}</a><br><span class="verdict ${verdict}">${verdict}</span><br>
<span class="faint">${counts.length === 0 ? 'nothing found' : counts.join(', ')}</span></li>
`;
})}</ul>
${
  behaviourChanges.length === 0
    ? undefined
    : html`<p><a href="#changes">${behaviourChanges.length} changes of behaviour</a> from ${behaviourChanges[0]?.from} to ${behaviourChanges[0]?.to}</p>`
}`;
}

const SEVERITIES = [
  ['error', 'error', 'errors'],
  ['warning', 'warning', 'warnings'],
  ['info', 'note', 'notes'],
] as const;

const WORDS = { error: 'Error', warning: 'Warning', info: 'Note' } as const;

function formatBackend(
  { name, verdict, findings }: CheckReport['backends'][number],
  concerned: ConcernedObjects,
  nodes: ReadonlySet<string>,
): Html {
  return html`<section aria-labelledby="backend-${name}" data-group>
<h2 id="backend-${name}">${name}: <span class="${verdict}">${verdict}</span></h2>
${findings.length === 0 ? html`<p>Nothing found: it does everything that this cluster asks for.</p>` : undefined}
${groupByCode(findings).map(([code, group]) => formatLimit(code, group, concerned, nodes))}
</section>
`;
}

function formatLimit(
  code: string,
  group: readonly Finding[],
  concerned: ConcernedObjects,
  nodes: ReadonlySet<string>,
): Html {
  const [first] = group;
  if (first === undefined) return html``;
  const { severity, effect, remedy, source, message } = first;
  const isSame = group.every((finding) => finding.message === message);
  return html`<article class="limit" data-group data-text="${[code, message, remedy, severity].join(' ')}">
<h3><span class="tag ${severity}">${WORDS[severity]}</span> ${isSame ? message : formatEffect(effect)}</h3>
<p><strong>What to do:</strong> ${remedy}</p>
<p class="faint"><code>${code}</code>, ${formatEffect(effect)}; source: ${source}</p>
<ul>
${
  isSame &&
  isEveryNode(
    group.map(({ object }) => object),
    nodes,
  )
    ? html`<li data-item>${formatEveryNode(nodes)}; where it is written stands below</li>
`
    : group.map(
        (
          finding,
        ) => html`<li data-item>${linkTo(finding.object, concerned)}${formatField(finding)}${isSame ? undefined : html`<br>${finding.message}`}</li>
`,
      )
}</ul>
</article>
`;
}

function formatField({ field, file, line }: Finding): Html {
  const place = file === undefined ? undefined : html` <span class="faint">${file}:${line ?? 1}</span>`;
  return field === '' ? html`${place}` : html` <code>${field}</code>${place}`;
}

function formatChanges(
  { behaviourChanges: [first] }: CheckReport,
  changes: readonly ChangeGroup[],
  concerned: ConcernedObjects,
  nodes: ReadonlySet<string>,
): Html {
  return html`<section aria-labelledby="changes" data-group>
<h2 id="changes">What changes from ${first?.from} to ${first?.to}</h2>
${changes.map((change) => formatChange(change, concerned, nodes))}</section>
`;
}

function formatChange(
  { code, group, isOfEveryNode }: ChangeGroup,
  concerned: ConcernedObjects,
  nodes: ReadonlySet<string>,
): Html {
  const { message, remedy } = group[0] ?? {};
  const isSame = group.every((change) => change.message === message);
  const title = meaningOf(code) ?? message;
  return html`<article class="limit" data-group data-text="${[code, title, remedy].join(' ')}">
<h3>${title}</h3>
${isSame && message !== title ? html`<p>${message}</p>` : undefined}
<p><strong>What to do:</strong> ${remedy}</p>
<p class="faint"><code>${code}</code></p>
<ul>
${
  isOfEveryNode
    ? html`<li data-item>${formatEveryNode(nodes)}</li>
`
    : group.map(
        (
          change,
        ) => html`<li data-item>${linkTo(change.object, concerned)}${isSame ? undefined : `: ${change.message}`}</li>
`,
      )
}</ul>
</article>
`;
}

/** Undefined for a limit's own code, whose meaning is its message. */
function meaningOf(code: string): string | undefined {
  return Object.hasOwn(CHANGE_CODES, code) ? CHANGE_CODES[code as keyof typeof CHANGE_CODES].meaning : undefined;
}

function formatObjects(concerned: ConcernedObjects, objects: Pick<ReadObjects, 'find' | 'texts' | 'resources'>): Html {
  const excerpts = new Excerpts(objects);
  return html`<section aria-labelledby="objects" data-group>
<h2 id="objects">By object</h2>
${[...concerned.values()].map(({ id, object, findings, changes }) => {
  return html`<article class="object" id="${id}" data-item>
<h3>${formatObjectRef(object)}</h3>
${findings.map(
  ({ backend, finding }) => html`<p><span class="tag ${finding.severity}">${backend}: ${WORDS[finding.severity]}</span>
${finding.message}${formatField(finding)}</p>
`,
)}${changes.map(
  ({ from, to, message }) => html`<p><span class="tag info">${from} → ${to}</span> ${message}</p>
`,
)}${excerpts.of(object, findings)}
</article>
`;
})}</section>
`;
}

/** Cuts out objects, each file split into lines once. */
class Excerpts {
  private readonly files = new Map<string, FileExcerpts>();
  private readonly starts = new Map<string, number[]>();

  constructor(private readonly objects: Pick<ReadObjects, 'find' | 'texts' | 'resources'>) {
    for (const { ref } of objects.resources) {
      const loaded = objects.find(ref);
      if (loaded === undefined) continue;
      const starts = this.starts.get(loaded.file) ?? [];
      this.starts.set(loaded.file, starts);
      starts.push(loaded.line);
    }
  }

  /** The object as its file has it; undefined where it came from no file. */
  of(object: ObjectRef, findings: ConcernedObject['findings']): Html | undefined {
    const loaded = this.objects.find(object);
    const text = loaded === undefined ? undefined : this.objects.texts.get(loaded.file);
    if (loaded === undefined || text === undefined) return undefined;
    const file = this.files.get(loaded.file) ?? new FileExcerpts(text, this.starts.get(loaded.file) ?? []);
    this.files.set(loaded.file, file);
    const marked = new Set(findings.flatMap(({ finding }) => (finding.field === '' ? [] : (finding.line ?? []))));
    const name = `${loaded.file}, ${formatObjectRef(object)}`;
    return html`<pre tabindex="0" role="region" aria-label="${name}">${file
      .excerpt(loaded.line, marked)
      .map(formatLine)}</pre>`;
  }
}

function formatLine(line: ExcerptLine | undefined): Html {
  if (line === undefined) return html`<span><i>⋯</i></span>`;
  const content = html`<i>${String(line.number).padStart(4)}</i> ${line.text}`;
  return line.isMarked ? html`<mark>${content}</mark>` : html`<span>${content}</span>`;
}

function linkTo(object: ObjectRef, concerned: ConcernedObjects): Html {
  const entry = concerned.get(keyOf(object));
  return html`<a href="#${entry?.id}">${formatObjectRef(object)}</a>`;
}
