/** The fake backend's error class and codes. */
import { DataplaneError, type DataplaneErrorOptions } from '../backend/backend';
import type { CodeTable } from '../errors';

/** Every error code of the fake backend. */
export const FAKE_CODES = {
  PP_FAKE_FAULT: {
    kind: 'error',
    meaning: 'A fault that a test scripted.',
    remedy: 'Nothing need be done.',
  },
  PP_FAKE_REFUSED: {
    kind: 'error',
    meaning: 'A test told the fake to refuse this object.',
    remedy: 'Nothing need be done.',
  },
  PP_FAKE_REFERENCE: {
    kind: 'error',
    meaning: 'A transition names an object that is not there, or removes one that is still named.',
    remedy: 'Put what is named first; remove what names it first.',
  },
  PP_FAKE_UNREACHABLE: {
    kind: 'error',
    meaning: 'The fake’s target is lost, or was restarted during the call.',
    remedy: 'Wait until the target is back.',
  },
  PP_FAKE_UNUSABLE: {
    kind: 'error',
    meaning: 'A test told the fake that this host lacks something.',
    remedy: 'Nothing need be done.',
  },
} as const satisfies CodeTable;

export class FakeBackendError extends DataplaneError<keyof typeof FAKE_CODES> {
  constructor(code: keyof typeof FAKE_CODES, message: string, options: DataplaneErrorOptions) {
    super(code, message, options);
  }
}
