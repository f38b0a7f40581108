// The official MCP clients talk to `emend mcp` and to `emend serve`: the SDK of the older era, and the dual-era client in each
// of its modes.
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
// An editor with a file that is not saved, and what both SDKs make of the tools that come with it.
class Editor {
  constructor(folder) {
    this.text = "# not saved\nold\n";
    this.version = 1;
    this.asked = [];
    this.answer = { title: "Allow once" };
    this.uri = pathToFileURL(folder + "/a.txt").href;
    const root = pathToFileURL(folder).href;
    this.p = spawn(process.env.EMEND, ["lsp"], { cwd: folder, env: command.env, stdio: ["pipe", "pipe", "inherit"] });
    this.rest = Buffer.alloc(0);
    this.p.stdout.on("data", (piece) => this.read(piece));
    this.send({ id: 1, method: "initialize", params: { processId: null, rootUri: root, workspaceFolders: [{ uri: root, name: "w" }],
      capabilities: { workspace: { applyEdit: true, workspaceEdit: { documentChanges: true } } } } });
    this.send({ method: "initialized", params: {} });
    this.send({ method: "textDocument/didOpen", params: { textDocument: { uri: this.uri, languageId: "text", version: 1, text: this.text } } });
  }
  send(message) {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    this.p.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.p.stdin.write(body);
  }
  read(piece) {
    this.rest = Buffer.concat([this.rest, piece]);
    for (;;) {
      const end = this.rest.indexOf("\r\n\r\n");
      const length = end < 0 ? NaN : Number(/Content-Length: (\d+)/.exec(this.rest.subarray(0, end).toString())[1]);
      if (end < 0 || this.rest.length < end + 4 + length) return;
      this.take(JSON.parse(this.rest.subarray(end + 4, end + 4 + length)));
      this.rest = this.rest.subarray(end + 4 + length);
    }
  }
  take(m) {
    if (m.id === undefined || !m.method) return;
    let result = null;
    if (m.method === "window/showMessageRequest") {
      this.asked.push(m.params.message);
      result = this.answer;
    } else if (m.method === "workspace/applyEdit") {
      const lines = this.text.split("\n");
      for (const e of m.params.edit.documentChanges[0].edits) {
        const at = (p) => lines.slice(0, p.line).reduce((n, l) => n + l.length + 1, 0) + p.character;
        this.text = this.text.slice(0, at(e.range.start)) + e.newText + this.text.slice(at(e.range.end));
      }
      this.version++;
      this.send({ method: "textDocument/didChange", params: {
        textDocument: { uri: this.uri, version: this.version }, contentChanges: [{ text: this.text }] } });
      result = { applied: true };
    }
    this.send({ id: m.id, result });
  }
}

const work = process.env.WORK + "/work";
mkdirSync(work);
mkdirSync(process.env.WORK + "/run", { mode: 0o700 });
writeFileSync(work + "/a.txt", "old\n");
command.cwd = work;
command.env.XDG_RUNTIME_DIR = process.env.WORK + "/run";
const edits = [{ old_text: "old", new_text: "new" }];
for (const name of ["@modelcontextprotocol/sdk", "@modelcontextprotocol/client, legacy", "@modelcontextprotocol/client, pinned to 2026-07-28"]) {
  n++;
  let editor;
  try {
    const [client, transport] = await clients[name]();
    await client.connect(transport);
    const names = async () => (await client.listTools()).tools.map((t) => t.name);
    const use = async (tool, args) => {
      const r = await client.callTool({ name: tool, arguments: args });
      return [r.isError ?? false, r.content[0].text];
    };
    assert.ok(!(await names()).includes("read_buffer"));
    editor = new Editor(work);
    for (let tries = 0; (await use("read_buffer", { path: "a.txt" }))[0]; tries++) { // until the editor is there
      assert.ok(tries < 600);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.match((await use("read_buffer", { path: "a.txt" }))[1], /# not saved/);
    let [wrong, text] = await use("propose_edit", { path: "a.txt", edits });
    assert.equal(wrong, false, text);
    assert.match(editor.asked[0], /check asks for this, another program, over MCP/);
    assert.equal(editor.text, "# not saved\nnew\n");
    assert.equal(readFileSync(work + "/a.txt", "utf8"), "old\n");
    editor.answer = { title: "Deny" };
    [wrong, text] = await use("propose_edit", { path: "a.txt", edits: [{ old_text: "new", new_text: "newer" }] });
    assert.equal(wrong, true);
    assert.match(text, /said no/);
    await client.close();
    console.log(`ok ${n} - in an editor: ${name}`);
  } catch (e) {
    failed++;
    console.log(`not ok ${n} - in an editor: ${name}\n# ${String(e.stack).replaceAll("\n", "\n# ")}`);
  }
  editor?.p.kill("SIGKILL");
  await new Promise((resolve) => (editor ? editor.p.on("exit", resolve) : resolve()));
}
service.removeAllListeners("exit");
service.kill();
console.log(`1..${n}`);
process.exit(failed ? 1 : 0);
