// The commands for people. The server's own are registered by the client under their own names (emend.do, ...), so these
// have others.
import * as vscode from 'vscode';
import type { Answers } from './answers';
import type { Controller } from './controller';
import { menu, pickModel } from './pickers';
import { run } from './program';
import type { ServerStatus } from './protocol';
import { reason } from './server';
import type { Server } from './server';
import { Unsaved } from './unsaved';

const PLAIN = 'emend-text'; // scheme of what the program says

export function registerCommands(context: vscode.ExtensionContext, server: Server, controller: Controller, answers: Answers): void {
  const pages = new Map<string, string>();
  const pagesChanged = new vscode.EventEmitter<vscode.Uri>();

  function activeUri(): string | undefined {
    const editor = vscode.window.activeTextEditor;
    return editor?.document.uri.scheme === 'file' ? server.asUri(editor.document.uri) : undefined;
  }

  // On the selection, or on what stands around the cursor; with the diagnostics that VS Code shows there.
  async function onCode(name: string, prompt?: string): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      void vscode.window.showWarningMessage('Emend: open a file first.');
      return;
    }
    if (!await Unsaved.saved(editor)) return;
    const { document, selection } = vscode.window.activeTextEditor ?? editor;
    const place = (p: vscode.Position) => ({ line: p.line, character: p.character });
    const range = { start: place(selection.start), end: place(selection.end) };
    const diagnostics = vscode.languages.getDiagnostics(document.uri).filter((d) => d.range.intersection(selection))
      .map((d) => ({ range: { start: place(d.range.start), end: place(d.range.end) }, severity: d.severity + 1,
        source: d.source, message: d.message }));
    if (name === 'fix' && !diagnostics.length) {
      void vscode.window.showInformationMessage('Emend: no problem is shown here. Put the cursor on one.');
      return;
    }
    const instruction = prompt && await vscode.window.showInputBox({ prompt, ignoreFocusOut: true });
    if (prompt && !instruction) return;
    await server.execute(`emend.${name}`, { uri: server.asUri(document.uri), range, instruction, diagnostics });
  }

  // plan: nothing is changed before the user accepts the model's plan.
  async function doTask(plan: boolean): Promise<void> {
    const uri = activeUri();
    const position = uri && vscode.window.activeTextEditor?.selection.active;
    const prompt = plan ? 'What should Emend make a plan for?' : 'What should Emend do?';
    const task = await vscode.window.showInputBox({ prompt, ignoreFocusOut: true });
    if (task) await server.execute('emend.do', { task, uri, position, plan });
  }

  async function inThisFile(name: string, uri?: vscode.Uri): Promise<void> {
    const file = uri instanceof vscode.Uri && uri.scheme === 'file' ? server.asUri(uri) : activeUri();
    if (file) await server.execute(name, { uri: file });
  }

  async function status(): Promise<void> {
    try {
      const s = await server.request<ServerStatus>('emend/serverStatus', {});
      const mib = (s.rssBytes / 1048576).toFixed(1);
      void vscode.window.showInformationMessage(
        `Emend: model ${s.model || 'not set'}, sandbox ${s.sandbox}, ${s.tasks} running, ${mib} MiB`);
    } catch (e) {
      const answer = await vscode.window.showErrorMessage(`Emend does not run (${reason(e)}).`, 'Restart Server');
      if (answer) await server.restart();
    }
  }

  // What a command of the program prints, as a document.
  async function page(title: string, ...args: string[]): Promise<void> {
    const uri = vscode.Uri.from({ scheme: PLAIN, path: `/${title}` });
    pages.set(uri.path, await run(...args));
    pagesChanged.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
  }

  // What needs no server.
  const plain = (name: string, act: (...args: never[]) => unknown) =>
    vscode.commands.registerCommand(name, async (...args: never[]) => {
      try {
        await act(...args);
      } catch (e) {
        void vscode.window.showErrorMessage('Emend: ' + reason(e));
      }
    });
  // What needs one; where there is none, it says so, and tries to start it.
  const command = (name: string, act: (...args: never[]) => unknown) =>
    plain(name, async (...args: never[]) => {
      if (await server.ready()) await act(...args);
    });

  context.subscriptions.push(
    pagesChanged,
    vscode.workspace.registerTextDocumentContentProvider(PLAIN, {
      onDidChange: pagesChanged.event,
      provideTextDocumentContent: (uri) => pages.get(uri.path) ?? '',
    }),
    command('emend.ui.do', () => doTask(false)),
    command('emend.ui.plan', () => doTask(true)),
    command('emend.ui.explain', () => onCode('explain')),
    command('emend.ui.review', () => onCode('review')),
    command('emend.ui.refactor', () => onCode('refactor', 'How should this code change?')),
    command('emend.ui.addTests', () => onCode('addTests')),
    command('emend.ui.addDocs', () => onCode('addDocs')),
    command('emend.ui.fix', () => onCode('fix')),
    command('emend.ui.cancel', () => server.execute('emend.cancel', {})),
    command('emend.ui.undo', () => server.execute('emend.undo', {})),
    command('emend.ui.diff', () => server.execute('emend.diff', {})),
    command('emend.ui.log', () => answers.log(controller.newestTask)),
    command('emend.ui.acceptAll', (uri?: vscode.Uri) => inThisFile('emend.acceptAll', uri)),
    command('emend.ui.rejectAll', (uri?: vscode.Uri) => inThisFile('emend.rejectAll', uri)),
    command('emend.ui.acceptEverything', () => server.execute('emend.acceptAll', {})),
    command('emend.ui.rejectEverything', () => server.execute('emend.rejectAll', {})),
    command('emend.ui.status', status),
    command('emend.ui.resume', () => controller.resumeSession()),
    plain('emend.ui.focus', () => controller.focus()),
    plain('emend.ui.new', () => controller.newConversation()),
    plain('emend.ui.menu', () => menu(controller.turns.running().length > 0)),
    command('emend.ui.model', () => pickModel(server)),
    plain('emend.ui.cost', () => page('Emend: Cost', 'cost')),
    plain('emend.ui.doctor', () => page('Emend: Doctor', 'doctor')),
    plain('emend.ui.output', () => server.showOutput()),
    plain('emend.ui.settings', () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:emend.emend')),
    plain('emend.ui.openPath', () => vscode.commands.executeCommand('workbench.action.openSettings', 'emend.path')),
    plain('emend.ui.howToInstall', () => vscode.commands.executeCommand('extension.open', 'emend.emend')),
    plain('emend.ui.restart', () => server.restart()),
  );
}
