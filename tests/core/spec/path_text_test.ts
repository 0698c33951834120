import { assert, assertEquals, assertGreater } from "@std/assert";
import { parse, stringify } from "@std/yaml";
import { fileURLToPath } from "node:url";
import { compose } from "../../../core/spec/compose.ts";
import { applyOverride } from "../../../core/spec/overrides.ts";
import { grammarOf } from "../../../core/spec/grammar.ts";
import { loadSpec, SpecError, specLoader } from "../../../core/spec/mod.ts";
import { type Path, valueAt, withValueAt } from "../../../core/spec/path.ts";
import { pathText } from "../../../core/spec/path_text.ts";
import { registry } from "../../../mod.ts";

const ROOT = new URL("../../../", import.meta.url);
const { schema } = grammarOf(registry), load = specLoader(registry);

/** Every name here is one that a path of keys could be misread by. */
const FREE_NAMES = `name: free-names
seed: 7
prior:
  kind: image-patches
  images: pictures.npy
  table: pictures.csv
  where: { split: test, survey.block: "Block #3", "a=b": "x=y", 'say "x"': "1", "a": ">= 2", " b ": "c" }
operator: { kind: identity }
noise: { kind: gaussian, level: { sigma: 1 } }
summary: { kind: identity }
shifts:
  - { name: "noise #1", noise: { level: { scale: 2 } } }
  - { name: "sigma=2", noise: { level: { scale: 2 } } }
  - { name: a, noise: { level: { scale: 3 } } }
  - { name: a.noise, noise: { level: { scale: 4 } } }
  - { name: a.noise.level, noise: { level: { scale: 5 } } }
  - { name: '"b"', noise: { level: { scale: 6 } } }
  - { name: "1", noise: { level: { scale: 7 } } }
  - { name: "x < 3, y", noise: { level: { scale: 8 } } }
evaluation: { baselines: [], prior: { where: { split.x: "u" } } }
gates: { migration.snr: ">= 0 dB", a/migration.snr: "< 3 dB" }
sweep:
  axes:
    gates.migration.snr: [">= 0 dB", ">= 2 dB"]
    shifts."sigma=2".noise.level.scale: [1, 2]
    shifts.a.noise.level.scale: [1, 2]
  zip: [[gates.migration.snr, shifts.a.noise.level.scale]]
`;

const written = (text: string) => parse(text) as Record<string, unknown>;

/** Specs of the repository, as they are merged; and one of odd names. */
async function specs(): Promise<[string, Readonly<Record<string, unknown>>][]> {
  const found: [string, Readonly<Record<string, unknown>>][] = [["free names", written(FREE_NAMES)]];
  for (const folder of ["experiments/", "tests/regression/"]) {
    for (const { name } of Deno.readDirSync(new URL(folder, ROOT))) {
      if (!name.endsWith(".yaml")) continue;
      const path = fileURLToPath(new URL(folder + name, ROOT));
      found.push([name, (await compose(path, { schema })).value]);
    }
  }
  const families = new URL("tests/specs/broken/families/", ROOT);
  for (const { name } of Deno.readDirSync(families)) {
    const { base } = parse(Deno.readTextFileSync(new URL(name, families))) as { base: string };
    found.push([name, written(base)]);
  }
  return found;
}

function pathsIn(value: unknown, path: Path = []): Path[] {
  const own = path.length > 0 ? [path] : [];
  if (value === null || typeof value !== "object") return own;
  return [
    ...own,
    ...Object.keys(value).flatMap((key) =>
      pathsIn((value as any)[key], [...path, Array.isArray(value) ? Number(key) : key])
    ),
  ];
}

Deno.test("every value of every spec can be set to itself by the path that is printed for it", async () => {
  let set = 0;
  for (const [name, spec] of await specs()) {
    for (const path of pathsIn(spec)) {
      const text = `${pathText(path, spec)}=${JSON.stringify(valueAt(spec, path))}`;
      const { value, override } = applyOverride(spec, text, { schema });
      assertEquals(override.path, path, `${name}: ${text}`);
      assertEquals(value, spec, `${name}: ${text}`);
      set++;
    }
  }
  assertGreater(set, 500);
});

Deno.test("every setting of every resolved spec can be set by its path, written or not", async () => {
  let set = 0;
  for (const { name } of Deno.readDirSync(new URL("experiments/", ROOT))) {
    if (!name.endsWith(".yaml")) continue;
    const path = fileURLToPath(new URL(`experiments/${name}`, ROOT));
    const loaded = await load(path).catch(() => undefined); // one that is refused has no resolved spec
    if (!loaded) continue;
    const { spec: { scenarios: _, ...spec }, written } = loaded;
    for (const path of pathsIn(spec)) {
      if (valueAt(spec, path) === undefined) continue;
      // Quantities are numbers here, and lists that nobody wrote have no entries to be named.
      if (path.some((key) => typeof key === "number") && valueAt(written, path) === undefined) continue;
      const { value, override } = applyOverride(written, `${pathText(path, written)}=7`, { schema });
      assertEquals([override.path, valueAt(value, path)], [path, 7], `${name}: ${path}`);
      set++;
    }
  }
  assertGreater(set, 500);
});

Deno.test("the path that an error prints can be given to --set", async () => {
  // An entry without a name is printed by its number. No other entry may have this number as its name.
  const spec = written(FREE_NAMES.replace('name: "1"', 'name: "10"')),
    broken = pathsIn(spec).filter((path) => path.length > 1);
  let told = 0;
  for (const path of broken) {
    const text = stringify(withValueAt(spec, path, { bad: {} })) as string;
    const error = await loadSpec("spec.yaml", { registry, text }).then(() => undefined, (error) => error);
    assert(error instanceof SpecError, `${path} was accepted`);
    for (const issue of error.issues) {
      const root = written(text), override = applyOverride(root, `${issue.path}=1`, { schema }).override;
      assertEquals(pathText(override.path, root), issue.path);
      told++;
    }
  }
  assertGreater(told, broken.length - 1);
});

const free = (...overrides: string[]) => loadSpec("spec.yaml", { registry, text: GATED, overrides });
const GATED = `name: gated
seed: 3
prior: { kind: gaussian }
operator: { kind: matrix, rows: 6, columns: 4 }
noise: { kind: gaussian, level: { sigma: 0.3 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 2, hidden: 16 }
training: { pairs: 64, epochs: 2 }
correction: { kind: diagonal, encoding: shots }
shifts:
  - { name: "less = more", noise: { level: { scale: 2 } } }
  - { name: "day #2, 1.5 x", noise: { level: { scale: 2 } } }
gates: { amortized.snr: "> 1 dB" }
`;

Deno.test("--set takes gates and names as they are written, quoted or not, and cuts at the right =", async () => {
  const gates = async (text: string) => (await free(text)).spec.gates;
  assertEquals(await gates("gates.amortized.snr=>= 2 dB"), { "amortized.snr": ">= 2 dB" });
  assertEquals(await gates('gates.amortized.snr=">= 2 dB"'), { "amortized.snr": ">= 2 dB" });
  assertEquals(await gates('gates."amortized.snr"=< 2'), { "amortized.snr": "< 2" });
  assertEquals(await gates("gates.corrected.snr_gain=>=2"), {
    "amortized.snr": "> 1 dB",
    "corrected.snr_gain": ">=2",
  });
  const scale = async (text: string, i: number) => (await free(text)).spec.scenarios[i].noise.level;
  for (const name of ["less = more", '"less = more"', "0"]) {
    assertEquals(await scale(`shifts.${name}.noise.level.scale=9`, 1), { scale: 9 });
  }
  assertEquals(await scale("shifts.day #2, 1.5 x.noise.level.scale=9", 2), { scale: 9 });
});

Deno.test("a value of --set is a value: text stays whole, whatever YAML makes of it", async () => {
  const named = async (text: string) => (await free(`shifts.0.name=${text}`)).spec.scenarios[1].name;
  for (
    const text of [
      "run #1",
      "> 3",
      "| a",
      "a: b",
      "- a",
      "&x",
      "*y",
      "!z a",
      "%YAML 1.1",
      "a --- b",
      "? a",
      "1 # 2",
    ]
  ) {
    assertEquals(await named(text), text);
  }
  assertEquals(await named("'run #1'"), "run #1");
  assertEquals(await named('"a\\u00e4b"'), "aäb");
  const complaint = async (text: string) =>
    (await free(text).then(() => "accepted", (error) => error.message)).split("\n");
  assertEquals(await complaint("training={pairs: 64, epochs: 2} # short"), [
    "--set:1:10: the value ends at a comment, # short: put text that holds # in quotes",
    "    training={pairs: 64, epochs: 2} # short",
    "             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
  ]);
  assertEquals(
    (await complaint("training={pairs: &n 64, epochs: *n}"))[0],
    "--set:1:10: the value has no anchors, aliases or tags such as &n: put text that begins so in quotes",
  );
  assertEquals(
    (await complaint('gates."amortized.snr=3'))[0],
    '--set:1:1: a key that begins with " must end with "',
  );
});

Deno.test("a whole number that no setting keeps is shown as it was written", async () => {
  const long = "12345678901234567890", wanted = "it must be at most 9007199254740991";
  const said = (text: string, overrides: string[] = []) =>
    loadSpec("spec.yaml", { registry, text, overrides }).then(
      () => "",
      (error) => error.message.split("\n")[0],
    );
  assertEquals(
    await said(GATED.replace("seed: 3", `seed: ${long}`)),
    `spec.yaml:2:7: seed: is ${long}: ${wanted}`,
  );
  assertEquals(await said(GATED, [`seed=${long}`]), `--set:1:6: seed: is ${long}: ${wanted}`);
  assertEquals(
    await said(GATED, ["seed=9007199254740993"]),
    `--set:1:6: seed: is 9007199254740993: ${wanted}`,
  );
  assertEquals(
    await said(`${GATED}sweep: { seed: [1, ${long}] }`),
    `spec.yaml:14:20: sweep.seed.1: seed is ${long}: ${wanted}`,
  );
  assertEquals(await said(GATED.replace("seed: 3", "seed: 9007199254740991")), "");
});
