/** The door for tests: the fake backend and builders. */
export {};
