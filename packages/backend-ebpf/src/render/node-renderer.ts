/** The whole of one node's dataplane for a desired state: map entries, IP sets, policy programs, endpoints, attachments. Step by step. */
import { type DesiredState, type NodeSettings, SETTINGS_KEY, type Transition } from '@polyplane/core/backend';
import type { ConfigOptions } from './config-entry';
import { endpointQuestions, POLICY_PLACES, type PolicyPlace } from './endpoints/endpoint-questions';
import { type InterfaceRole, interfaceRoles } from './endpoints/interface-roles';
import { IpSetBook, type IpSetStep } from './endpoints/ip-set-book';
import { PolicyBook, type PolicyPrograms } from './endpoints/policy-book';
import { EntryRenderer, type EntryStep } from './entry-renderer';
import { Identifiers } from './identifiers';
import type { HostInterfaces } from './node-facts';
import { KeyNumbers } from './policy/key-numbers';
import type { PolicyProgram, RuleId } from './policy/policy-program';
import type { PolicyQuestion } from './policy/policy-question';

/** An interface's entry in `pp_endpoints`, with programs in the place of their slots. */
export interface EndpointSpec {
  readonly flags: number;
  readonly programs: Readonly<Partial<Record<PolicyPlace, PolicyProgram>>>;
  /** Who is there, for people; what must not change without the flows being judged again. */
  readonly identity: string;
}

/** Which programs run on an interface. */
export type AttachmentKind = InterfaceRole['kind'];

/** What brings the dataplane from what was committed last to another state. */
export interface NodeStep {
  readonly entries: EntryStep;
  readonly sets: IpSetStep;
  readonly programs: PolicyPrograms;
  /** By interface index: new entries, and those that must be written again so that flows are judged again. */
  readonly changedEndpoints: ReadonlyMap<number, EndpointSpec>;
  readonly goneEndpoints: readonly number[];
  readonly endpoints: ReadonlyMap<number, EndpointSpec>;
  /** By interface index, every interface. */
  readonly attachments: ReadonlyMap<number, AttachmentKind>;
}

/** As many as `pp_rule_counters` has room for. */
const MOST_RULES = 131_072;
const LOOPBACK = 'lo';

export class NodeRenderer {
  private readonly entryRenderer: EntryRenderer;
  private readonly setIdentifiers = new Identifiers();
  private readonly rules = new KeyNumbers<RuleId>('pp_rule_counters', MOST_RULES);
  private readonly policyBook: PolicyBook;
  private readonly setBook: IpSetBook;
  private endpoints: ReadonlyMap<number, EndpointSpec> = new Map();

  constructor(options: ConfigOptions) {
    this.entryRenderer = new EntryRenderer(options);
    this.policyBook = new PolicyBook({ rules: this.rules, sets: this.setIdentifiers });
    this.setBook = new IpSetBook(this.setIdentifiers);
  }

  /** Pure, but that names get their numbers. */
  stepTo(before: DesiredState, after: DesiredState, transition: Transition, interfaces: HostInterfaces): NodeStep {
    return this.stepFrom(this.entryRenderer.stepTo(before, after, transition, interfaces), after, interfaces);
  }

  /** The step to the same state on other interfaces. */
  stepToInterfaces(state: DesiredState, before: HostInterfaces, after: HostInterfaces): NodeStep {
    return this.stepFrom(this.entryRenderer.stepToInterfaces(state, before, after), state, after);
  }

  /** The step was carried out. */
  commit(step: NodeStep): void {
    this.entryRenderer.commit(step.entries);
    this.setBook.commit(step.sets);
    this.policyBook.keepOnly(step.programs);
    this.endpoints = step.endpoints;
  }

  /** Everything that is in force after the last commit. */
  get committed() {
    return {
      entries: [...this.entryRenderer.entries()],
      setKeys: [...this.setBook.keys()],
      endpoints: this.endpoints,
    };
  }

  /** The rule that the programs know by this number. */
  ruleOf(number: number): RuleId | undefined {
    return this.rules.keyOf(number);
  }

  private stepFrom(entries: EntryStep, state: DesiredState, interfaces: HostInterfaces): NodeStep {
    const settings = state.settings.get(SETTINGS_KEY);
    const roles = interfaceRoles(state, settings, interfaces);
    const asked = settings === undefined ? [] : questionsOf([...roles.values()], settings);
    const questions = new Map<string, PolicyQuestion>();
    for (const { places } of asked) {
      for (const { question } of places) questions.set(this.policyBook.keyOf(question), question);
    }
    const programs = this.policyBook.programsFor(questions, state);
    const sets = this.setBook.stepTo(state, programs.values());
    const endpoints = new Map(
      asked.map(({ role, flags, places }) => {
        const found = places.map(
          ({ place, question }) => [place, programs.get(this.policyBook.keyOf(question))] as const,
        );
        return [role.index, { flags, programs: Object.fromEntries(found), identity: identityOf(role) }] as const;
      }),
    );
    const changed = [...endpoints].filter(([index, spec]) => this.isChanged(index, spec, sets));
    return {
      entries,
      sets,
      programs,
      endpoints,
      changedEndpoints: new Map(changed),
      goneEndpoints: [...this.endpoints.keys()].filter((index) => !endpoints.has(index)),
      attachments: attachmentsOf(roles),
    };
  }

  private isChanged(index: number, spec: EndpointSpec, { changed }: IpSetStep): boolean {
    const known = this.endpoints.get(index);
    if (known === undefined || known.flags !== spec.flags || known.identity !== spec.identity) return true;
    return POLICY_PLACES.some((place) => {
      const program = spec.programs[place];
      if (known.programs[place] !== program) return true;
      return program !== undefined && changed.size > 0 && [...program.sets].some((set) => changed.has(set));
    });
  }
}

interface AskedEndpoint {
  readonly role: InterfaceRole;
  readonly flags: number;
  readonly places: readonly { readonly place: PolicyPlace; readonly question: PolicyQuestion }[];
}

function questionsOf(roles: readonly InterfaceRole[], settings: NodeSettings): readonly AskedEndpoint[] {
  return roles.flatMap((role) => {
    const found = endpointQuestions(role, settings);
    if (found === undefined) return [];
    const places = POLICY_PLACES.flatMap((place) => {
      const question = found.questions[place];
      return question === undefined ? [] : [{ place, question }];
    });
    return [{ role, flags: found.flags, places }];
  });
}

/** A workload that has other addresses is another, as far as flows of old are concerned. */
function identityOf(role: InterfaceRole): string {
  if (role.kind === 'host' || role.workload === undefined) return role.hostEndpoint?.key ?? '';
  const { key, addresses, allowedSources } = role.workload;
  return JSON.stringify([key, addresses, allowedSources]);
}

/** What the host says to itself is nobody's affair but that of a host endpoint on the loopback interface. */
function attachmentsOf(roles: ReadonlyMap<string, InterfaceRole>): ReadonlyMap<number, AttachmentKind> {
  const others = [...roles].filter(([name, { hostEndpoint }]) => name !== LOOPBACK || hostEndpoint !== undefined);
  return new Map(others.map(([, { index, kind }]) => [index, kind] as const));
}
