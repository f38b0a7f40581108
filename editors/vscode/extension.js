// Emend for VS Code: starts `emend lsp` and adds what the protocol has no words for: free text, a toast with a Cancel
// button for each task, questions that show the whole command or diff (questions.js), answers that stream (answers.js),
// and colours for changes that wait (hunks.js).
'use strict';

const { execFile } = require('child_process');
const vscode = require('vscode');
const { LanguageClient, State, TransportKind } = require('vscode-languageclient/node');
const { Answers } = require('./answers');
const { Hunks } = require('./hunks');
const { Lookup } = require('./lookup');
const { Questions } = require('./questions');

let client;
let questions, answers, hunks, lookup;
const tasks = new Map(); // task id -> { task, report, end } of the tasks that run
let newest; // the task that was heard of last

// Announces to the server that we know its own messages.
const emendFeature = {
	fillClientCapabilities(capabilities) {
		capabilities.experimental =
			Object.assign({}, capabilities.experimental,
				      { emend : { diagnostics : true, lookup : true } });
	},
	initialize() {},
	getState() {
		return { kind : 'static' };
	},
	clear() {},
};

function settings() {
  const all = vscode.workspace.getConfiguration('emend');
  const out = {};
  for (const key of ['model', 'mode', 'approve']) {
    if (all.get(key)) out[key] = all.get(key);
  }
  return out;
}

function program() {
  return vscode.workspace.getConfiguration('emend').get('path') || 'emend';
}

function newClient() {
  const run = { command: program(), args: ['lsp'], transport: TransportKind.stdio };
  const made = new LanguageClient('emend', 'Emend', { run, debug: run }, {
    // Without a scheme, output panels and diffs would be opened on the server too; what has no file cannot be worked on.
    documentSelector: [{ scheme: 'file' }],
    initializationOptions: { emend: settings(), trusted: vscode.workspace.isTrusted },
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
  made.onNotification('emend/text', (piece) => answers.onText(piece, tasks.get(piece.taskId)?.task));
  made.onNotification('emend/show', (report) => answers.onShow(report));
  made.onNotification('emend/hunks', (params) => hunks.onHunks(params));
  made.onNotification('emend/questionClosed', (params) => questions.close(params.question));
  made.onRequest('emend/diagnostics', (params) => lookup.onDiagnostics(params));
  made.onRequest('emend/lookup', (params) => lookup.onLookup(params));
  made.onRequest('emend/permission', (request) => questions.onPermission(request));
  made.onRequest('emend/question', (request) => questions.onQuestion(request));
  made.onDidChangeState((event) => {
    if (event.newState === State.Stopped) onStopped();
  });
  return made;
}

// --- tasks ---------------------------------------------------------------------------------------

// One toast a task: it closes when the task ends, and its Cancel button stops the task.
function onTask(task) {
  let known = tasks.get(task.taskId);
  newest = task.taskId;
  if (task.state !== 'running') {
    if (known) {
      tasks.delete(task.taskId);
      known.end();
    }
    return;
  }
  if (!known) {
    known = { task };
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

// The server has ended, and its tasks with it; the client starts it again by itself, up to four times.
function onStopped() {
  const titles = [...tasks.values()].map((known) => known.task.title || known.task.taskId);
  for (const known of tasks.values()) known.end();
  tasks.clear();
  questions.close();
  hunks.clear();
  if (titles.length) {
    vscode.window.showErrorMessage(`Emend: the server ended, and with it: ${titles.join('; ')}. ` +
      'What was changed is kept; "Emend: Undo Last Task" takes it back.');
  }
}

async function execute(command, argument) {
  try {
    return await client.sendRequest('workspace/executeCommand', { command, arguments: argument ? [argument] : [] });
  } catch (e) {
    vscode.window.showErrorMessage('Emend: ' + reason(e));
    return undefined;
  }
}

function reason(e) {
  return e && e.message ? e.message : String(e);
}

function activeUri() {
  const editor = vscode.window.activeTextEditor;
  return editor && editor.document.uri.scheme === 'file' ? client.code2ProtocolConverter.asUri(editor.document.uri) : undefined;
}

async function doTask() {
  const uri = activeUri();
  const task = await vscode.window.showInputBox({ prompt: 'What should Emend do?', ignoreFocusOut: true });
  if (task) await execute('emend.do', { task, uri });
}

async function refactor() {
  const editor = vscode.window.activeTextEditor;
  const uri = activeUri();
  if (!uri) {
    vscode.window.showWarningMessage('Emend: open a file first; what is in no file yet must be saved.');
    return;
  }
  const range = client.code2ProtocolConverter.asRange(editor.selection);
  const instruction = await vscode.window.showInputBox({ prompt: 'How should this code change?', ignoreFocusOut: true });
  if (instruction) await execute('emend.refactor', { uri, range, instruction });
}

async function inThisFile(command) {
  const uri = activeUri();
  if (uri) await execute(command, { uri });
}

async function status() {
  try {
    const s = await client.sendRequest('emend/serverStatus', {});
    const mib = (s.rssBytes / 1048576).toFixed(1);
    const sandbox = typeof s.sandbox === 'string' ? s.sandbox : JSON.stringify(s.sandbox);
    vscode.window.showInformationMessage(`Emend: model ${s.model || 'not set'}, sandbox ${sandbox}, ${mib} MiB`);
  } catch (e) {
    const answer = await vscode.window.showErrorMessage(`Emend does not run (${reason(e)}).`, 'Restart Server');
    if (answer) await restart();
  }
}

// --- starting ------------------------------------------------------------------------------------

// Why the program cannot be run, or undefined. Asked before the client starts it: the client's own message names
// neither the setting nor the cause.
function problem() {
  return new Promise((resolve) => {
    execFile(program(), ['--version'], { timeout: 10000 }, (e) => {
      if (!e) resolve(undefined);
      else if (e.code === 'ENOENT') resolve(`the program "${program()}" was not found`);
      else if (e.code === 'EACCES') resolve(`"${program()}" may not be executed`);
      else resolve(reason(e));
    });
  });
}

async function start() {
  let why = await problem();
  if (!why) {
    try {
      client = newClient();
      await client.start();
      return;
    } catch (e) {
      why = reason(e);
      client = undefined;
    }
  }
  const answer = await vscode.window.showErrorMessage(`Emend does not start: ${why}.`, 'Open Setting', 'How to Install');
  if (answer === 'Open Setting') await vscode.commands.executeCommand('workbench.action.openSettings', 'emend.path');
  if (answer === 'How to Install') await vscode.commands.executeCommand('extension.open', 'emend.emend');
}

async function restart() {
  const old = client;
  client = undefined;
  await old?.stop().catch(() => {});
  await start();
}

// A command for people; without a server it says so, and tries to start it.
function command(name, run) {
  return vscode.commands.registerCommand(name, async (...args) => {
    if (!client) await start();
    if (client) await run(...args);
  });
}

async function activate(context) {
  answers = new Answers(context);
  hunks = new Hunks(context);
  lookup = new Lookup();
  context.subscriptions.push(lookup);
  questions = new Questions(context, (question, value) => client?.sendNotification('emend/answer',
    { question: question.id, [question.permission ? 'title' : 'answer']: value }));
  // The server's own commands are registered by the client under their own names (emend.do, ...), so
  // the ones for people have others.
  context.subscriptions.push(
    command('emend.ui.do', doTask),
    command('emend.ui.refactor', refactor),
    command('emend.ui.cancel', () => execute('emend.cancel', {})),
    command('emend.ui.undo', () => execute('emend.undo', {})),
    command('emend.ui.diff', () => execute('emend.diff', {})),
    command('emend.ui.log', () => answers.log(newest)),
    command('emend.ui.acceptAll', () => inThisFile('emend.acceptAll')),
    command('emend.ui.rejectAll', () => inThisFile('emend.rejectAll')),
    command('emend.ui.status', status),
    vscode.commands.registerCommand('emend.ui.restart', restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('emend.path')) restart();
    }),
  );
  await start();
}

function deactivate() {
  return client ? client.stop() : undefined;
}

module.exports = { activate, deactivate };
