// Emend for VS Code: starts `emend lsp` (server.ts) and adds what the protocol has no words for: free text, a toast with
// a Cancel button for each task, questions that show the whole command or diff (questions.ts), answers that stream
// (answers.ts), and colours for changes that wait (hunks.ts).
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { Answers } from './answers';
import { Hunks } from './hunks';
import { Lookup } from './lookup';
import type { HunksParams, PermissionRequest, QuestionRequest, ServerStatus, TaskInfo } from './protocol';
import { Questions } from './questions';
import { Server, reason } from './server';

interface Running {
  task: TaskInfo;
  report?: (message: string) => void;
  end: () => void;
}

let server: Server;
let questions: Questions;
let answers: Answers;
let hunks: Hunks;
let lookup: Lookup;
const tasks = new Map<string, Running>();
let newest: string | undefined; // the task that was heard of last

function attach(client: LanguageClient): void {
  client.onNotification('emend/task', onTask);
  client.onNotification('emend/text', (piece: { taskId: string; text: string }) =>
    answers.onText(piece.taskId, piece.text, tasks.get(piece.taskId)?.task));
  client.onNotification('emend/show', (report) => answers.onShow(report));
  client.onNotification('emend/hunks', (params: HunksParams) => hunks.onHunks(params));
  client.onNotification('emend/questionClosed', (params: { question: string }) => questions.close(params.question));
  client.onRequest('emend/diagnostics', (params) => lookup.onDiagnostics(params));
  client.onRequest('emend/lookup', (params) => lookup.onLookup(params));
  client.onRequest('emend/permission', (request: PermissionRequest) => questions.onPermission(request));
  client.onRequest('emend/question', (request: QuestionRequest) => questions.onQuestion(request));
}

// --- tasks ---------------------------------------------------------------------------------------

// One toast a task: it closes when the task ends, and its Cancel button stops the task.
function onTask(task: TaskInfo): void {
  let known = tasks.get(task.taskId);
  newest = task.taskId;
  if (task.state !== 'running') {
    tasks.delete(task.taskId);
    known?.end();
    return;
  }
  if (!known) {
    const made: Running = { task, end: () => {} };
    known = made;
    tasks.set(task.taskId, made);
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'Emend: ' + (task.title || 'a task'),
      cancellable: true,
    };
    void vscode.window.withProgress(options, (progress, token) => {
      made.report = (message) => progress.report({ message });
      token.onCancellationRequested(() => server.execute('emend.cancel', { task: task.taskId }));
      return new Promise<void>((resolve) => {
        made.end = resolve;
      });
    });
  }
  if (task.message) known.report?.(task.message);
}

// The server has ended, and its tasks with it; the client starts it again by itself, up to four times.
function onStopped(): void {
  const titles = [...tasks.values()].map((known) => known.task.title || known.task.taskId);
  for (const known of tasks.values()) known.end();
  tasks.clear();
  questions.close();
  hunks.clear();
  if (titles.length) {
    void vscode.window.showErrorMessage(`Emend: the server ended, and with it: ${titles.join('; ')}. ` +
      'What was changed is kept; "Emend: Undo Last Task" takes it back.');
  }
}

// --- commands ------------------------------------------------------------------------------------

function activeUri(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor?.document.uri.scheme === 'file' ? server.asUri(editor.document.uri) : undefined;
}

async function doTask(): Promise<void> {
  const uri = activeUri();
  const task = await vscode.window.showInputBox({ prompt: 'What should Emend do?', ignoreFocusOut: true });
  if (task) await server.execute('emend.do', { task, uri });
}

async function refactor(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const uri = activeUri();
  if (!editor || !uri) {
    void vscode.window.showWarningMessage('Emend: open a file first; what is in no file yet must be saved.');
    return;
  }
  const { start, end } = editor.selection;
  const range = {
    start: { line: start.line, character: start.character },
    end: { line: end.line, character: end.character },
  };
  const instruction = await vscode.window.showInputBox({ prompt: 'How should this code change?', ignoreFocusOut: true });
  if (instruction) await server.execute('emend.refactor', { uri, range, instruction });
}

async function inThisFile(command: string): Promise<void> {
  const uri = activeUri();
  if (uri) await server.execute(command, { uri });
}

async function status(): Promise<void> {
  try {
    const s = await server.request<ServerStatus>('emend/serverStatus', {});
    const mib = (s.rssBytes / 1048576).toFixed(1);
    void vscode.window.showInformationMessage(`Emend: model ${s.model || 'not set'}, sandbox ${s.sandbox}, ${mib} MiB`);
  } catch (e) {
    const answer = await vscode.window.showErrorMessage(`Emend does not run (${reason(e)}).`, 'Restart Server');
    if (answer) await server.restart();
  }
}

// A command for people; without a server it says so, and tries to start it.
function command<A extends unknown[]>(name: string, run: (...args: A) => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(name, async (...args: A) => {
    if (await server.ready()) await run(...args);
  });
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  server = new Server(attach, onStopped);
  answers = new Answers(context);
  hunks = new Hunks(context);
  lookup = new Lookup();
  questions = new Questions(context, (question, value) => server.notify('emend/answer',
    { question: question.id, [question.permission ? 'title' : 'answer']: value }));
  // The server's own commands are registered by the client under their own names (emend.do, ...), so the ones for
  // people have others.
  context.subscriptions.push(
    lookup,
    command('emend.ui.do', doTask),
    command('emend.ui.refactor', refactor),
    command('emend.ui.cancel', () => server.execute('emend.cancel', {})),
    command('emend.ui.undo', () => server.execute('emend.undo', {})),
    command('emend.ui.diff', () => server.execute('emend.diff', {})),
    command('emend.ui.log', () => answers.log(newest)),
    command('emend.ui.acceptAll', () => inThisFile('emend.acceptAll')),
    command('emend.ui.rejectAll', () => inThisFile('emend.rejectAll')),
    command('emend.ui.status', status),
    vscode.commands.registerCommand('emend.ui.restart', () => server.restart()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('emend.path')) void server.restart();
    }),
  );
  await server.start();
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
