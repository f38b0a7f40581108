// The official MCP clients talk to `emend mcp` and to `emend serve`: the SDK of the older era, and the dual-era client in each
// of its modes.
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.env.SDK_ROOT + "/x.js").href);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const command = { command: process.env.EMEND, args: ["mcp"], env: { PATH: process.env.PATH, HOME: process.env.WORK }, stderr: "inherit" };
const info = { name: "check", version: "1" };

const token = "a-token-of-the-tests";
const service = spawn(process.env.EMEND, ["serve", "--http", "127.0.0.1:0"],
  { env: { ...command.env, EMEND_SERVE_TOKEN: token }, stdio: ["ignore", "ignore", "pipe"] });
const url = await new Promise((resolve, reject) => {
  let text = "";
  service.on("exit", () => reject(new Error("emend serve: " + text)));
  service.stderr.on("data", (piece) => {
    text += piece;
    const line = /listening on (\S+)\n/.exec(text);
    if (line) resolve(new URL(`http://${line[1]}/mcp`));
  });
});
const http = { requestInit: { headers: { Authorization: `Bearer ${token}` } } };

const clients = {
  "@modelcontextprotocol/sdk over HTTP": async () => {
    const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
    const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");
    return [new Client(info), new StreamableHTTPClientTransport(url, http)];
  },
  "@modelcontextprotocol/sdk": async () => {
    const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
    const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");
    return [new Client(info), new StdioClientTransport(command)];
  },
};
for (const [name, mode] of [["legacy", "legacy"], ["auto", "auto"], ["pinned to 2026-07-28", { pin: "2026-07-28" }]]) {
  clients[`@modelcontextprotocol/client, ${name}`] = async () => {
    const { Client } = await load("@modelcontextprotocol/client");
    const { StdioClientTransport } = await load("@modelcontextprotocol/client/stdio");
    return [new Client(info, { versionNegotiation: { mode } }), new StdioClientTransport(command)];
  };
  clients[`@modelcontextprotocol/client over HTTP, ${name}`] = async () => {
    const { Client, StreamableHTTPClientTransport } = await load("@modelcontextprotocol/client");
    return [new Client(info, { versionNegotiation: { mode } }), new StreamableHTTPClientTransport(url, http)];
  };
}

const run = async (client, language, code, more = {}) => {
  const result = await client.callTool({ name: "execute_code", arguments: { language, code, ...more } });
  assert.equal(result.isError ?? false, false);
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
  return result.structuredContent;
};

let n = 0, failed = 0;
for (const [name, make] of Object.entries(clients)) {
  n++;
  try {
    const [client, transport] = await make();
    await client.connect(transport);
    assert.equal(client.getServerVersion()?.name, "emend");
    const { tools } = await client.listTools();
    assert.ok(tools.find((t) => t.name === "execute_code").inputSchema.properties.code);
    const py = await run(client, "python", "import os, sys; print(os.environ['A'], sys.stdin.read())",
      { environment_vars: { A: "1" }, stdin_data: "in" });
    assert.equal(py.status, "success");
    assert.equal(py.stdout, "1 in\n");
    const js = await run(client, "javascript", "console.log([1, 2].map((x) => x * 2).join())");
    assert.equal(js.stdout, "2,4\n");
    const slow = await run(client, "bash", "sleep 60", { timeout_seconds: 0.2 });
    assert.equal(slow.status, "timeout");
    const wrong = await client.callTool({ name: "execute_code", arguments: { language: "cobol", code: "x" } });
    assert.equal(wrong.isError, true);
    await assert.rejects(client.callTool({ name: "frobnicate", arguments: {} }));
    const languages = await client.callTool({ name: "list_languages", arguments: {} });
    assert.equal(languages.structuredContent.languages.python.available, true);
    const stop = new AbortController();
    const dropped = client.callTool({ name: "execute_code", arguments: { language: "bash", code: "sleep 61" } },
      ...(name.includes("/sdk") ? [undefined] : []), { signal: stop.signal });
    setImmediate(() => stop.abort());
    await assert.rejects(dropped);
    assert.equal((await run(client, "bash", "echo on")).stdout, "on\n");
    await client.close();
    console.log(`ok ${n} - ${name}`);
  } catch (e) {
    failed++;
    console.log(`not ok ${n} - ${name}\n# ${String(e.stack).replaceAll("\n", "\n# ")}`);
  }
}
service.removeAllListeners("exit");
service.kill();
console.log(`1..${n}`);
process.exit(failed ? 1 : 0);
