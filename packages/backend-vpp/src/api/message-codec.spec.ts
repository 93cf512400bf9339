import { expect } from 'chai';
import fc from 'fast-check';
import { arbitraryMessage } from '../testing/arbitrary-messages';
import { VppError } from '../vpp-error';
import { builtInDefinition } from './built-in/built-in-definition';
import { readApiDefinition } from './definition';
import { MessageCodecs } from './message-codec';

/** Set it to try more than CI does: `POLYPLANE_VPP_RUNS=1000000`. */
const RUNS = Number(process.env.POLYPLANE_VPP_RUNS ?? 20_000);

describe('messages of VPP', () => {
  const definition = builtInDefinition();
  const codecs = new MessageCodecs(definition);
  const names = [...definition.messages.keys()];

  it('have the bytes that a real VPP was seen to take and to send', () => {
    const ping = codecs.encode('control_ping', 0x02a4, { client_index: 1, context: 0x01020304 });
    expect(ping.toString('hex')).to.equal('02a4' + '00000001' + '01020304');
    const flags = { af: 0, un: { ip4: Uint8Array.of(10, 96, 0, 1) } };
    const route = codecs.encode('cnat_snat_policy_add_del_exclude_pfx', 1, {
      client_index: 0,
      context: 0,
      is_add: 1,
      prefix: { address: flags, len: 16 },
    });
    expect(route.toString('hex')).to.equal(`0001${'00'.repeat(8)}01${'00'}0a600001${'00'.repeat(12)}10`);
    const name = codecs.encode('sockclnt_create', 15, { context: 1, name: 'me' });
    expect(name.toString('hex')).to.equal(`000f000000016d65${'00'.repeat(62)}`);
  });

  it('read back as they were written, every one of the definition', () => {
    for (const name of names) {
      const property = fc.property(arbitraryMessage(definition, name), (values) => {
        const bytes = codecs.encode(name, 1, values);
        const again = codecs.encode(name, 1, codecs.decode(name, bytes));
        expect(again.toString('hex'), name).to.equal(bytes.toString('hex'));
      });
      fc.assert(property, { numRuns: 30 });
    }
  });

  it('have values of their types when they are read', () => {
    const message = arbitraryMessage(definition, 'npol_rule_create');
    fc.assert(
      fc.property(message, (values) => {
        expect(codecs.decode('npol_rule_create', codecs.encode('npol_rule_create', 1, values))).to.deep.equal(values);
      }),
      { numRuns: 200 },
    );
  });

  it('are refused with a typed error, and nothing else, when they are cut short or changed', () => {
    const mutant = fc
      .constantFrom(...names)
      .chain((name) =>
        fc.tuple(
          fc.constant(name),
          arbitraryMessage(definition, name),
          fc.array(fc.tuple(fc.nat(), fc.nat(0xff)), { maxLength: 4 }),
          fc.nat(),
        ),
      );
    const property = fc.property(mutant, ([name, values, changes, cut]) => {
      const bytes = codecs.encode(name, 1, values);
      for (const [at, value] of changes) bytes[2 + (at % Math.max(1, bytes.length - 2))] = value;
      try {
        codecs.decode(
          name,
          changes.length === 0 ? bytes.subarray(0, 2 + (cut % Math.max(1, bytes.length - 2))) : bytes,
        );
      } catch (error) {
        expect(error).to.be.instanceOf(VppError);
        expect(error).to.have.property('code', 'PP_VPP_API_REPLY');
      }
    });
    fc.assert(property, { numRuns: RUNS });
  }).timeout(600_000);

  it('take no memory for elements that the message has no room for', () => {
    const bytes = codecs.encode('acl_details', 1, { context: 0, acl_index: 0, tag: '', r: [] });
    bytes.writeUInt32BE(0xffff_ffff, bytes.length - 4);
    expect(() => codecs.decode('acl_details', bytes)).to.throw(
      VppError,
      /acl_details of \d+ bytes cannot be read: \d+ bytes wanted/,
    );
  });

  for (const [what, values, reason] of [
    ['a number that is too large', { id: 2 ** 32 }, '.id: 4294967296 is not a whole number from 0 to 4294967295'],
    ['no number', { id: 'seven' }, '.id: "seven" is not a whole number'],
    ['a field that is missing', {}, '.id: undefined is not a whole number'],
  ] as const) {
    it(`are not written with ${what}, and the error names the place`, () => {
      expect(() => codecs.encode('cnat_translation_del', 1, { client_index: 0, context: 0, ...values }))
        .to.throw(VppError, `cnat_translation_del${reason}`)
        .with.property('code', 'PP_VPP_API_VALUE');
    });
  }

  it('name the very element of a list that does not fit', () => {
    const rules = [
      { is_inbound: true, rule_id: 1 },
      { is_inbound: 1, rule_id: 2 },
    ];
    expect(() => codecs.encode('npol_policy_create', 1, { client_index: 0, context: 0, rules })).to.throw(
      VppError,
      'npol_policy_create.rules[1].is_inbound: 1 is not true or false',
    );
  });

  it('are written no text that the field has no room for', () => {
    const tag = (text: string) =>
      codecs.encode('sw_interface_tag_add_del', 1, {
        client_index: 0,
        context: 0,
        is_add: true,
        sw_if_index: 1,
        tag: text,
      });
    expect(tag('x'.repeat(63))).to.have.length(2 + 4 + 4 + 1 + 4 + 64);
    expect(() => tag('x'.repeat(64))).to.throw(VppError, 'fewer than 64 bytes');
    expect(() => tag('a\0b')).to.throw(VppError, 'none of them zero');
  });
});

describe('a definition of VPP’s API', () => {
  const file = (parts: object) => ({ types: [], messages: [], ...parts });

  for (const [what, content, reason] of [
    ['that is no object', 7, ''],
    ['with a message without a CRC', file({ messages: [['a', ['u32', 'x']]] }), 'the message a has no CRC'],
    ['with an array of no length', file({ types: [['a', ['u32', 'x', 0]]] }), 'a.x is an array of no length'],
    ['with a field that is none', file({ types: [['a', ['u32']]] }), 'a has a field that is none'],
    ['with an enumeration of no type', file({ enums: [['a', ['X', 0]]] }), 'the enumeration a has no type'],
  ] as const) {
    it(`is refused ${what}`, () => {
      expect(() => readApiDefinition([content]))
        .to.throw(VppError, reason)
        .with.property('code', 'PP_VPP_API_DEFINITION');
    });
  }

  it('is refused where a message needs a type that is not there, or that holds itself', () => {
    const crc = { crc: '0x1' };
    const missing = new MessageCodecs(readApiDefinition([file({ messages: [['m', ['vl_api_t_t', 'x'], crc]] })]));
    expect(() => missing.decode('m', Buffer.alloc(9))).to.throw(
      VppError,
      'm.x is of the type vl_api_t_t, which is not defined',
    );
    const endless = new MessageCodecs(
      readApiDefinition([file({ messages: [['m', ['vl_api_t_t', 'x'], crc]], types: [['t', ['vl_api_t_t', 'x']]] })]),
    );
    expect(() => endless.decode('m', Buffer.alloc(9))).to.throw(VppError, 'holds itself');
  });

  it('takes every form that fields have: counted, fixed, texts of both kinds, aliases, flags', () => {
    const definition = readApiDefinition([
      file({
        messages: [
          [
            'm',
            ['u16', '_vl_msg_id'],
            ['u8', 'count'],
            ['vl_api_pair_t', 'pairs', 0, 'count'],
            ['string', 'text', 0],
            ['vl_api_mac_t', 'mac'],
            ['vl_api_bits_t', 'bits'],
            { crc: '0x12ab' },
          ],
        ],
        types: [['pair', ['u16', 'a'], ['i8', 'b']]],
        enumflags: [['bits', ['ONE', 1], ['TWO', 2], { enumtype: 'u8' }]],
        aliases: { mac: { type: 'u8', length: 6 } },
      }),
    ]);
    const values = {
      count: 2,
      pairs: [
        { a: 1, b: -1 },
        { a: 2, b: 3 },
      ],
      text: 'ä',
      mac: new Uint8Array(6).fill(7),
      bits: 3,
    };
    const codecs = new MessageCodecs(definition);
    expect(codecs.decode('m', codecs.encode('m', 1, values))).to.deep.equal(values);
    expect(codecs.messageOf('m').crc).to.equal('000012ab');
  });
});
