/** The slots that a shift may override. */
export const PROBLEM_SLOTS = ["prior", "operator", "noise"] as const;
export type ProblemSlot = (typeof PROBLEM_SLOTS)[number];
