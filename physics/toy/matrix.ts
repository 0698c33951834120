import { resolve } from "node:path";
import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import { admit } from "../../core/data/admit.ts";
import { readInput } from "../../core/data/input.ts";
import { singleShot } from "../../core/linalg/mod.ts";
import { decodeNpy, type NpyArray } from "../../core/data/npy.ts";
import { normals64, rootKey } from "../../core/base/random.ts";
import { about, filePath } from "../../core/base/units.ts";
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
    const [own, unknowns] = file ? shapeIn(file, specFolder) : [rows, columns];
    return unknowns === undefined ? undefined : { domain: [unknowns], shotRange: [own], sources: 1 };
  },
  build({ file, rows, columns, seed }, { specFolder = "." }) {
    const { data, shape } = file ? readMatrix(file, specFolder) : {
      data: normals64(rootKey(seed), rows * columns).map((v) => v / Math.sqrt(columns)),
      shape: [rows, columns],
    };
    return singleShot(denseOperator(Float64Array.from(data), {
      domain: { name: "x", shape: [shape[1]] },
      range: { name: "data", shape: [shape[0]] },
    }));
  },
  preflight({ file }, { specFolder }) {
    try {
      if (file) readMatrix(file, specFolder);
      return [];
    } catch (error) {
      return [{ path: ["file"], message: (error as Error).message }];
    }
  },
});

function readMatrix(file: string, specFolder: string): NpyArray {
  const array = readInput(resolve(specFolder, file), decodeNpy), { shape } = array;
  if (shape.length !== 2) {
    throw new Error(`${file} has the shape [${shape.join(", ")}]: it must be [rows, columns]`);
  }
  return admit(array, { from: file, what: "entries", must: "not vanish" });
}

/** The shape of a file's matrix; none where it cannot be read, which `preflight` tells. */
function shapeIn(file: string, specFolder: string): readonly number[] {
  try {
    return readMatrix(file, specFolder).shape;
  } catch {
    return [];
  }
}
