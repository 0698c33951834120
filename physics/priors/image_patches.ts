import { isAbsolute, join } from "node:path";
import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import { type NpyArray, readNpy } from "../../core/npy.ts";
import { fold, permutation } from "../../core/random.ts";
import { about, filePath } from "../../core/units.ts";

const scalar = z.union([z.string(), z.number()]);

const schema = z.strictObject({
  images: about(filePath(), ".npy or HDF5 stack [n, z, x]; relative to the spec's folder"),
  dataset: about(z.string(), "name of the stack inside an HDF5 file").default("images"),
  table: about(
    filePath(),
    "csv beside it, one row per image; its column `index` or else its order names the image",
  )
    .optional(),
  where: about(
    z.record(z.string(), z.union([scalar, z.array(scalar).min(1)])),
    "columns of the table and the values to select",
  ).default({}),
  scale: about(z.number().positive(), "factor on stored values").default(1),
});

/** Images from a file. */
export const imagePatches = plugin({
  slot: "prior",
  kind: "image-patches",
  about: "images drawn from a file, selected by the columns of a table beside it",
  schema,
  async build({ images, dataset, table, where, scale }, { domain, mask, specFolder }) {
    const at = (path: string) => isAbsolute(path) ? path : join(specFolder, path);
    const stack = await readStack(at(images), dataset);
    checkShape(stack, { domain: domain.shape, images });
    const selected = table
      ? selectRows(await readTable(at(table)), { where, table })
      : Array.from({ length: stack.shape[0] }, (_, i) => i);
    if (selected.length === 0) {
      throw new Error(`No image of prior.table ${table} fits prior.where ${JSON.stringify(where)}.`);
    }
    return patchPrior({ stack, selected, scale, domain, mask });
  },
});

/** Draws images of a stack without repetition until all have been drawn, then again in another order. */
function patchPrior(
  { stack, selected, scale, domain, mask }: {
    stack: NpyArray;
    selected: readonly number[];
    scale: number;
    domain: Prior["space"];
    mask: Float32Array;
  },
): Prior {
  const size = mask.length;
  return {
    space: domain,
    sample(key, n) {
      const out = new Float32Array(n * size);
      for (let i = 0, order: Uint32Array = new Uint32Array(); i < n; i++) {
        const turn = i % selected.length;
        if (turn === 0) order = permutation(fold(key, i / selected.length), selected.length);
        const from = selected[order[turn]] * size;
        for (let k = 0; k < size; k++) out[i * size + k] = mask[k] * scale * stack.data[from + k];
      }
      return Promise.resolve(out);
    },
  };
}

async function readStack(path: string, dataset: string): Promise<NpyArray> {
  try {
    if (/\.(h5|hdf5|nc)$/i.test(path)) return await readHdf5(path, dataset);
    return await readNpy(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`There is no image file ${path}: set prior.images to where the images are.`);
  }
}

/** HDF5 through h5wasm, loaded only where it is needed. */
async function readHdf5(path: string, dataset: string): Promise<NpyArray> {
  const bytes = await Deno.readFile(path);
  const { default: h5wasm } = await import("h5wasm");
  const { FS } = await h5wasm.ready;
  FS.writeFile("images.h5", bytes);
  const file = new h5wasm.File("images.h5", "r");
  try {
    const found = file.get(dataset) as { value: unknown; shape: number[] } | null;
    if (!found?.shape) {
      throw new Error(`${path} has no dataset ${dataset}: it has ${file.keys().join(", ")}.`);
    }
    return { data: found.value as Float32Array, shape: found.shape };
  } finally {
    file.close();
    FS.unlink("images.h5");
  }
}

function checkShape(
  { shape }: NpyArray,
  { domain, images }: { domain: readonly number[]; images: string },
): void {
  if (shape.length === 3 && shape[1] === domain[0] && shape[2] === domain[1]) return;
  throw new Error(
    `prior.images ${images} has shape [${shape}]: it must be [n, ${domain}], as operator.grid.shape says.`,
  );
}

type Row = Readonly<Record<string, string>>;

/** A csv of plain fields. */
async function readTable(path: string): Promise<Row[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`There is no table ${path}: set prior.table to where it is.`);
  }
  const [header, ...lines] = text.trim().split(/\r?\n/).map((line) => line.split(","));
  return lines.map((fields) =>
    Object.fromEntries(header.map((name, i) => [name.trim(), (fields[i] ?? "").trim()]))
  );
}

function selectRows(
  rows: readonly Row[],
  { where, table }: { where: z.output<typeof schema>["where"]; table: string },
): number[] {
  for (const column of Object.keys(where)) {
    if (rows.length > 0 && !(column in rows[0])) {
      throw new Error(
        `${table} has no column ${column}: its columns are ${Object.keys(rows[0]).join(", ")}.`,
      );
    }
  }
  return rows.flatMap((row, i) => {
    const fits = Object.entries(where).every(([column, wanted]) =>
      [wanted].flat().map(String).includes(row[column])
    );
    return fits ? [row.index === undefined ? i : Number(row.index)] : [];
  });
}
