import { assertEquals } from "@std/assert";
import { normals64, rootKey } from "../../core/base/random.ts";
import { singleShot } from "../../physics/single_shot.ts";
import { denseOperator } from "../../physics/toy/dense_operator.ts";
import { data, vector } from "../spaces.ts";

Deno.test("a single shot's encodings scale its operator", async () => {
  const matrix = normals64(rootKey(41), 12), x = normals64(rootKey(42), 4);
  const survey = singleShot(denseOperator(matrix, { domain: vector(4), range: data(3) }));
  const shot = await survey.shot(0).forward(x),
    encoded = await survey.encoded(Float64Array.of(-3)).forward(x);
  assertEquals(encoded, shot.map((v) => -3 * v));
  assertEquals(survey.stacked.range.shape, [1, 3]);
});
