/** VPP's interfaces, asked of VPP itself where VPP_API_SOCKET names its socket, else of a fake. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuiltInMessages, builtInDefinition, IfStatusFlags, VppClient } from '@polyplane/backend-vpp/api';
import { FakeApiServer } from '@polyplane/backend-vpp/fake';

const EVERY_INTERFACE = { sw_if_index: 0xffff_ffff, name_filter_valid: false, name_filter: '' };

// #region asking
async function listInterfaces(socketPath: string): Promise<void> {
  const vpp = await VppClient.connect<BuiltInMessages>({ socketPath, definition: builtInDefinition() });
  for (const { sw_if_index, interface_name, flags } of await vpp.dump('sw_interface_dump', EVERY_INTERFACE)) {
    console.log(sw_if_index, interface_name, (flags & IfStatusFlags.IF_STATUS_API_FLAG_ADMIN_UP) === 0 ? 'down' : 'up');
  }
  await vpp.close();
}
// #endregion

async function main(): Promise<void> {
  const { VPP_API_SOCKET } = process.env;
  if (VPP_API_SOCKET !== undefined) return listInterfaces(VPP_API_SOCKET);
  const folder = mkdtempSync(join(tmpdir(), 'vpp-'));
  const interfaces = [
    { sw_if_index: 0, interface_name: 'local0', flags: 0 },
    { sw_if_index: 1, interface_name: 'host-eth0', flags: IfStatusFlags.IF_STATUS_API_FLAG_ADMIN_UP },
  ];
  const details = interfaces.map((given) => ({ ...NO_DETAILS, ...given }));
  const fake = new FakeApiServer(builtInDefinition(), new Map([['sw_interface_dump', () => ({ details })]]));
  await fake.listen(join(folder, 'api.sock'));
  await listInterfaces(join(folder, 'api.sock'));
  await fake.stop();
  rmSync(folder, { recursive: true });
}

/** What this example does not ask for. */
const NO_DETAILS = {
  sup_sw_if_index: 0,
  l2_address: new Uint8Array(6),
  type: 0,
  link_duplex: 0,
  link_speed: 0,
  link_mtu: 0,
  mtu: [0, 0, 0, 0],
  sub_id: 0,
  sub_number_of_tags: 0,
  sub_outer_vlan_id: 0,
  sub_inner_vlan_id: 0,
  sub_if_flags: 0,
  vtr_op: 0,
  vtr_push_dot1q: 0,
  vtr_tag1: 0,
  vtr_tag2: 0,
  outer_tag: 0,
  b_dmac: new Uint8Array(6),
  b_smac: new Uint8Array(6),
  b_vlanid: 0,
  i_sid: 0,
  interface_dev_type: '',
  tag: '',
};

void main();
