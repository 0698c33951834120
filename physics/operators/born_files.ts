import { resolve } from "node:path";
import type { Remark } from "../../core/contracts/plugin.ts";
import { admit } from "../../core/data/admit.ts";
import { readInput } from "../../core/data/input.ts";
import { decodeNpy } from "../../core/data/npy.ts";
import type { Background } from "../background.ts";
import type { Grid } from "../grid.ts";
import type { Pulse } from "../wavelet.ts";
import type { BornOptions } from "./born_schema.ts";
import { admittedModel, decodeNpyModel, decodeSegyModel } from "./velocity_files.ts";

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
  const decode = /\.npy$/i.test(path) ? decodeNpyModel : decodeSegyModel;
  const stored = readInput(resolve(specFolder, path), decode), { shape } = stored;
  if (shape.join() !== grid.shape.join()) {
    throw new Error(
      `${path} has the shape [${shape.join(", ")}]: it must be the grid's, [${grid.shape.join(", ")}]`,
    );
  }
  return { ...rest, model: admittedModel(stored, path) };
}

function loadPulse(wavelet: BornOptions["acquisition"]["wavelet"], specFolder: string): Pulse {
  if (wavelet.kind !== "file") return wavelet;
  const { path, ...rest } = wavelet,
    array = readInput(resolve(specFolder, path), decodeNpy),
    { shape } = array;
  if (shape.length !== 1) {
    throw new Error(`${path} has the shape [${shape.join(", ")}]: a wavelet must be one row of samples`);
  }
  const { data } = admit(array, { from: path, what: "samples", must: "not vanish" });
  return { ...rest, samples: Float64Array.from(data) };
}
