/** What the Vulkan loader asks for; where it is not set, as on servers, it complains on stderr and goes on. */
const LOADER_VARIABLE = "XDG_RUNTIME_DIR";

/** The machine's WebGPU adapter, if there is one. */
export async function requestAdapter(
  gpu: Pick<GPU, "requestAdapter"> | undefined = navigator.gpu,
): Promise<GPUAdapter | undefined> {
  const { state } = Deno.permissions.querySync({ name: "env", variable: LOADER_VARIABLE });
  if (state === "granted" && !Deno.env.has(LOADER_VARIABLE)) Deno.env.set(LOADER_VARIABLE, "/tmp");
  return await gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null) ?? undefined;
}
