// What is known of the tasks, and who is told of it: the view, the status bar, the toasts.
import * as vscode from 'vscode';
import type { Answers } from './answers';
import type { Hunks } from './hunks';
import { pickSession } from './pickers';
import { unlinked } from './protocol';
import type { Cost, ServerStatus, TaskInfo } from './protocol';
import type { Questions } from './questions';
import type { Server } from './server';
import { StatusItem } from './status';
import { recorded, Turns } from './turns';
import type { LogEvent } from './turns';
import { View } from './view';
import type { FromView, State } from './view/messages';


export class Controller {
  readonly turns = new Turns();
  private view: View;
  private status: StatusItem;
  private toasts = new Map<string, { report?: (message: string) => void; end?: () => void }>(); // by task id
  private session?: string; // that the next message goes to
  private newest?: string; // the task that was heard of last
  private figures?: ServerStatus;
  private cost?: Cost;

  constructor(
    context: vscode.ExtensionContext,
    private server: Server,
    private questions: Questions,
    private answers: Answers,
    private hunks: Hunks,
  ) {
    this.view = new View(context, context.extensionUri, () => this.state(), (message) => this.onMessage(message));
    this.status = new StatusItem(context);
    questions.inView = () => this.view.visible;
    context.subscriptions.push(
      questions.onDidChange(() => this.draw()),
      server.onDidChange(() => void this.serverChanged()),
    );
    this.draw();
  }

  get newestTask(): string | undefined {
    return this.newest;
  }

  // --- what the server tells ---

  onTask(info: TaskInfo): void {
    const before = this.turns.all.get(info.taskId)?.info;
    const turn = this.turns.onTask(info);
    this.newest = info.taskId;
    if (info.session) this.session = info.session;
    if (info.state !== 'running') this.endToast(info.taskId);
    else if (!this.toasts.has(info.taskId)) this.toast(info);
    if (info.message) this.toasts.get(info.taskId)?.report?.(unlinked(info.message));
    this.view.post({ type: 'task', info, prompt: turn.prompt });
    if (before?.state !== info.state || before.usd !== info.usd) void this.refreshFigures();
    if (before?.state !== info.state) {
      if (info.state !== 'running') void this.hunks.refresh();
      this.draw();
    }
  }

  onText(id: string, text: string): void {
    this.turns.onText(id, text);
    this.answers.onText(id, text, this.turns.all.get(id)?.info);
    this.view.post({ type: 'text', taskId: id, text });
  }

  onVoid(id: string): void {
    this.turns.onVoid(id);
    this.view.post({ type: 'void', taskId: id });
  }

  // The server has ended, and its tasks with it; the client starts it again by itself, up to four times.
  onStopped(): void {
    const lost = this.turns.lose();
    for (const id of [...this.toasts.keys()]) this.endToast(id);
    this.view.redraw();
    this.draw();
    if (!lost.length) return;
    const resume = 'Resume';
    const titles = lost.map((turn) => turn.info.title || turn.info.taskId).join('; ');
    void vscode.window.showErrorMessage(`Emend: the server ended, and with it: ${unlinked(titles)}. ` +
      'What was changed is kept; "Emend: Undo Last Task" takes it back.', resume).then((answer) => {
      if (answer === resume) void this.resumeTask(lost[lost.length - 1].info.taskId);
    });
  }

  private async serverChanged(): Promise<void> {
    await this.refreshFigures();
    void this.hunks.refresh();
  }

  settingsChanged(): void {
    // The server reads its settings when it is told of them, which the client does by itself.
    setTimeout(() => void this.refreshFigures(), 300);
  }

  private async refreshFigures(): Promise<void> {
    if (this.server.running) {
      this.figures = await this.server.request<ServerStatus>('emend/serverStatus', {}).catch(() => undefined);
      this.cost = await this.server.request<Cost>('emend/cost', {}).catch(() => undefined);
    }
    this.draw();
  }

  // --- the view ---

  private state(): State {
    return {
      turns: [...this.turns.all.values()],
      session: this.session,
      questions: this.questions.all().map((q) => ({
        id: q.id, title: q.title, subject: q.subject, reason: q.reason, options: this.questions.choices(q), permission: q.permission,
      })),
      cost: this.cost,
      model: this.figures?.model,
      noModel: this.figures !== undefined && !this.figures.model,
      off: this.server.problem,
      trusted: vscode.workspace.isTrusted,
    };
  }

  private draw(): void {
    const running = this.turns.running().length;
    const asking = this.questions.all().length;
    this.status.draw({ off: this.server.problem, running, asking, status: this.figures, cost: this.cost });
    this.view.refresh();
    this.view.badge(asking);
    void vscode.commands.executeCommand('setContext', 'emend.running', running > 0);
    void vscode.commands.executeCommand('setContext', 'emend.on', this.server.running);
  }

  private onMessage(message: FromView): void {
    switch (message.type) {
      case 'ready':
        return;
      case 'send':
        void this.say(message.text);
        return;
      case 'stop':
        void this.server.execute('emend.cancel', { task: message.taskId });
        return;
      case 'withdraw':
        void this.server.execute('emend.steer', { task: message.taskId, withdraw: true });
        return;
      case 'answer':
        this.questions.pickById(message.id, message.value);
        return;
      case 'show': {
        const question = this.questions.all().find((q) => q.id === message.id);
        if (question) void this.questions.show(question, false);
        return;
      }
      case 'undo':
        void this.server.execute('emend.undo', { task: message.taskId });
        return;
      case 'diff':
        void this.server.execute('emend.diff', { task: message.taskId });
        return;
      case 'resume':
        void this.resumeTask(message.taskId);
        return;
      case 'open':
        void this.open(message.path);
        return;
      case 'command':
        void vscode.commands.executeCommand(message.command);
        return;
    }
  }

  // A link of an answer: PATH, PATH:LINE or PATH#LLINE of the workspace.
  private async open(link: string): Promise<void> {
    const at = /^(.*?)(?:[:#]L?(\d+))?$/.exec(decodeURIComponent(link));
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    if (!at || !folder) return;
    const uri = at[1].startsWith('/') ? vscode.Uri.file(at[1]) : vscode.Uri.joinPath(folder, at[1]);
    const line = Math.max(0, Number(at[2] ?? 1) - 1);
    try {
      await vscode.window.showTextDocument(uri, { selection: new vscode.Range(line, 0, line, 0) });
    } catch {
      void vscode.window.showWarningMessage(`Emend: ${at[1]} cannot be opened.`);
    }
  }

  async focus(): Promise<void> {
    await this.view.focus();
  }

  async reveal(): Promise<void> {
    await this.view.reveal();
  }

  // --- saying ---

  // To the task that runs, else a turn of the conversation.
  async say(text: string): Promise<void> {
    const running = this.turns.running();
    const heard = running[running.length - 1];
    if (!await this.server.ready()) return;
    if (heard) {
      await this.server.execute('emend.steer', { task: heard.info.taskId, text });
      return;
    }
    await this.chat(text, this.session);
  }

  private async chat(text: string, session?: string): Promise<void> {
    await this.turn('emend.chat', { text, session }, text);
  }

  // A command that begins a turn of the conversation.
  private async turn(command: string, argument: object, prompt: string): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const uri = editor?.document.uri.scheme === 'file' ? this.server.asUri(editor.document.uri) : undefined;
    const made = await this.server.execute<{ taskId: string; session: string }>(command, { ...argument, uri });
    if (!made) return;
    const turn = this.turns.turn(made.taskId);
    turn.prompt = prompt;
    this.session = made.session;
    this.view.post({ type: 'task', info: turn.info, prompt });
    this.view.refresh();
  }

  private async resumeTask(id: string): Promise<void> {
    const session = this.turns.all.get(id)?.info.session;
    if (await this.server.ready()) await this.turn('emend.resume', { session }, 'Go on where you were');
  }

  newConversation(): void {
    this.session = undefined;
    for (const [id, turn] of this.turns.all) if (turn.info.state !== 'running') this.turns.all.delete(id);
    this.view.redraw();
    void this.focus();
  }

  async resumeSession(): Promise<void> {
    const session = await pickSession();
    if (!session) return;
    const { events } = await this.server.request<{ events: LogEvent[] }>('emend/transcript', { session });
    this.newConversation();
    for (const turn of recorded(session, events)) this.turns.all.set(turn.info.taskId, turn);
    this.session = session;
    this.view.redraw();
  }

  // --- toasts ---

  // One for each task while the view is not seen: it closes when the task ends, and its Cancel button stops the task.
  // With the view, the status bar is enough.
  private toast(task: TaskInfo): void {
    const made: { report?: (message: string) => void; end?: () => void } = {};
    this.toasts.set(task.taskId, made);
    if (this.view.visible) return;
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'Emend: ' + unlinked(task.title || 'a task'),
      cancellable: true,
    };
    void vscode.window.withProgress(options, (progress, token) => {
      made.report = (message) => progress.report({ message });
      token.onCancellationRequested(() => this.server.execute('emend.cancel', { task: task.taskId }));
      return new Promise<void>((resolve) => {
        made.end = resolve;
      });
    });
  }

  private endToast(id: string): void {
    this.toasts.get(id)?.end?.();
    this.toasts.delete(id);
  }
}
