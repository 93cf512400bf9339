import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { EBPF_BEHAVIOURS, EBPF_LIMITS } from '@polyplane/backend-ebpf';
import { VPP_BEHAVIOURS, VPP_LIMITS } from '@polyplane/backend-vpp';
import { describeUnless } from '@polyplane/conformance';
import { checkCluster } from '@polyplane/core';
import { ROOT } from '../../testing/polyplane-process';
import { readObjects } from '../read-objects';
import { formatCheckPage } from './page';

const EBPF = { name: 'ebpf', limits: EBPF_LIMITS, behaviours: EBPF_BEHAVIOURS };
const VPP = { name: 'vpp', limits: VPP_LIMITS, behaviours: VPP_BEHAVIOURS };
const SILENT = { show: () => undefined, finish: () => undefined };

const WIDE = ['--window-size=1200,1000'];
const NARROW = ['--window-size=500,1000'];
const DARK = '--force-dark-mode';

async function page(...paths: readonly string[]): Promise<string> {
  const objects = await readObjects(paths, SILENT);
  const report = checkCluster({
    resources: objects.resources,
    backends: [EBPF, VPP],
    from: EBPF,
    to: VPP,
    locate: (object, field) => objects.locate(object, field),
  });
  return formatCheckPage(report, objects, { profile: report.profile, version: '1.2.3', date: '2026-11-30T16:00:00Z' });
}

const chromium = findChromium();

describe('the page of a check', function () {
  this.timeout(60_000);

  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-page-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('says what it rests on, and where another profile judges otherwise', async () => {
    const text = await page(join(ROOT, 'examples/limits/ebpf-log-action.yaml'));
    expect(text).to.contain('Judged by the limits of calico-3.19, with polyplane 1.2.3, 2026-11-30T16:00:00Z.');
    expect(text).to.contain('--profile calico-3.29) ebpf is supported: without PP_LIMIT_EBPF_LOG_ACTION.');
  });

  it('tells errors before changes of behaviour', async () => {
    const text = await page(join(ROOT, 'examples/shop'));
    const places = ['<h2 id="backend-vpp"', '<span class="tag error">Error', '<h2 id="changes"', '<h2 id="objects"'];
    const offsets = places.map((place) => text.indexOf(place));
    expect(offsets[0]).to.be.above(0);
    expect(offsets).to.deep.equal([...offsets].sort((a, b) => a - b));
  });

  it('says behind each change what to do about it', async () => {
    const text = await page(join(ROOT, 'examples/shop'));
    const changes = /<h2 id="changes">[\s\S]*?<\/section>/.exec(text)?.[0] ?? '';
    const articles = changes.split('<article').slice(1);
    expect(articles).to.have.length.above(3);
    for (const article of articles) expect(article).to.match(/<strong>What to do:<\/strong> [A-Z]/);
  });

  it('tells in one line what concerns every node', async () => {
    const text = await page(join(ROOT, 'examples/shop'));
    expect(text.match(/<li data-item>every node \(3\): node-1, node-2, node-3<\/li>/g)).to.have.length(1);
    expect(text).not.to.contain('<h3>Node ');
  });

  it('marks the field in the object’s own text', async () => {
    const text = await page(join(ROOT, 'examples/limits/ebpf-log-action.yaml'));
    expect(text.match(/<mark>.*?<\/mark>/g)).to.deep.equal(['<mark><i>  15</i>     - action: Log</mark>']);
  });

  it('asks the network for nothing, by its own policy too', async () => {
    const text = await page(join(ROOT, 'examples/shop'));
    expect(text).to.contain('content="default-src &#39;none&#39;;');
    expect(text).not.to.match(/<(link|img|iframe|object|embed)\b|\bsrc=|@import|url\(/);
  });

  it('escapes whatever the manifests hold', async () => {
    const file = join(folder, 'hostile-"><script>alert(1)<.yaml');
    const hostile = `# </pre><script>alert(2)</script>
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: p, annotations: {note: "</script><img src=x onerror=alert(3)>"}}
spec: {selector: all(), types: [Ingress], ingress: [{action: Log}]} # <b onclick='x'> \u0007
`;
    writeFileSync(file, hostile);
    const text = await page(file);
    expect(text.match(/<script/g)).to.have.length(1);
    expect(text).not.to.match(/<img|<b onclick|alert\(1\)<\.yaml"/);
    expect(text).not.to.contain('\u0007');
    expect(text).to.contain('&lt;img src=x onerror=alert(3)&gt;');
  });

  it('leaves out most of a long object, and cuts long lines', async () => {
    const file = join(folder, 'long.yaml');
    const rules = Array.from({ length: 200 }, (_, index) => `    - {action: ${index === 150 ? 'Log' : 'Allow'}}`);
    const note = 'n'.repeat(10_000);
    writeFileSync(
      file,
      `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: p, annotations: {note: ${note}}}
spec:
  types: [Ingress]
  ingress:
${rules.join('\n')}
`,
    );
    const text = await page(file);
    expect(text.match(/<pre.*?<\/pre>/s)?.[0].match(/<i>/g)).to.have.length(12);
    expect(text).not.to.contain(note);
  });

  describeUnless(chromium === undefined ? 'no Chromium on this machine' : undefined, 'in headless Chromium', () => {
    /** What a script in the page answers; the page's own policy, which forbids other scripts, is taken out. */
    function askPage(text: string, script: string, options: readonly string[] = WIDE): unknown {
      const file = join(folder, 'page.html');
      const free = text.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
      writeFileSync(
        file,
        free.replace('</body>', () => `<script>${ANSWER}${script}</script></body>`),
      );
      return answerOf(runChromium(chromium ?? '', folder, [...options, '--dump-dom', `file://${file}`]));
    }

    /** The brightness, 0 to 1, of the page's edge, and of its darkest and brightest points, as a reader sees it. */
    function brightnessOf(text: string, options: readonly string[]): unknown {
      const file = join(folder, 'seen.html');
      const picture = join(folder, 'seen.png');
      writeFileSync(file, text);
      runChromium(chromium ?? '', folder, [...options, `--screenshot=${picture}`, `file://${file}`]);
      return askPage(
        '<html><body></body></html>',
        `const picture = new Image();
        picture.onload = () => {
          const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height });
          const context = canvas.getContext('2d');
          context.drawImage(picture, 0, 0);
          const { data } = context.getImageData(0, 0, picture.width, picture.height);
          const at = (point) => (data[point] + data[point + 1] + data[point + 2]) / 765;
          let [darkest, brightest] = [1, 0];
          for (let point = 0; point < data.length; point += 4) {
            darkest = Math.min(darkest, at(point));
            brightest = Math.max(brightest, at(point));
          }
          answer({ edge: at(0), darkest, brightest });
        };
        picture.src = 'data:image/png;base64,${readFileSync(picture).toString('base64')}';`,
      );
    }

    function answerOf(dom: string): unknown {
      const answer = /<pre id="answer">([^<]*)<\/pre>/.exec(dom)?.[1];
      expect(answer, 'the script’s answer').to.be.a('string');
      return JSON.parse((answer ?? '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
    }

    for (const [name, options] of [
      ['a wide screen', WIDE],
      ['a narrow screen', NARROW],
      ['a dark screen', [...WIDE, DARK]],
    ] as const) {
      it(`has no fault of accessibility on ${name}`, async () => {
        const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8').replaceAll('</script', '<\\/script');
        const script = `${axe}
          axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then((result) =>
            answer({
              passes: result.passes.length,
              violations: result.violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target.join(' '))]),
            }),
          );`;
        const answer = askPage(await page(join(ROOT, 'examples/shop')), script, options) as { readonly passes: number };
        expect(answer.passes).to.be.greaterThan(10);
        expect(answer).to.have.property('violations').that.deep.equals([]);
      });
    }

    it('is dark on bright, and bright on dark where the reader wants it', async () => {
      const text = await page(join(ROOT, 'examples/shop'));
      const light = brightnessOf(text, WIDE) as Brightness;
      expect(light.edge).to.equal(1);
      expect(light.darkest).to.be.below(0.3);
      const dark = brightnessOf(text, [...WIDE, DARK]) as Brightness;
      expect(dark.edge).to.be.below(0.15);
      expect(dark.brightest).to.be.above(0.8);
    });

    it('is on paper no wider than the paper, dark on bright, and without the filter', async () => {
      const text = (await page(join(ROOT, 'examples/shop'))).replaceAll('@media print', '@media all');
      const onPaper = text.replaceAll('@media screen', '@media print');
      const script = `document.body.style.width = '700px';
        answer([document.body.scrollWidth, getComputedStyle(document.getElementById('filter')).display, getComputedStyle(document.body).color]);`;
      expect(askPage(onPaper, script, [...WIDE, DARK])).to.deep.equal([700, 'none', 'rgb(28, 33, 39)']);
    });

    it('is no wider than a phone, but for the objects’ own texts', async () => {
      // Chromium's window is never narrower than 500.
      const script = "document.body.style.width = '360px'; answer(document.body.scrollWidth);";
      expect(askPage(await page(join(ROOT, 'examples/shop')), script, NARROW)).to.equal(360);
    });

    it('shows what the filter asks for', async () => {
      const script = `const input = document.getElementById('filter-text');
        input.value = 'shop-web/admin affinity';
        input.dispatchEvent(new Event('input'));
        answer([...document.querySelectorAll('article.object:not([hidden]) h3')].map((node) => node.textContent));`;
      expect(askPage(await page(join(ROOT, 'examples/shop')), script)).to.deep.equal(['Service shop-web/admin']);
    });

    it('runs its own script under its own policy', async () => {
      const file = join(folder, 'own.html');
      writeFileSync(file, await page(join(ROOT, 'examples/shop')));
      const dom = runChromium(chromium ?? '', folder, [...WIDE, '--dump-dom', `file://${file}`]);
      expect(dom).to.contain('<search id="filter" class="filter">');
    });
  });
});

/** Leaves a value in the page for the test to read. */
const ANSWER = `const answer = (value) => {
  const node = document.body.appendChild(document.createElement('pre'));
  node.id = 'answer';
  node.textContent = JSON.stringify(value);
};`;

function findChromium(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome'].find(
    (name) => spawnSync('which', [name], { stdio: 'ignore' }).status === 0,
  );
}

interface Brightness {
  readonly edge: number;
  readonly darkest: number;
  readonly brightest: number;
}

/** What Chromium prints; it waits until the page's scripts have run. */
function runChromium(chromium: string, folder: string, options: readonly string[]): string {
  const quiet = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--hide-scrollbars',
  ];
  const offline = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const own = [`--user-data-dir=${join(folder, 'profile')}`, '--virtual-time-budget=20000'];
  return execFileSync(chromium, [...quiet, ...offline, ...own, ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  });
}
