/** Completes the BTF that a compiler writes: sizes of data sections and places of their variables are known to the ELF file only. */
import type { ElfFile, ElfSection } from '../elf/elf-file';
import { BTF_KIND, readBtfParts, readText } from './records';

const HEAD_BYTES = 12;
const VARIABLE_BYTES = 12;

/**
 * A copy of the object's `.BTF` that the kernel takes: variables of a section by rising offset, none beyond the section's end.
 * @throws RangeError when the section holds no BTF
 */
export function completeDataSections(elf: ElfFile, section: ElfSection): Buffer {
  const data = Buffer.from(section.data);
  for (const { offset, symbol } of elf.relocationsOf(section.index)) data.writeUInt32LE(symbol.value, offset);
  const { records, texts } = readBtfParts(data);
  for (const { at, kind, count } of records) {
    if (kind !== BTF_KIND.section) continue;
    data.writeUInt32LE(elf.section(readText(texts, data.readUInt32LE(at)))?.size ?? 0, at + 8);
    sortVariables(data.subarray(at + HEAD_BYTES, at + HEAD_BYTES + count * VARIABLE_BYTES));
  }
  return data;
}

function sortVariables(variables: Buffer): void {
  const records: Buffer[] = [];
  for (let at = 0; at < variables.length; at += VARIABLE_BYTES) {
    records.push(Buffer.from(variables.subarray(at, at + VARIABLE_BYTES)));
  }
  records.sort((a, b) => a.readUInt32LE(4) - b.readUInt32LE(4));
  Buffer.concat(records).copy(variables);
}
