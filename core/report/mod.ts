/** What a run tells: tables for the terminal, and a report of one file drawn from the run folder. */
export { gateText, scenarioTable } from "./table.ts";
export { verdict } from "./verdict.ts";
export { writeReport } from "./write.ts";
