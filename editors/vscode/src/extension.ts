// Emend for VS Code: starts `emend lsp` (server.ts), and adds what the protocol has no words for: a view with tasks and
// conversation (view.ts), questions (questions.ts), answers that stream (answers.ts), changes that wait (hunks.ts), the
// status bar (status.ts), and commands (commands.ts).
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { Answers } from './answers';
import { registerCommands } from './commands';
import { Controller } from './controller';
import { Hunks } from './hunks';
import { Lookup } from './lookup';
import type { HunksParams, PermissionRequest, QuestionRequest, TaskInfo } from './protocol';
import { Questions } from './questions';
import { Server } from './server';
import { Unsaved } from './unsaved';

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const answers = new Answers(context);
  const lookup = new Lookup();
  const questions = new Questions(context, (question, value, comment) => made.notify('emend/answer',
    { question: question.id, [question.permission ? 'title' : 'answer']: value, comment }));
  const attach = (client: LanguageClient) => {
    client.onNotification('emend/task', (task: TaskInfo) => controller.onTask(task));
    client.onNotification('emend/text', (p: { taskId: string; text: string }) => controller.onText(p.taskId, p.text));
    client.onNotification('emend/textVoid', (p: { taskId: string }) => controller.onVoid(p.taskId));
    client.onNotification('emend/show', (report) => answers.onShow(report));
    client.onNotification('emend/hunks', (params: HunksParams) => hunks.onHunks(params));
    client.onNotification('emend/questionClosed', (p: { question: string }) => questions.close(p.question));
    client.onRequest('emend/diagnostics', (params) => lookup.onDiagnostics(params));
    client.onRequest('emend/lookup', (params) => lookup.onLookup(params));
    client.onRequest('emend/permission', (request: PermissionRequest) => questions.onPermission(request));
    client.onRequest('emend/question', (request: QuestionRequest) => questions.onQuestion(request));
  };
  const made: Server = new Server(attach, () => {
    controller.onStopped();
    questions.close();
    hunks.clear();
  });
  const hunks: Hunks = new Hunks(context, () => made);
  const controller: Controller = new Controller(context, made, questions, answers, hunks);
  server = made;
  new Unsaved(context, async (text) => {
    await controller.reveal(); // that is where the answer will be
    await controller.say(text);
  });
  registerCommands(context, made, controller, answers);
  context.subscriptions.push(
    lookup,
    vscode.workspace.onDidGrantWorkspaceTrust(() => made.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('emend.path')) void made.restart();
      else if (event.affectsConfiguration('emend')) controller.settingsChanged();
    }),
  );
  await made.start();
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
