// The official protocol library as an editor, as play.py drives it: a client that knows LSP and nothing of Emend. What a
// person does is a message, what is seen is what the server sent. LIBRARY is the folder with its node_modules.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { serve } from './lines.mjs';

const need = createRequire(process.env.LIBRARY + '/');
const p = need('vscode-languageserver-protocol/node');
const { TextDocument } = need('vscode-languageserver-textdocument');

const [work, first] = process.argv.slice(2);
const uri = pathToFileURL(`${work}/${first}`).href;
let document = TextDocument.create(uri, 'c', 1, fs.readFileSync(`${work}/${first}`, 'utf8'));
let connection;
let child;
let serving = false;
let asked; // { text, actions, answer }
let report = '';
let task; // the id of the newest
let session = '';
let gone = 0; // servers that ended
const said = [];
const running = new Set(); // tokens

const CAPABILITIES = {
  workspace: { applyEdit: true, workspaceEdit: { documentChanges: true }, executeCommand: {}, configuration: true },
  textDocument: {
    synchronization: {}, codeLens: {},
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: [''] } }, dataSupport: true },
  },
  window: { workDoneProgress: true, showDocument: { support: true }, showMessage: { messageActionItem: {} } },
  general: { positionEncodings: ['utf-16'] },
};

// What is typed, or what the server edits, goes to both.
function change(edits) {
  const changes = edits.map((e) => ({ range: e.range, text: e.newText }))
    .sort((a, b) => b.range.start.line - a.range.start.line || b.range.start.character - a.range.start.character);
  document = TextDocument.update(document, changes, document.version + 1);
  void connection.sendNotification(p.DidChangeTextDocumentNotification.type,
    { textDocument: { uri, version: document.version }, contentChanges: changes });
}

function applyEdit({ edit }) {
  for (const one of edit.documentChanges) {
    if (one.textDocument.uri !== uri) return { applied: false, failureReason: 'not open: ' + one.textDocument.uri };
    if ((one.textDocument.version ?? document.version) !== document.version) return { applied: false, failureReason: 'changed since' };
    change(one.edits);
  }
  return { applied: true };
}

function ask(params) {
  return new Promise((resolve) => {
    asked = { text: params.message, actions: params.actions ?? [], answer: resolve };
  });
}

async function start() {
  child = spawn(process.env.EMEND, ['lsp'], { cwd: work, stdio: ['pipe', 'pipe', 'inherit'] });
  connection = p.createProtocolConnection(new p.StreamMessageReader(child.stdout), new p.StreamMessageWriter(child.stdin));
  child.on('exit', () => {
    if (!serving) return;
    serving = false;
    gone += 1;
    running.clear();
    asked = undefined;
    void start(); // as a client does
  });
  connection.onRequest(p.ApplyWorkspaceEditRequest.type, applyEdit);
  connection.onRequest(p.ShowMessageRequest.type, ask);
  connection.onRequest(p.ConfigurationRequest.type, ({ items }) => items.map(() => null));
  connection.onRequest(p.WorkDoneProgressCreateRequest.type, () => {});
  connection.onRequest(p.RegistrationRequest.type, () => {});
  connection.onRequest(p.ShowDocumentRequest.type, (params) => {
    report = fs.readFileSync(fileURLToPath(params.uri), 'utf8');
    return { success: true };
  });
  connection.onNotification('$/progress', ({ token, value }) => {
    if (value.kind === 'begin') running.add(token);
    if (value.kind === 'end') running.delete(token);
  });
  connection.onNotification(p.ShowMessageNotification.type, (params) => said.push(params.message));
  connection.onError(() => {}); // of a server that was killed
  connection.listen();
  await connection.sendRequest(p.InitializeRequest.type, {
    processId: process.pid, rootUri: pathToFileURL(work).href, capabilities: CAPABILITIES,
    workspaceFolders: [{ uri: pathToFileURL(work).href, name: 'work' }],
  });
  await connection.sendNotification(p.InitializedNotification.type, {});
  await connection.sendNotification(p.DidOpenTextDocumentNotification.type,
    { textDocument: { uri, languageId: 'c', version: document.version, text: document.getText() } });
  serving = true;
}

async function command(name, argument) {
  const result = await connection.sendRequest(p.ExecuteCommandRequest.type, { command: name, arguments: argument ? [argument] : [] });
  if (result?.taskId) task = result.taskId;
  return result;
}

const line = (n) => ({ start: { line: n - 1, character: 0 }, end: { line: n, character: 0 } });

function type(n, text) {
  const end = document.offsetAt({ line: n, character: 0 }) - 1;
  const at = document.positionAt(end);
  change([{ range: { start: at, end: at }, newText: text }]);
}

let bad; // what another server found
let typingAt;

function pick(title) {
  asked.answer(asked.actions.find((a) => a.title === title) ?? null);
  asked = undefined;
}

const driver = {
  ready: () => serving,
  type,
  problem(words) {
    const at = document.positionAt(document.getText().indexOf('BAD'));
    bad = { range: { start: at, end: { line: at.line, character: at.character + 3 } }, severity: 1, message: words, source: 'other' };
    return true;
  },
  async action(from, to, title) {
    const diagnostics = bad && bad.range.start.line === from - 1 ? [bad] : [];
    const actions = await connection.sendRequest(p.CodeActionRequest.type,
      { textDocument: { uri }, range: { start: line(from).start, end: line(to).end }, context: { diagnostics } });
    const found = actions.find((a) => a.title.startsWith(title));
    if (!found) throw new Error(`no action "${title}" in ${actions.map((a) => a.title).join(', ')}`);
    await command(found.command.command, found.command.arguments[0]);
  },
  ask: async (text) => void await command('emend.do', { task: text, uri }),
  question: () => asked?.text ?? '',
  proposal: () => report,
  answer_shown: () => report,
  allow: () => pick('Allow once'),
  deny: () => pick('Deny'),
  choose: pick,
  leave() {
    report = '';
  },
  begin_typing(n) {
    typingAt = n;
  },
  type_on: (text) => type(typingAt, text),
  end_typing() {},
  steer: async (text) => void await command('emend.steer', { task, text }),
  cancel: () => connection.sendNotification(p.WorkDoneProgressCancelNotification.type, { token: [...running].pop() }),
  undo: async () => void await command('emend.undo'),
  accept_all: async () => void await command('emend.acceptAll', { uri }),
  async waiting() {
    const lenses = await connection.sendRequest(p.CodeLensRequest.type, { textDocument: { uri } });
    return (lenses ?? []).filter((l) => l.command.title === 'Reject').length;
  },
  async reject(n) {
    const lenses = await connection.sendRequest(p.CodeLensRequest.type, { textDocument: { uri } });
    const found = lenses.find((l) => l.command.title === 'Reject' && l.range.start.line === n - 1);
    await command(found.command.command, found.command.arguments[0]);
  },
  async before_kill() {
    session = (await command('emend.tasks')).tasks.find((t) => t.taskId === task).session;
  },
  lost: () => gone > 0,
  resume: async () => void await command('emend.resume', { session }),
  text: () => document.getText(),
  running: () => running.size > 0,
  ends: () => said.map((s) => s.match(/(?:: |\d )(done|denied|failed|cancelled|restored)\b/)?.[1]?.replace('restored', 'done')).filter(Boolean),
  screen: () => said.slice(-6).join('\n'),
};

await start();
await serve(driver, async () => {
  serving = false;
  await connection.sendRequest(p.ShutdownRequest.type);
  await connection.sendNotification(p.ExitNotification.type);
  connection.end();
});
process.exit(0);
