import type { AssembledSurvey } from "../../core/contracts/operator.ts";
import type { Vector } from "../../core/contracts/vector.ts";
import { convolveTraces } from "../../core/linalg/mod.ts";
import { Oracle } from "./oracle.ts";
import { combineRows, type Setting } from "./setting.ts";
import { migrate, solveBackground } from "./solve.ts";

/**
 * Explicit `J_i` on every k-th sample from Green's functions: with the kept background `w_i[j]` and the adjoint
 * field `g_r[m]` of an impulse at receiver r, `J_i[(r, kn), x] = -k amplitude / dt^2 sum_j w_i[j](x) g_r[n - j](x)`,
 * a convolution in time per cell. Costs one solve per source and per receiver instead of one per column.
 */
export function assembleSurvey(setting: Setting): AssembledSurvey {
  const { layout: { shape: [nz, nx], window }, receivers, wavelet, every } = setting;
  const count = receivers.starts.length - 1, samples = Math.ceil(wavelet.length / every);
  let greens: Float32Array | undefined;
  return {
    every,
    range: { name: "shot", shape: [count, samples] },
    transposed(i) {
      greens ??= receiverFields(setting, { count, samples });
      const background = sourceField(setting, { source: i, samples });
      const out = new Float32Array(nz * nx * count * samples);
      const perCell = count * samples;
      for (let z = 0; z < window.rows; z++) {
        for (let x = 0; x < nx; x++) {
          const dense = z * window.columns + x, cell = (z + window.mute) * nx + x;
          const traces = greens.subarray(dense * perCell, (dense + 1) * perCell);
          const kernel = background.subarray(dense * samples, (dense + 1) * samples);
          out.set(convolveTraces(traces, { samples, kernel }), cell * perCell);
        }
      }
      for (let k = 0; k < out.length; k++) out[k] *= -setting.scattering;
      return Promise.resolve(out);
    },
  };
}

/** Kept background of one source, flat [window cells, kept samples]. */
function sourceField(
  setting: Setting,
  { source, samples }: { source: number; samples: number },
): Float32Array {
  const oracle = new Oracle(setting, { precision: "f32" });
  const weights = new Float64Array(setting.sources.starts.length - 1);
  weights[source] = 1;
  oracle.setSource(combineRows(setting.sources, weights));
  oracle.selectSlot(0);
  solveBackground(oracle, setting);
  return byCell(Array.from({ length: samples }, (_, j) => oracle.snapshot(j)));
}

/** Adjoint fields of an impulse at each receiver, flat [window cells, receivers, kept samples by delay]. */
function receiverFields(
  setting: Setting,
  { count, samples }: { count: number; samples: number },
): Float32Array {
  const { window } = setting.layout, cells = window.rows * window.columns, steps = setting.wavelet.length;
  const all = new Float32Array(cells * count * samples);
  for (let r = 0; r < count; r++) {
    const recorder = new AdjointRecorder(setting, { precision: "f32" });
    const impulse = new Float32Array(count * steps), last = setting.every * (samples - 1);
    impulse[r * steps + last] = 1;
    recorder.setTraces(impulse);
    migrate(recorder, setting);
    const fields = byCell(recorder.fields);
    for (let cell = 0; cell < cells; cell++) {
      all.set(fields.subarray(cell * samples, (cell + 1) * samples), (cell * count + r) * samples);
    }
  }
  return all;
}

/** Keeps the adjoint field at every kept step, where imaging would correlate it: latest first, so by delay. */
class AdjointRecorder extends Oracle {
  readonly fields: Vector[] = [];

  override correlate(): void {
    this.fields.push(this.wavefield());
  }
}

/** Fields over time as time series per cell: [time][cells] to flat [cells, time]. */
function byCell(fields: readonly Vector[]): Float32Array {
  const cells = fields[0].length, out = new Float32Array(cells * fields.length);
  fields.forEach((field, j) => {
    for (let cell = 0; cell < cells; cell++) out[cell * fields.length + j] = field[cell];
  });
  return out;
}
