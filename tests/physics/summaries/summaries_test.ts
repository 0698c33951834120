import { assertEquals } from "@std/assert";
import type { LinearOperator, Survey } from "../../../core/contracts/operator.ts";
import type { Summary } from "../../../core/contracts/problem.ts";
import type { Vector } from "../../../core/contracts/vector.ts";
import { whiteNoise } from "../../../physics/noise/gaussian.ts";
import { identitySummary } from "../../../physics/summaries/identity.ts";
import { adjointAsPosterior } from "../../contracts/small.ts";
import { migration } from "../../../physics/summaries/migration.ts";
import { singleShot } from "../../../physics/single_shot.ts";
import { data, image } from "../../spaces.ts";

/** Two shots of one receiver and two samples over two cells: J_0 = I, J_1 = 3 I. */
const stacked: LinearOperator = {
  domain: image([1, 2]),
  range: data(2, 1, 2),
  forward: (x) => Promise.resolve(Float64Array.of(x[0], x[1], 3 * x[0], 3 * x[1])),
  adjoint: (y) => Promise.resolve(Float64Array.of(y[0] + 3 * y[2], y[1] + 3 * y[3])),
};
const survey: Survey = {
  ...singleShot({ ...stacked, range: data(1, 2) }),
  stacked,
  sources: 2,
};
const gaussian = () => Promise.resolve(adjointAsPosterior(survey));
const context = { survey, noise: whiteNoise(1), trainingRange: data(4, 2), gaussian };

Deno.test("migration is the shots' mean adjoint, rescaled to the training spread's receivers", async () => {
  const summary = migration.build({ whiten: false }, context) as Summary;
  assertEquals(await summary.apply(Float32Array.of(1, 2, 5, 7)), Float32Array.of(32, 46));
  assertEquals([summary.space.shape, summary.linear], [[1, 2], true]);
});

Deno.test("a whitened migration of white noise's data is the plain one, whatever the noise level", async () => {
  const plain = migration.build({ whiten: false }, context) as Summary, d = Float32Array.of(1, 2, 5, 7);
  const loud = migration.build({ whiten: true }, { ...context, noise: whiteNoise(4) }) as Summary;
  assertEquals(await loud.apply(d), await plain.apply(d));
});

Deno.test("a whitened migration weighs coloured data by the inverse covariance", async () => {
  const halved = { ...whiteNoise(1), whiten: (r: Vector) => r.map((v, i) => i % 2 === 0 ? v : v / 2) };
  const summary = migration.build({ whiten: true }, { ...context, noise: halved }) as Summary;
  assertEquals(await summary.apply(Float32Array.of(1, 2, 5, 7)), Float32Array.of(32, 11.5));
});

Deno.test("the identity summary is the data, of all shots", async () => {
  const summary = identitySummary.build({}, context) as Summary, data = Float32Array.of(1, 2, 5, 7);
  assertEquals(await summary.apply(data), data);
  assertEquals(summary.space.shape, [4]);
});
