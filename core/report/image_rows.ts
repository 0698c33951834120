import { normalisedStd } from "./analytic.ts";
import { type ColorScale, difference, magnitudeQuantile, transposed } from "./picture.ts";
import { labelOf, lookOf, type Looks, methodsWith } from "./looks.ts";
import type { Axis } from "./panel.ts";
import type { StoredArray } from "./run_folder.ts";

type Arrays = ReadonlyMap<string, StoredArray>;

/** One picture of a row. */
interface Picture {
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
  readonly looks: Looks;
}

/** The rows of an image observation that its arrays allow: images, errors, deviations, shots. */
export function pictureRows(arrays: Arrays, frame: ImageFrame): PictureRow[] {
  const rows = [
    imageRow(arrays, frame),
    errorRow(arrays, frame),
    ...deviationRows(arrays, frame),
    shotRow(arrays),
  ];
  return rows.filter((row) => row.pictures.length > 0);
}

/** Grey, symmetric about 0: the usual look of a seismic section. */
export function symmetric(fields: readonly StoredArray[]): ColorScale {
  const clip = magnitudeQuantile(fields, CLIP);
  return { map: "grey", low: -clip, high: clip };
}

function imageRow(arrays: Arrays, { axes, unit, looks }: ImageFrame): PictureRow {
  const estimates = methodsWith("mean", { arrays, looks }).map((method) => {
    const { label, samples } = lookOf(looks, method), name = `${method}-mean`;
    return { name, title: samples ? `${label} mean` : label, field: arrays.get(name)! };
  });
  const truth = arrays.get("truth"), migration = arrays.get("migration");
  const images = [
    ...truth ? [{ name: "truth", title: "truth", field: truth }] : [],
    ...migration ? [{ name: "migration", title: "migration", field: migration }] : [],
    ...estimates,
  ];
  const scale = symmetric(truth ? [truth] : estimates.map(({ field }) => field));
  const pictures = images.map((picture) => ({
    ...picture,
    scale: picture.name === "migration" ? symmetric([picture.field]) : scale,
  }));
  const note =
    "On the truth's scale, clipped at its 99th percentile; migration, without an amplitude, at its own.";
  return { title: "Images", note, scale, quantity: `amplitude${unit}`, ...axes, pictures };
}

function errorRow(arrays: Arrays, { axes, unit, looks }: ImageFrame): PictureRow {
  const truth = arrays.get("truth"), scale = symmetric(truth ? [truth] : []);
  const pictures = methodsWith("mean", { arrays, looks }).flatMap((method) => {
    if (!truth) return [];
    const title = `truth − ${labelOf(looks, method)}`,
      field = difference(truth, arrays.get(`${method}-mean`)!);
    return [{ name: `${method}-error`, title, field, scale }];
  });
  const note = "Truth less estimate, on the scale of the images.";
  return { title: "Errors", note, scale, quantity: `error${unit}`, ...axes, pictures };
}

function deviationRows(arrays: Arrays, { axes, unit, looks }: ImageFrame): PictureRow[] {
  const methods = methodsWith("std", { arrays, looks });
  const row = (kind: string, of: (method: string) => StoredArray | undefined) => {
    const fields = methods.flatMap((method) => {
      const field = of(method);
      return field ? [{ method, field }] : [];
    });
    const scale: ColorScale = {
      map: "magma",
      low: 0,
      high: magnitudeQuantile(fields.map((f) => f.field), CLIP),
    };
    const pictures = fields.map(({ method, field }) => ({
      name: `${method}-${kind}`,
      title: labelOf(looks, method),
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
