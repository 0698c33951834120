/** The output of a run: tables for the terminal, and a report in one file that is drawn from the run folder. */
export { gateText, scenarioTable } from "./scenario_text.ts";
export { verdict } from "./verdict.ts";
export { writeReport } from "./write.ts";
