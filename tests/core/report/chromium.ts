const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
  "--window-size=420,800",
];

/** Opens a file in headless Chromium; gives an expression's value, and every error the page logged. */
export async function openPage(
  path: string,
  expression: string,
): Promise<{ value: unknown; complaints: string[] }> {
  const profile = await Deno.makeTempDir();
  const command = new Deno.Command("chromium", {
    args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
    stdout: "null",
    stderr: "piped",
  });
  const process = command.spawn();
  const errors = process.stderr.pipeThrough(new TextDecoderStream());
  try {
    const session = await connect(await debuggerAddress(errors));
    try {
      return await visit(session, { path, expression });
    } finally {
      await session.call("Browser.close");
      session.close();
    }
  } finally {
    await process.status;
    await Deno.remove(profile, { recursive: true });
  }
}

async function debuggerAddress(lines: ReadableStream<string>): Promise<string> {
  let text = "", address: string | undefined;
  for await (const chunk of lines) {
    text += chunk;
    address = /DevTools listening on (\S+)\s/.exec(text)?.[1];
    if (address) break;
  }
  if (!address) throw new Error(`Chromium ended without a debugger address: ${text}`);
  return address;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: any;
  readonly result?: any;
}

/** The part of the DevTools protocol that a test needs. */
async function connect(address: string) {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number, (result: any) => void>(), events: Message[] = [];
  let heard = () => {};
  socket.onmessage = ({ data }) => {
    const message: Message = JSON.parse(data);
    if (message.id !== undefined) waiting.get(message.id)?.(message.result);
    else events.push(message);
    heard();
  };
  let next = 0;
  const call = (method: string, params: object = {}, sessionId?: string): Promise<any> =>
    new Promise((resolve) => {
      waiting.set(++next, resolve);
      socket.send(JSON.stringify({ id: next, method, params, sessionId }));
    });
  const event = async (method: string) => {
    while (!events.some((e) => e.method === method)) await new Promise<void>((resolve) => heard = resolve);
  };
  return { call, event, events, close: () => socket.close() };
}

async function visit(
  { call, event, events }: Awaited<ReturnType<typeof connect>>,
  { path, expression }: { path: string; expression: string },
) {
  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  for (const domain of ["Log", "Runtime", "Page"]) await call(`${domain}.enable`, {}, sessionId);
  await call("Page.navigate", { url: `file://${path}` }, sessionId);
  await event("Page.loadEventFired");
  const options = { expression, awaitPromise: true, returnByValue: true };
  const { result } = await call("Runtime.evaluate", options, sessionId);
  const complaints = events.flatMap(({ method, params }) => {
    if (method === "Log.entryAdded") return [String(params.entry.text)];
    if (method === "Runtime.exceptionThrown") return [JSON.stringify(params.exceptionDetails)];
    return [];
  });
  return { value: result.value, complaints };
}
