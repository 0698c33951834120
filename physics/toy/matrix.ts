import { resolve } from "node:path";
import { z } from "zod";
import { plugin } from "../../core/contracts/plugin.ts";
import { singleShot } from "../../core/linalg/mod.ts";
import { decodeNpy, readNpy } from "../../core/npy.ts";
import { normals64, rootKey } from "../../core/random.ts";
import { about, filePath } from "../../core/units.ts";
import { denseOperator } from "./dense.ts";

const schema = z.strictObject({
  file: about(filePath(), ".npy matrix [rows, columns]; else one is drawn from the seed").optional(),
  rows: about(z.int().min(1).max(10000), "number of data").default(4),
  columns: about(z.int().min(1).max(10000), "number of unknowns").default(4),
  seed: about(z.int().min(0), "of normal entries with variance 1/columns").default(0),
});

/** A dense linear operator. */
export const matrix = plugin({
  slot: "operator",
  kind: "matrix",
  about: "a dense matrix, from a file or drawn from a seed",
  schema,
  shapes({ file, rows, columns }, { specFolder }) {
    const [own, unknowns] = file ? shapeIn(resolve(specFolder, file)) : [rows, columns];
    return unknowns === undefined ? undefined : { domain: [unknowns], shotRange: [own], sources: 1 };
  },
  async build({ file, rows, columns, seed }, { specFolder = "." }) {
    const { data, shape } = file ? await readNpy(resolve(specFolder, file)) : {
      data: normals64(rootKey(seed), rows * columns).map((v) => v / Math.sqrt(columns)),
      shape: [rows, columns],
    };
    if (shape.length !== 2) {
      throw new Error(`operator.file ${file} has shape [${shape}]: it must be [rows, columns].`);
    }
    return singleShot(denseOperator(Float64Array.from(data), {
      domain: { name: "x", shape: [shape[1]] },
      range: { name: "data", shape: [shape[0]] },
    }));
  },
});

/** The shape of a file's matrix; none where it cannot be read, which `build` tells. */
function shapeIn(path: string): readonly number[] {
  try {
    const { shape } = decodeNpy(Deno.readFileSync(path));
    return shape.length === 2 ? shape : [];
  } catch {
    return [];
  }
}
