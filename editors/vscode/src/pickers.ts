// Choices: the model, a past session, and what can be done from the status bar.
import * as vscode from 'vscode';
import { runJson } from './program';
import type { Server } from './server';
import { money } from './status';

interface Models {
  current?: string;
  models: { id: string; window?: number; input?: number; output?: number; ready?: boolean; state: string; current?: boolean }[];
}

interface SessionLine {
  type: string;
  session: string;
  title: string;
  status: string;
  changed: string;
  tasks: number;
  usd: number;
}

const thousands = (n: number) => n.toLocaleString('en-US');

// Those that can be asked now come first. What is typed and not listed is taken as it is.
export async function pickModel(server: Server): Promise<void> {
  const { models } = await server.request<Models>('emend/models', {});
  const items: (vscode.QuickPickItem & { model?: string })[] = models
    .sort((a, b) => Number(b.ready ?? false) - Number(a.ready ?? false))
    .map((m) => ({
      model: m.id,
      label: `${m.current ? '$(check) ' : ''}${m.id}`,
      description: m.input !== undefined ? `$${m.input} in, $${m.output} out a million tokens` : undefined,
      detail: m.ready && m.window ? `window ${thousands(m.window)} tokens` : m.state,
    }));
  const picker = vscode.window.createQuickPick<vscode.QuickPickItem & { model?: string }>();
  picker.title = 'Model of Emend';
  picker.placeholder = 'Pick one, or type PROVIDER/MODEL';
  picker.items = items;
  picker.matchOnDescription = true;
  picker.onDidChangeValue((value) => {
    const own = value.includes('/') && !items.some((i) => i.model === value);
    picker.items = own ? [{ model: value, label: value, description: 'as typed' }, ...items] : items;
  });
  const model = await new Promise<string | undefined>((resolve) => {
    picker.onDidAccept(() => resolve(picker.selectedItems[0]?.model));
    picker.onDidHide(() => resolve(undefined));
    picker.show();
  });
  picker.dispose();
  if (model) await vscode.workspace.getConfiguration('emend').update('model', model, vscode.ConfigurationTarget.Global);
}

export async function pickSession(): Promise<string | undefined> {
  const lines = (await runJson<SessionLine>('sessions', 'list')).filter((l) => l.type === 'session');
  if (!lines.length) {
    void vscode.window.showInformationMessage('Emend: no session of this folder is recorded.');
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(lines.map((l) => ({
    label: l.title || l.session,
    description: `${l.status} · ${money(l.usd)} · ${l.tasks} task${l.tasks === 1 ? '' : 's'}`,
    detail: `${new Date(l.changed).toLocaleString()} · ${l.session}`,
    session: l.session,
  })), { title: 'Go on with a session', matchOnDetail: true });
  return picked?.session;
}

export async function menu(running: boolean): Promise<void> {
  const all: (vscode.QuickPickItem & { command: string })[] = [
    { label: '$(comment-discussion) Tasks and Conversation', command: 'emend.ui.focus' },
    ...(running ? [{ label: '$(debug-stop) Stop the Task', command: 'emend.ui.cancel' }] : []),
    { label: '$(hubot) Choose the Model…', command: 'emend.ui.model' },
    { label: '$(history) Go on with a Session…', command: 'emend.ui.resume' },
    { label: '$(diff) Changes of the Last Task', command: 'emend.ui.diff' },
    { label: '$(discard) Undo the Last Task', command: 'emend.ui.undo' },
    { label: '$(credit-card) What It Cost', command: 'emend.ui.cost' },
    { label: '$(pulse) Doctor: What Works on This Machine', command: 'emend.ui.doctor' },
    { label: '$(output) Log of the Server', command: 'emend.ui.output' },
    { label: '$(gear) Settings', command: 'emend.ui.settings' },
    { label: '$(refresh) Restart the Server', command: 'emend.ui.restart' },
  ];
  const picked = await vscode.window.showQuickPick(all, { title: 'Emend' });
  if (picked) await vscode.commands.executeCommand(picked.command);
}
