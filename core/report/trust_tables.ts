import type { CalibrationSummary, RunSummary, ScenarioSummary } from "../contracts/summary.ts";
import { labelOf } from "./looks.ts";
import { type Markup, markup } from "./markup.ts";
import { row, table } from "./tables.ts";
import { calibrationParts, decisionCounts, pText } from "./trust.ts";

/** p-values of the tests that need no truth or many truths, and the decision of the policy on each observation. */
export function trustTables({ scenarios }: Pick<RunSummary, "scenarios">): Markup {
  const shifts = scenarios.filter(({ detection }) => detection);
  const tested = scenarios.flatMap(({ name, calibration = {}, methods }) =>
    Object.entries(calibration).map(([method, tests]) => ({ name, label: labelOf(methods, method), tests }))
  );
  return markup`${shifts.length > 0 && shiftTable(shifts)}${tested.length > 0 && calibrationTable(tested)}`;
}

function shiftTable(scenarios: readonly ScenarioSummary[]): Markup {
  const bodies = scenarios.map(({ name, slug, detection, decisions }) => {
    const rows = detection!.observations.map((p, i) => {
      const decision = decisions?.[i];
      const why = decision && markup`<td class="reason">${decision.reason}</td>`;
      const pValues = [p.summary, p.residual, p.latent, p.joint].map(pText);
      return markup`<tr><td>observation ${i + 1}</td>${pValues.map((p) => markup`<td>${p}</td>`)}<td></td>${
        decision && markup`<td class="${decision.warning ? "failed" : ""}">${decision.action}</td>`
      }${why}</tr>`;
    });
    const { summary, residual, latent, joint, together } = detection!;
    const all = [summary, residual, latent, joint, together].map(pText);
    const head = markup`<tr><th><a href="#${slug}">${name}</a></th>${all.map((p) => markup`<td>${p}</td>`)}${
      decisions && markup`<td colspan="2" class="reason">${decisionCounts(decisions)}</td>`
    }</tr>`;
    return markup`<tbody>${head}${rows}</tbody>`;
  });
  const decided = scenarios.some(({ decisions }) => decisions);
  const columns = [
    "p-value",
    "Summary",
    "Residual",
    "Latent",
    "Joint",
    "Together",
    ...decided ? ["Policy", "Reason"] : [],
  ];
  const note =
    "That an observation is like the training data, found without its truth; a scenario's own by Bonferroni, and of all its observations together.";
  return markup`<h3>Shift</h3>${table(columns, bodies)}<p class="note">${note}</p>`;
}

function calibrationTable(
  tested: readonly { name: string; label: string; tests: CalibrationSummary }[],
): Markup {
  const names = calibrationParts(tested[0].tests).map(([name]) => name);
  const rows = tested.map(({ name, label, tests }) =>
    row(`${name}, ${label}`, [
      tests.observations,
      ...calibrationParts(tests).map(([, p]) => pText(p)),
      pText(tests.pValue),
    ])
  );
  const note =
    "p-values that the samples are draws of the posterior. The last joins ranks, coverage and balls by Bonferroni.";
  return markup`<h3>Calibration</h3>${
    table(["Posterior", "Truths", ...names.map(capital), "Joint"], [markup`<tbody>${rows}</tbody>`])
  }<p class="note">${note}</p>`;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
