/** The definition that is used where the running VPP's own is not to be had. */
import { type ApiDefinition, readApiDefinition } from '../definition';
import { DEFINITION_DATA } from './definition-data';

let definition: ApiDefinition | undefined;

/** The messages that the backend uses, as one release of VPP has them; a VPP that has one in another form says so by its CRC. */
export function builtInDefinition(): ApiDefinition {
  definition ??= readApiDefinition([DEFINITION_DATA]);
  return definition;
}
