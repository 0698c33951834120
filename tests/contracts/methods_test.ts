import { assert, assertEquals, assertMatch } from "@std/assert";
import { registry } from "../../mod.ts";
import { ranSpec, TINY_IMAGING } from "../core/run/program.ts";

const methods = registry.of("method");

Deno.test("methods say how they are shown: labels and colours of their own", () => {
  for (const { color } of methods) assertMatch(color, /^#[0-9a-f]{6}$/);
  for (const look of ["label", "color"] as const) {
    const all = methods.map((method) => method[look]);
    assertEquals(all.filter((value, i) => all.indexOf(value) < i), []);
  }
});

const BASELINES = methods.filter(({ asked }) => asked === "baselines").map(({ kind }) => kind);

const SPEC = `${TINY_IMAGING}training: { pairs: 24, epochs: 1 }
correction: { kind: diagonal, passes: 1 }
evaluation: { observations: 1, samples: 8, metrics: [snr, coverage], baselines: [${BASELINES}], detection: 19 }
policy: { level: 0.05 }
`;
const judged = methods.filter(({ kind }) => !["reference", "refined"].includes(kind));

let run: ReturnType<typeof ranSpec>;
/** The nominal scenario of a run that is made once. */
const ran = async () => (await (run ??= ranSpec(SPEC))).summary.scenarios[0];

Deno.test("a run with a flow has every method that its spec asks for, in the order of the registry", async () => {
  assertEquals(Object.keys((await ran()).methods), judged.map(({ kind }) => kind));
});

for (const { kind, samples } of judged) {
  Deno.test(`method ${kind}: its estimate is judged, as a point or as samples`, async () => {
    const nominal = await ran(), values = nominal[kind] ?? nominal.baselines[kind];
    assert(Number.isFinite(values.snr));
    assertEquals("coverage90" in values, samples);
  });
}
