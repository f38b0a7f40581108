// Emend for VS Code: starts `emend lsp` and adds what the protocol has no words for: free text, a
// toast with a Cancel button for each task, and permission questions that show the whole command.
'use strict';

const vscode = require('vscode');
const { LanguageClient, TransportKind } = require('vscode-languageclient/node');

let client;
const tasks = new Map(); // task id -> { state, title, report, end } of the tasks that run
const diffs = new Map(); // path of an emend-diff: document -> its text
let diffCount = 0;

// Announces to the server that we know its own messages.
const emendFeature = {
  fillClientCapabilities(capabilities) {
    capabilities.experimental = Object.assign({}, capabilities.experimental, { emend: true });
  },
  initialize() {},
  getState() {
    return { kind: 'static' };
  },
  clear() {},
};

function settings() {
  const all = vscode.workspace.getConfiguration('emend');
  const out = {};
  for (const key of ['model', 'mode']) {
    if (all.get(key)) out[key] = all.get(key);
  }
  return out;
}

function newClient() {
  const command = vscode.workspace.getConfiguration('emend').get('path') || 'emend';
  const run = { command, args: ['lsp'], transport: TransportKind.stdio };
  const made = new LanguageClient('emend', 'Emend', { run, debug: run }, {
    // Without schemes, output panels and diffs would be opened on the server too.
    documentSelector: [{ scheme: 'file' }, { scheme: 'untitled' }],
    initializationOptions: { emend: settings() },
    markdown: { isTrusted: false },
    // The server takes its own settings only: emend.path is ours, and what is unset stays unset.
    middleware: {
      workspace: {
        configuration: (params) => params.items.map((item) => (item.section === 'emend' ? settings() : null)),
        didChangeConfiguration: () =>
          made.sendNotification('workspace/didChangeConfiguration', { settings: { emend: settings() } }),
      },
    },
  });
  made.registerFeature(emendFeature);
  made.onNotification('emend/task', onTask);
  made.onNotification('emend/text', () => {});
  made.onNotification('emend/show', onShow);
  made.onRequest('emend/permission', onPermission);
  made.onRequest('emend/question', onQuestion);
  return made;
}

// One toast a task: it closes when the task ends, and its Cancel button stops the task.
function onTask(task) {
  let known = tasks.get(task.taskId);
  if (task.state !== 'running') {
    if (known) {
      tasks.delete(task.taskId);
      known.end();
    }
    return;
  }
  if (!known) {
    known = {};
    tasks.set(task.taskId, known);
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'Emend: ' + (task.title || 'a task'),
      cancellable: true,
    };
    vscode.window.withProgress(options, (progress, token) => {
      known.report = (message) => progress.report({ message });
      token.onCancellationRequested(() => execute('emend.cancel', { task: task.taskId }));
      return new Promise((resolve) => {
        known.end = resolve;
      });
    });
  }
  if (task.message && known.report) known.report(task.message);
}

// A report is a Markdown file: it is shown rendered, beside the user's code.
async function onShow(report) {
  await vscode.commands.executeCommand('markdown.showPreviewToSide', vscode.Uri.parse(report.uri));
}

// Shows a diff beside the user's editor for as long as a question about it is open. Its text has a scheme
// of its own: an untitled document would stay behind, unsaved.
async function withDiff(diff, ask) {
  const uri = vscode.Uri.from({ scheme: 'emend-diff', path: `/${++diffCount}/Emend: proposed change` });
  diffs.set(uri.path, diff);
  try {
    const shown = await vscode.languages.setTextDocumentLanguage(await vscode.workspace.openTextDocument(uri), 'diff');
    await vscode.window.showTextDocument(shown, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true });
    return await ask();
  } finally {
    diffs.delete(uri.path);
    const isOurs = (tab) => tab.input instanceof vscode.TabInputText && tab.input.uri.path === uri.path;
    await vscode.window.tabGroups.close(vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter(isOurs)), true);
  }
}

// Modal, as the command must be read in full; closing it is a no. It takes the keys of a user who is typing, and
// its first button has the focus: that one must be a no, too.
async function onPermission(request) {
  const options = ['Deny', ...request.options.filter((option) => option !== 'Deny')];
  const detail = [request.subject, request.reason].filter(Boolean).join('\n\n');
  const ask = () => vscode.window.showWarningMessage('Emend: ' + request.title, { modal: true, detail }, ...options);
  const answer = await (request.diff ? withDiff(request.diff, ask) : ask());
  return { title: answer || 'Deny' };
}

async function onQuestion(request) {
  const answer = request.options && request.options.length
    ? await vscode.window.showQuickPick(request.options, { title: request.text, ignoreFocusOut: true })
    : await vscode.window.showInputBox({ prompt: request.text, ignoreFocusOut: true });
  return { answer: answer || '' };
}

async function execute(command, argument) {
  try {
    return await client.sendRequest('workspace/executeCommand', { command, arguments: argument ? [argument] : [] });
  } catch (e) {
    vscode.window.showErrorMessage('Emend: ' + e.message);
    return undefined;
  }
}

function activeUri() {
  const editor = vscode.window.activeTextEditor;
  return editor ? client.code2ProtocolConverter.asUri(editor.document.uri) : undefined;
}

async function doTask() {
  const task = await vscode.window.showInputBox({ prompt: 'What should Emend do?', ignoreFocusOut: true });
  if (task) await execute('emend.do', { task, uri: activeUri() });
}

async function refactor() {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  const range = client.code2ProtocolConverter.asRange(editor.selection);
  const instruction = await vscode.window.showInputBox({ prompt: 'How should this code change?', ignoreFocusOut: true });
  if (instruction) await execute('emend.refactor', { uri: activeUri(), range, instruction });
}

async function status() {
  const s = await client.sendRequest('emend/serverStatus', {});
  const mib = (s.rssBytes / 1048576).toFixed(1);
  const sandbox = typeof s.sandbox === 'string' ? s.sandbox : JSON.stringify(s.sandbox);
  vscode.window.showInformationMessage(`Emend: model ${s.model || 'not set'}, sandbox ${sandbox}, ${mib} MiB`);
}

async function restart() {
  for (const task of tasks.values()) task.end();
  tasks.clear();
  await client.stop().catch(() => {});
  client = newClient();
  await client.start();
}

async function activate(context) {
  client = newClient();
  // The server's own commands are registered by the client under their own names (emend.do, ...), so
  // the ones for people have others.
  const commands = {
    'emend.ui.do': doTask,
    'emend.ui.refactor': refactor,
    'emend.ui.cancel': () => execute('emend.cancel', {}),
    'emend.ui.undo': () => execute('emend.undo', {}),
    'emend.ui.status': status,
    'emend.ui.restart': restart,
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, run));
  }
  context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider('emend-diff',
    { provideTextDocumentContent: (uri) => diffs.get(uri.path) || '' }));
  try {
    await client.start();
  } catch (e) {
    vscode.window.showErrorMessage(`Emend does not start (${e.message}). Is emend.path right?`);
  }
}

function deactivate() {
  return client ? client.stop() : undefined;
}

module.exports = { activate, deactivate };
