import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { type Dimension, oneOf, quantity } from "../../../core/base/units.ts";

const messageOf = (schema: z.ZodType, input: unknown) =>
  schema.safeParse(input).error?.issues[0].message ?? "";

Deno.test("every written form gives its SI number, correctly rounded", () => {
  const written: [Dimension, string, number][] = [
    ["length", "12.5 m", 12.5],
    ["length", "-0.4 km", -400],
    ["length", "20cm", 0.2],
    ["velocity", "2.5 km/s", 2500],
    ["velocity", "1500 m/s", 1500],
    ["frequency", "30 Hz", 30],
    ["frequency", "0.03 kHz", 30],
    ["time", "1.378 ms", 0.001378],
    ["time", "1e3 us", 0.001],
    ["time", "1378 \u00b5s", 0.001378],
    ["time", "1378 \u03bcs", 0.001378],
    ["time", "2\u00a0ms", 0.002],
    ["level", "-5 dB", -5],
    ["slowness2", "2.5e-9 s^2/m^2", 2.5e-9],
    ["slowness2", "2.5E-3 s^2/km^2", 2.5e-9],
  ];
  for (const [dimension, text, value] of written) assertEquals(quantity(dimension).parse(text), value);
});

Deno.test("a bare number is an error that shows how to write it", () => {
  assertEquals(messageOf(quantity("length"), 12.5), "is 12.5 without a unit: write 12.5 m");
  assertEquals(messageOf(quantity("level"), "5"), 'is "5" without a unit: write 5 dB');
});

Deno.test("a unit of another dimension or spelling is an error", () => {
  assertEquals(messageOf(quantity("time"), "3 m"), 'is "3 m": the units of time are s, ms, us');
  assertStringIncludes(messageOf(quantity("frequency"), "30 hz"), "did you mean 30 Hz?");
  for (
    const text of ["", "m", "3 constructor", "3 m m", "0x10 m", "1_000 m", "NaN m", "Infinity m", "1e999 m"]
  ) {
    assert(!quantity("length").safeParse(text).success, `${text} was accepted`);
  }
});

Deno.test("units as people write them are told how they are written here", () => {
  const meant: [Dimension, string, string][] = [
    ["velocity", "2.5 km/sec", "2.5 km/s"],
    ["velocity", "2500 m s^-1", "2500 m/s"],
    ["velocity", "2500 m\u00b7s\u207b\u00b9", "2500 m/s"],
    ["velocity", "2.5 km / s", "2.5 km/s"],
    ["velocity", "2500 metres per second", "2500 m/s"],
    ["frequency", "15 Hz.", "15 Hz"],
    ["frequency", "15 Hertz", "15 Hz"],
    ["frequency", "1.5 KHz", "1.5 kHz"],
    ["time", "2 MS", "2 ms"],
    ["time", "2 msec", "2 ms"],
    ["time", "0.5 seconds", "0.5 s"],
    ["length", "12.5 meters", "12.5 m"],
    ["length", "\u221212.5 m", "-12.5 m"],
    ["level", "5 db", "5 dB"],
  ];
  for (const [dimension, text, right] of meant) {
    assertStringIncludes(messageOf(quantity(dimension), text), `; did you mean ${right}?`);
  }
  assertStringIncludes(messageOf(quantity("velocity"), "8200 ft/s"), "; 1 ft is 0.3048 m");
  for (const text of ["12,5 m", "1.250,5 m", "1,250.5 m", "1'250 m", "1_250 m", "1.250.000 m"]) {
    assertEquals(
      messageOf(quantity("length"), text),
      `is "${text}": a number has a point for its decimals and nothing between its thousands, like 12.5 m`,
    );
  }
});

Deno.test("limits hold in SI, whatever the unit written", () => {
  const time = quantity("time", { min: "1 ms", max: "2 s" });
  assertEquals([time.safeParse("1000 us").success, time.safeParse("0.999 ms").success], [true, false]);
  assertEquals(messageOf(time, "2001 ms"), "is 2001 ms: it must be at most 2 s");
  assertEquals(messageOf(quantity("length", { positive: true }), "0 m"), "is 0 m: it must be above 0");
});

Deno.test("a default is written like any other value", () => {
  const schema = z.strictObject({ depth: quantity("length", { default: "0.025 km" }) });
  assertEquals(schema.parse({}), { depth: 25 });
});

Deno.test("exclusive alternatives take exactly one", () => {
  const level = oneOf({ snr: quantity("level"), sigma: z.number() });
  assertEquals(level.parse({ snr: "5 dB" }), { snr: 5 });
  assertEquals(messageOf(level, {}), "must have exactly one of snr, sigma; it has none");
  assertEquals(
    messageOf(level, { snr: "5 dB", sigma: 1 }),
    "must have exactly one of snr, sigma; it has snr and sigma",
  );
});

Deno.test("the JSON Schema's pattern accepts what the schema accepts", () => {
  const { pattern, examples } = z.toJSONSchema(quantity("slowness2"), { io: "input" }) as any;
  const matches = ["2.5e-9 s^2/m^2", "1 s^2/km^2", "2.5e-9", "1 s"].map((text) =>
    new RegExp(pattern).test(text)
  );
  assertEquals(matches, [true, true, false, false]);
  assertEquals(examples, ["2.5e-9 s^2/m^2"]);
});
