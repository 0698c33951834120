import { requestAdapter } from "./adapter.ts";

/** Memory on a compute device. */
export type DeviceMemory = GPUBuffer;

/** How a kernel sees one memory. */
export interface Binding {
  readonly access: "read" | "write" | "uniform";
  /** WGSL type, e.g. `array<vec4<f32>>`. */
  readonly type: string;
  /** Bytes that a dispatch sees, from an offset of its own; absent: the whole memory. */
  readonly windowBytes?: number;
}

/** A compute shader: its bindings by their WGSL names, its declarations and its entry point `main`. */
export interface KernelSource {
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly code: string;
}

/** A compiled kernel; made by the device that runs it. */
export interface Kernel {
  readonly source: KernelSource;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** A kernel and the memories it works on. */
export interface BoundKernel {
  readonly kernel: Kernel;
  readonly group: GPUBindGroup;
}

/** One launch of a kernel; `offsets` [bytes] of its windows, in the order of the bindings. */
export interface Dispatch {
  readonly bound: BoundKernel;
  readonly groups: readonly [number, number, number];
  readonly offsets: readonly number[];
}

/** A compute device. It runs commands in the order in which they are given. Only `read` waits for them. */
export interface ComputeDevice {
  /** Bytes of the largest memory, and the most that a kernel sees of one. */
  readonly limits: { readonly memory: number; readonly binding: number };
  /** Memory full of zeros. `what` is for the message if it is too large. */
  allocate(bytes: number, what: string): DeviceMemory;
  write(memory: DeviceMemory, data: ArrayBufferView<ArrayBuffer>, at?: number): void;
  /** Sets all of a memory, or `bytes` of it from `from` on, to 0. */
  clear(memory: DeviceMemory, part?: { from: number; bytes: number }): void;
  compile(source: KernelSource): Kernel;
  bind(kernel: Kernel, memories: Readonly<Record<string, DeviceMemory>>): BoundKernel;
  submit(dispatches: readonly Dispatch[]): void;
  /** The first `bytes` of a memory. Rejects if anything that the device was told before has failed. */
  read(memory: DeviceMemory, bytes: number): Promise<ArrayBuffer>;
  /** Frees everything on the device; what is being read is rejected. */
  close(): void;
}

/** Windows of a memory begin at multiples of this [bytes]; the largest that WebGPU lets a device ask for. */
export const WINDOW_ALIGNMENT = 256;

/** Opens a WebGPU device with all the memory that its adapter offers. */
export async function openDevice(gpu: Pick<GPU, "requestAdapter"> = navigator.gpu): Promise<ComputeDevice> {
  const adapter = await requestAdapter(gpu);
  if (!adapter) {
    throw new Error("Cannot open a WebGPU device: this machine offers no adapter. Use --engine wasm.");
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return new WebGpuDevice(
    await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } }),
  );
}

class WebGpuDevice implements ComputeDevice {
  readonly limits: ComputeDevice["limits"];
  readonly #device: GPUDevice;
  readonly #reads = new Set<(failure: Error) => void>();
  #failure?: Error;

  constructor(device: GPUDevice) {
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.#device = device;
    this.limits = { memory: maxBufferSize, binding: maxStorageBufferBindingSize };
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault(); // else it is printed as well
      this.#fail(describe((event as GPUUncapturedErrorEvent).error));
    });
    device.lost.then(({ message }) => this.#fail(`The WebGPU device was lost: ${message}. Run again.`));
  }

  /** Ends all reads, now and later: results after a failure would be wrong. */
  #fail(message: string): void {
    this.#failure ??= new Error(message);
    for (const reject of this.#reads) reject(this.#failure);
    this.#reads.clear();
  }

  allocate(bytes: number, what: string): GPUBuffer {
    if (bytes > this.limits.memory) {
      throw new Error(
        `Cannot hold ${what} of ${bytes} bytes on the WebGPU device, at most ${this.limits.memory} each: ` +
          "use a smaller problem or --engine wasm",
      );
    }
    const { STORAGE, UNIFORM, COPY_SRC, COPY_DST } = GPUBufferUsage;
    return this.#device.createBuffer({
      size: wholeWords(bytes),
      usage: STORAGE | UNIFORM | COPY_SRC | COPY_DST,
    });
  }

  write(memory: GPUBuffer, data: ArrayBufferView<ArrayBuffer>, at = 0): void {
    this.#device.queue.writeBuffer(memory, at, data);
  }

  clear(memory: GPUBuffer, { from, bytes } = { from: 0, bytes: memory.size }): void {
    this.#submit((encoder) => encoder.clearBuffer(memory, from, bytes));
  }

  compile(source: KernelSource): Kernel {
    const bindings = Object.entries(source.bindings);
    const layout = this.#device.createBindGroupLayout({ entries: bindings.map(([, b], i) => entryOf(b, i)) });
    const code = bindings.map(([name, b], i) => declarationOf(b, { name, i })).join("\n") + source.code;
    const pipeline = this.#device.createComputePipeline({
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.#device.createShaderModule({ code }), entryPoint: "main" },
    });
    return { source, pipeline, layout };
  }

  bind(kernel: Kernel, memories: Readonly<Record<string, GPUBuffer>>): BoundKernel {
    const entries = Object.entries(kernel.source.bindings).map(([name, { windowBytes }], binding) => {
      const buffer = memories[name], size = windowBytes ?? buffer.size;
      if (size > this.limits.binding) {
        throw new Error(tooLargeToSee({ name, size, most: this.limits.binding }));
      }
      return { binding, resource: { buffer, size } };
    });
    return { kernel, group: this.#device.createBindGroup({ layout: kernel.layout, entries }) };
  }

  submit(dispatches: readonly Dispatch[]): void {
    this.#submit((encoder) => {
      const pass = encoder.beginComputePass();
      for (const { bound: { kernel, group }, groups, offsets } of dispatches) {
        pass.setPipeline(kernel.pipeline);
        pass.setBindGroup(0, group, offsets as number[]);
        pass.dispatchWorkgroups(...groups);
      }
      pass.end();
    });
  }

  #submit(encode: (encoder: GPUCommandEncoder) => void): void {
    const encoder = this.#device.createCommandEncoder();
    encode(encoder);
    this.#device.queue.submit([encoder.finish()]);
  }

  async read(memory: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    if (this.#failure) throw this.#failure;
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const copy = this.#device.createBuffer({ size: wholeWords(bytes), usage: MAP_READ | COPY_DST });
    try {
      this.#submit((encoder) => encoder.copyBufferToBuffer(memory, 0, copy, 0, copy.size));
      await this.#unlessFailed(copy.mapAsync(GPUMapMode.READ));
      return copy.getMappedRange().slice(0, bytes);
    } finally {
      copy.destroy();
    }
  }

  /** The device's own failure rejects, whether or not the work would ever settle; it explains more than the work's. */
  async #unlessFailed(work: Promise<unknown>): Promise<void> {
    const failed = Promise.withResolvers<never>();
    this.#reads.add(failed.reject);
    try {
      await Promise.race([failed.promise, work.finally(nextTask)]);
    } catch (error) {
      throw this.#failure ?? error;
    } finally {
      this.#reads.delete(failed.reject);
    }
    if (this.#failure) throw this.#failure;
  }

  close(): void {
    this.#fail("The WebGPU device was closed before its work was done");
    this.#device.destroy();
  }
}

/** The device reports errors asynchronously. A report may come after the work that it belongs to. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function describe(error: GPUError): string {
  if (error instanceof GPUOutOfMemoryError) {
    return "The WebGPU device is out of memory: give it less to keep, or use --engine wasm";
  }
  return `The WebGPU device refused its work: ${error.message}`;
}

function tooLargeToSee({ name, size, most }: { name: string; size: number; most: number }): string {
  return `A kernel cannot see the ${size} bytes of ${name}, on this WebGPU device at most ${most}: ` +
    "use a smaller problem or --engine wasm";
}

/** Copies and clears take whole words of four bytes; nothing may be empty. */
function wholeWords(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 4) * 4);
}

const ACCESS = {
  read: { type: "read-only-storage", variable: "var<storage, read>" },
  write: { type: "storage", variable: "var<storage, read_write>" },
  uniform: { type: "uniform", variable: "var<uniform>" },
} as const;

function entryOf({ access, windowBytes }: Binding, binding: number): GPUBindGroupLayoutEntry {
  const buffer = { type: ACCESS[access].type, hasDynamicOffset: windowBytes !== undefined };
  return { binding, visibility: GPUShaderStage.COMPUTE, buffer };
}

function declarationOf({ access, type }: Binding, { name, i }: { name: string; i: number }): string {
  return `@group(0) @binding(${i}) ${ACCESS[access].variable} ${name}: ${type};`;
}
