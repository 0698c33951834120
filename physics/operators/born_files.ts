import { isAbsolute, join } from "node:path";
import type { Remark } from "../../core/contracts/plugin.ts";
import { decodeNpy } from "../../core/npy.ts";
import type { Background } from "../background.ts";
import type { Grid } from "../grid.ts";
import { decodeSegy } from "../segy.ts";
import type { Pulse } from "../wavelet.ts";
import type { BornOptions } from "./born_schema.ts";

/** The options with the contents of the files that they name. */
export interface LoadedBorn extends Omit<BornOptions, "background" | "acquisition"> {
  readonly background: Background;
  readonly acquisition: Omit<BornOptions["acquisition"], "wavelet"> & { readonly wavelet: Pulse };
}

/** Reads the options' files, relative to the spec's folder; an error says which one is at fault. */
export function loadBorn(options: BornOptions, specFolder: string): LoadedBorn {
  const { acquisition, grid } = options;
  return {
    ...options,
    background: loadBackground(options.background, { grid, specFolder }),
    acquisition: { ...acquisition, wavelet: loadPulse(acquisition.wavelet, specFolder) },
  };
}

/** What is wrong with the files. */
export function fileRemarks(
  { background, acquisition: { wavelet }, grid }: BornOptions,
  specFolder: string,
): Remark[] {
  return [
    ...remarkOf(["background", "path"], () => loadBackground(background, { grid, specFolder })),
    ...remarkOf(["acquisition", "wavelet", "path"], () => loadPulse(wavelet, specFolder)),
  ];
}

function remarkOf(path: Remark["path"], load: () => unknown): Remark[] {
  try {
    load();
    return [];
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
}

function loadBackground(
  background: BornOptions["background"],
  { grid, specFolder }: { grid: Grid; specFolder: string },
): Background {
  if (background.kind !== "file") return background;
  const { path, ...rest } = background;
  return { ...rest, model: checkedModel(readModel(path, specFolder), { path, grid }) };
}

/** Values flat [z, x], and their shape; a SEG-Y file has one trace per column. */
function readModel(path: string, specFolder: string): { data: ArrayLike<number>; shape: readonly number[] } {
  if (/\.npy$/i.test(path)) return parsed(path, { specFolder, parse: decodeNpy });
  const { traces } = parsed(path, { specFolder, parse: decodeSegy });
  const nx = traces.length, nz = traces[0].samples.length;
  const data = Float64Array.from({ length: nz * nx }, (_, i) => traces[i % nx].samples[Math.floor(i / nx)]);
  return { data, shape: [nz, nx] };
}

function checkedModel(
  { data, shape }: { data: ArrayLike<number>; shape: readonly number[] },
  { path, grid }: { path: string; grid: Grid },
): Float64Array {
  if (shape.join() !== grid.shape.join()) {
    throw new Error(
      `${path} has the shape [${shape.join(", ")}]: it must be the grid's, [${grid.shape.join(", ")}]`,
    );
  }
  const model = Float64Array.from(data), wrong = model.findIndex((v) => !(v > 0 && v < Infinity));
  if (wrong < 0) return model;
  const [z, x] = [Math.floor(wrong / shape[1]), wrong % shape[1]];
  throw new Error(
    `${path} has the velocity ${model[wrong]} in cell [${z}, ${x}]: it must be above 0 and finite`,
  );
}

function loadPulse(wavelet: BornOptions["acquisition"]["wavelet"], specFolder: string): Pulse {
  if (wavelet.kind !== "file") return wavelet;
  const { path, ...rest } = wavelet, { data, shape } = parsed(path, { specFolder, parse: decodeNpy });
  if (shape.length !== 1) {
    throw new Error(`${path} has the shape [${shape.join(", ")}]: a wavelet must be one row of samples`);
  }
  const samples = Float64Array.from(data);
  if (!samples.every(Number.isFinite)) throw new Error(`${path} has samples that are not finite numbers`);
  if (samples.every((v) => v === 0)) {
    throw new Error(`${path} has no samples but 0: the wavelet must not be silent`);
  }
  return { ...rest, samples };
}

function parsed<T>(
  path: string,
  { specFolder, parse }: { specFolder: string; parse: (bytes: Uint8Array) => T },
): T {
  const place = isAbsolute(path) ? path : join(specFolder, path);
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(place);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`there is no file ${place}`);
    throw error;
  }
  try {
    return parse(bytes);
  } catch (error) {
    throw new Error(`Cannot read ${place}: ${(error as Error).message}`);
  }
}
