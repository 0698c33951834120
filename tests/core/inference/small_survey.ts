import type { Survey } from "../../../core/contracts/operator.ts";
import { bornSurvey } from "../../../physics/born.ts";
import { ricker } from "../../../physics/wavelet.ts";

export const wavelet = ricker({ frequency: 25, count: 161, dt: 1.3e-3 });

/** Two shots and three receivers over 10 x 12 cells, two rows of them muted: 96 free ones. */
export function smallSurvey(): Survey {
  return bornSurvey({
    grid: { shape: [10, 12], spacing: [12.5, 20] },
    velocity: new Float64Array(120).fill(2200),
    sources: [[25, 60], [25, 160]],
    receivers: [[[25, 20], [25, 120], [25, 200]]],
    wavelet,
    order: 8,
    sponge: { cells: 12 },
    muteRows: 2,
    amplitude: 1e-8,
    every: 4,
  }, { workers: 1, snapshots: "f32" });
}
