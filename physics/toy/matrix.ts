import { resolve } from "node:path";
import { z } from "zod";
import type { LinearOperator } from "../../core/contracts/operator.ts";
import { plugin } from "../../core/registry/plugin.ts";
import { admit } from "../../core/data/admit.ts";
import { readInput } from "../../core/data/input.ts";
import { decodeNpy, type NpyArray } from "../../core/data/npy.ts";
import { normals64, rootKey } from "../../core/base/random.ts";
import { about, filePath } from "../../core/base/units.ts";
import { denseOperator } from "./dense_operator.ts";
import { singleShot } from "../single_shot.ts";

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
    const shape = file ? shapeIn(file, specFolder) : [rows, columns];
    if (!shape) return;
    const { domain, range } = spacesOf(shape);
    return { domain, shotRange: range, sources: 1 };
  },
  build({ file, rows, columns, seed }, { specFolder = "." }) {
    const { data, shape } = file ? readMatrix(file, specFolder) : {
      data: normals64(rootKey(seed), rows * columns).map((v) => v / Math.sqrt(columns)),
      shape: [rows, columns],
    };
    return singleShot(denseOperator(Float64Array.from(data), spacesOf(shape)));
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

function spacesOf([rows, columns]: readonly number[]): Pick<LinearOperator, "domain" | "range"> {
  return {
    domain: { name: "x", kind: "vector", shape: [columns] },
    range: { name: "data", kind: "data", shape: [rows] },
  };
}

/** The shape of a file's matrix; nothing where it cannot be read, which `preflight` says. */
function shapeIn(file: string, specFolder: string): readonly number[] | undefined {
  try {
    return readMatrix(file, specFolder).shape;
  } catch {
    return undefined;
  }
}
