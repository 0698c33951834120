import { assertEquals, assertGreater } from "@std/assert";
import { writeReport } from "../../../core/report/mod.ts";
import { available } from "../../available.ts";
import { imageRun } from "./fixture.ts";
import { openPage } from "./chromium.ts";

const version = () =>
  new Deno.Command("chromium", { args: ["--version"], stdout: "null", stderr: "null" }).output();
const installed = await Promise.try(version).then(({ success }) => success, () => false);

Deno.test({
  name: "a browser shows every image of the report, and complains about nothing",
  ignore: !available(installed, "chromium"),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      await imageRun(folder);
      const { path } = await writeReport(folder);
      const { value, complaints } = await openPage(
        path,
        `Promise.all([...document.images].map((image) => image.decode().then(() => [
          image.naturalWidth === Number(image.getAttribute("width")) && image.naturalWidth > 100,
          image.naturalHeight === Number(image.getAttribute("height")),
        ]))).then((sizes) => ({ sizes, wide: document.documentElement.scrollWidth > innerWidth }))`,
      ) as { value: { sizes: boolean[][]; wide: boolean }; complaints: string[] };
      assertEquals(complaints, []);
      assertGreater(value.sizes.length, 60);
      assertEquals(value.sizes.filter((fits) => fits.includes(false)), []);
      assertEquals(value.wide, false, "the page must not scroll sideways");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
