import { resolve } from "node:path";
import { admit } from "../../core/data/admit.ts";
import { parseTable, type Table } from "../../core/data/csv.ts";
import { decodeHdf5 } from "../../core/data/hdf5.ts";
import { readInput } from "../../core/data/input.ts";
import { decodeNpy, type NpyArray } from "../../core/data/npy.ts";

type Text = string | number;

/** Options of a prior that draws images from a file. */
interface ImageOptions {
  readonly images: string;
  readonly dataset: string;
  readonly table?: string;
  readonly where: Readonly<Record<string, Text | Text[]>>;
}

/** A stack of images [n, z, x], and which of them are drawn. */
export interface SelectedImages {
  readonly stack: NpyArray;
  readonly selected: readonly number[];
}

/** What is wrong with a file, and the option that is to blame. */
export class OptionFault extends Error {
  constructor(readonly path: readonly string[], message: string) {
    super(message);
  }
}

/** Reads the files that the options name; `domain`: the images' own shape, where it is known. */
export async function loadImages(
  { images, dataset, table, where }: ImageOptions,
  { specFolder, domain }: { specFolder: string; domain?: readonly number[] },
): Promise<SelectedImages> {
  const stack = await blaming(["images"], async () => {
    const stack = await readStack(resolve(specFolder, images), dataset), { shape } = stack;
    checkShape(shape, { domain, images });
    return admit(stack, { from: fromOf(images, dataset), what: "images", must: "vary", single: true });
  });
  const [count] = stack.shape;
  if (table === undefined) return { stack, selected: Array.from({ length: count }, (_, i) => i) };
  const content = await blaming(["table"], () => readInput(resolve(specFolder, table), parseTable));
  const indices = await blaming(["table"], () => imageIndices(content, { table, count }));
  const fits = await blaming(["where"], () => fittingRows(content, { where, table }));
  return { stack, selected: fits.map((row) => indices[row]) };
}

async function blaming<T>(path: readonly string[], work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new OptionFault(path, (error as Error).message);
  }
}

const HDF5 = /\.(h5|hdf5|nc)$/i;

function readStack(place: string, dataset: string): Promise<NpyArray> | NpyArray {
  if (HDF5.test(place)) return readInput(place, (bytes) => decodeHdf5(bytes, dataset));
  return readInput(place, decodeNpy);
}

function fromOf(images: string, dataset: string): string {
  return HDF5.test(images) ? `${images}, data set ${dataset},` : images;
}

function checkShape(
  shape: readonly number[],
  { domain, images }: { domain?: readonly number[]; images: string },
): void {
  const fits = shape.length === 3 && (!domain || domain.join() === shape.slice(1).join());
  if (fits) return;
  throw new Error(
    `${images} has the shape [${shape.join(", ")}]: it must be ` +
      (domain ? `[n, ${domain.join(", ")}], as the operator's unknown` : "[n, z, x]"),
  );
}

/** The image of each row: by the column `index`, or else by the rows' order. */
function imageIndices(
  { columns, rows }: Table,
  { table, count }: { table: string; count: number },
): number[] {
  if (columns.includes("index")) {
    return rows.map(({ line, fields: { index } }) => {
      const image = /^\d+$/.test(index) ? Number(index) : NaN;
      if (image < count) return image;
      throw new Error(
        `${table} has the index "${index}" in line ${line}: it must be a whole number from 0 to ${
          count - 1
        }, ` +
          `as there are ${count} images`,
      );
    });
  }
  if (rows.length !== count) {
    throw new Error(
      `${table} has ${rows.length} rows: without a column index it must have one per image, ${count}`,
    );
  }
  return rows.map((_, i) => i);
}

function fittingRows(
  { columns, rows }: Table,
  { where, table }: { where: ImageOptions["where"]; table: string },
): number[] {
  for (const column of Object.keys(where)) {
    if (!columns.includes(column)) {
      throw new Error(`${table} has no column ${column}: its columns are ${columns.join(", ")}`);
    }
  }
  const wanted = Object.entries(where).map(([column, values]) => ({
    column,
    values: [values].flat().map(String),
  }));
  const fits = rows.flatMap(({ fields }, i) =>
    wanted.every(({ column, values }) => values.includes(fields[column])) ? [i] : []
  );
  if (fits.length > 0) return fits;
  throw new Error(`No image of ${table} fits ${JSON.stringify(where)}`);
}
