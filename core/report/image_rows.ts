import { normalisedStd } from "./analytic.ts";
import { type ColorScale, difference, magnitudeQuantile, transposed } from "./picture.ts";
import type { Axis } from "./panel.ts";
import type { StoredArray } from "./run_folder.ts";
import { labelOf } from "./summary.ts";

type Arrays = ReadonlyMap<string, StoredArray>;

/** One picture of a row. */
export interface Picture {
  readonly name: string;
  readonly title: string;
  readonly field: StoredArray;
  readonly scale: ColorScale;
}

/** Pictures that are read side by side, on one colour scale. */
export interface PictureRow {
  readonly title: string;
  readonly note: string;
  readonly scale: ColorScale;
  /** What the colours measure, with its unit. */
  readonly quantity: string;
  readonly x: Axis;
  readonly z: Axis;
  readonly aspect?: number;
  readonly pictures: readonly Picture[];
}

/** Fraction of cells that a colour scale does not clip. */
export const CLIP = 0.99;

export const METHODS = [
  "cgls",
  "lsrtm",
  "gaussian",
  "hierarchical",
  "variational",
  "map",
  "amortized",
  "corrected",
];

/** Extent of an image problem in metres, in cells where the spacing is not known. */
export function imageAxes(shape: readonly number[], spacing?: readonly number[]): { x: Axis; z: Axis } {
  const unit = spacing ? "[m]" : "[cells]", [dz, dx] = spacing ?? [1, 1];
  return {
    x: { title: `Distance ${unit}`, from: 0, to: shape[1] * dx },
    z: { title: `Depth ${unit}`, from: 0, to: shape[0] * dz },
  };
}

/** What the pictures of a run's images share. */
export interface ImageFrame {
  readonly axes: { readonly x: Axis; readonly z: Axis };
  /** ` [s²/km²]`, or nothing where the unit is not known. */
  readonly unit: string;
}

/** The rows of an image observation that its arrays allow: images, errors, deviations, shots. */
export function pictureRows(arrays: Arrays, { axes, unit }: ImageFrame): PictureRow[] {
  const rows = [
    imageRow(arrays, { axes, unit }),
    errorRow(arrays, { axes, unit }),
    ...deviationRows(arrays, { axes, unit }),
    shotRow(arrays),
  ];
  return rows.filter((row) => row.pictures.length > 0);
}

/** Grey, symmetric about 0: the usual look of a seismic section. */
export function symmetric(fields: readonly StoredArray[]): ColorScale {
  const clip = magnitudeQuantile(fields, CLIP);
  return { map: "grey", low: -clip, high: clip };
}

/** Arrays of the first row, and how they are called. */
const IMAGES: readonly (readonly [name: string, title: string])[] = [
  ["truth", "truth"],
  ["migration", "migration"],
  ["cgls-mean", "least squares"],
  ["lsrtm-mean", "least-squares RTM"],
  ["gaussian-mean", "linear Gaussian mean"],
  ["hierarchical-mean", "hierarchical Gaussian mean"],
  ["variational-mean", "variational mean"],
  ["map-mean", "latent MAP"],
  ["amortized-mean", "amortized mean"],
  ["corrected-mean", "corrected mean"],
];

function imageRow(arrays: Arrays, { axes, unit }: ImageFrame): PictureRow {
  const found = IMAGES.flatMap(([name, title]) => {
    const field = arrays.get(name);
    return field ? [{ name, title, field }] : [];
  });
  const truth = arrays.get("truth"), estimates = found.filter(({ name }) => name.endsWith("-mean"));
  const scale = symmetric(truth ? [truth] : estimates.map(({ field }) => field));
  const pictures = found.map((picture) => ({
    ...picture,
    scale: picture.name === "migration" ? symmetric([picture.field]) : scale,
  }));
  const note =
    "On the truth's scale, clipped at its 99th percentile; migration, without an amplitude, at its own.";
  return { title: "Images", note, scale, quantity: `amplitude${unit}`, ...axes, pictures };
}

function errorRow(arrays: Arrays, { axes, unit }: ImageFrame): PictureRow {
  const truth = arrays.get("truth"), scale = symmetric(truth ? [truth] : []);
  const pictures = METHODS.flatMap((method) => {
    const mean = arrays.get(`${method}-mean`);
    if (!truth || !mean) return [];
    const title = `truth − ${labelOf(method)}`;
    return [{ name: `${method}-error`, title, field: difference(truth, mean), scale }];
  });
  const note = "Truth less estimate, on the scale of the images.";
  return { title: "Errors", note, scale, quantity: `error${unit}`, ...axes, pictures };
}

function deviationRows(arrays: Arrays, { axes, unit }: ImageFrame): PictureRow[] {
  const methods = METHODS.filter((m) => arrays.has(`${m}-std`));
  const row = (kind: string, of: (method: string) => StoredArray | undefined) => {
    const found = methods.flatMap((method) => {
      const field = of(method);
      return field ? [{ method, field }] : [];
    });
    const scale: ColorScale = {
      map: "magma",
      low: 0,
      high: magnitudeQuantile(found.map((f) => f.field), CLIP),
    };
    const pictures = found.map(({ method, field }) => ({
      name: `${method}-${kind}`,
      title: labelOf(method),
      field,
      scale,
    }));
    return { scale, pictures, ...axes };
  };
  return [{
    title: "Pointwise standard deviation",
    note: "What each posterior says of its own error; one scale.",
    quantity: `standard deviation${unit}`,
    ...row("std", (m) => arrays.get(`${m}-std`)),
  }, {
    title: "Normalised standard deviation",
    note:
      "σ|a| / (|a|² + ½), a the analytic signal of the mean, in units of the mean's RMS: large where a reflector is uncertain.",
    quantity: "normalised standard deviation",
    ...row("normalised-std", (m) => {
      const mean = arrays.get(`${m}-mean`), std = arrays.get(`${m}-std`);
      return mean && std && normalisedStd(std, mean);
    }),
  }];
}

/** Height over width of a shot record, whose axes share no unit. */
const SHOT_ASPECT = 1.2;

function shotRow(arrays: Arrays): PictureRow {
  const observed = arrays.get("observed"), predicted = arrays.get("predicted");
  const scale = symmetric(observed ? [observed] : []);
  const dt = arrays.get("interval")?.data[0], [receivers, samples] = (observed ?? predicted)?.shape ?? [0, 0];
  const shots: [string, string, StoredArray | undefined][] = [
    ["observed", "observed", observed],
    ["predicted", "predicted", predicted],
    ["shot-difference", "difference", observed && predicted && difference(observed, predicted)],
  ];
  return {
    title: "Middle shot",
    note:
      "Observed data, data predicted from the corrected mean, or from the last image where there is none, and what is left: noise, where the fit is good.",
    scale,
    quantity: "pressure",
    x: { title: "Receiver", from: 1, to: receivers },
    z: dt ? { title: "Time [s]", from: 0, to: samples * dt } : { title: "Sample", from: 0, to: samples },
    aspect: SHOT_ASPECT,
    pictures: shots.flatMap(([name, title, field]) =>
      field ? [{ name, title, field: transposed(field), scale }] : []
    ),
  };
}
