/** A command line that cannot be used: exit code 2. */
export class UsageError extends Error {}
