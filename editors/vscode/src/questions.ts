// What tasks ask: permissions, and questions of the model. An edit of one file is shown in VS Code's diff editor, with
// the answers in its title bar; everything else is a document of its own, whose first line has the choices as code
// lenses. Neither takes the focus by itself: a modal dialog hid what it asked about and took the keys of a user who was
// typing. Closing the editor is a no.
import * as vscode from 'vscode';
import { applyDiff } from './patch';
import type { PermissionRequest, QuestionRequest } from './protocol';

const TEXT = 'emend-question'; // scheme of the documents
const PROPOSAL = 'emend-proposal'; // and of the right side of a diff
const LANGUAGE = 'emend-question'; // of those documents: a long line is wrapped, so that none of it is behind the edge
const SHORT = ['Allow once', 'Deny']; // answers that fit into a notification
const WHY = 'Deny and say why...'; // the model hears it
const SHORT_CHARS = 40; // all answers to a question of the model
const BRIEF_CHARS = 80; // of what is asked about, in a line

export interface Question {
  id: string;
  permission: boolean;
  title: string;
  subject: string;
  reason?: string;
  note?: string;
  options: string[];
  text: string; // the whole of what is asked
  uri: vscode.Uri;
  file?: vscode.Uri; // the left side of the diff
  over?: () => void; // ends its notification
  shown?: boolean; // a tab has it, or had it
}

/** Several lines each begin with a bar, as none of ours does: a command may hold what looks like our words. */
function barred(text: string): string {
  return text.includes('\n') ? '\n' + text.split('\n').map((line) => '| ' + line).join('\n') : text;
}

/** As it fits on one line; `cut`: that is not all of what is asked about. */
function brief(question: Question): { text: string; cut: boolean } {
  const [first, ...rest] = question.subject.split('\n');
  const cut = rest.length > 0 || first.length > BRIEF_CHARS;
  const more = rest.length ? ` … and ${rest.length} more ${rest.length === 1 ? 'line' : 'lines'}` : cut ? ' …' : '';
  return { text: `${question.title}${first && `: ${first.slice(0, BRIEF_CHARS)}`}${more}`, cut };
}

export class Questions {
  private open = new Map<string, Question>(); // by path of the document
  private lensesChanged = new vscode.EventEmitter<void>();
  private changedEmitter = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changedEmitter.event;
  inView: () => boolean = () => false; // the view is seen, and has a card for each question
  private status = vscode.window.createStatusBarItem('emend.question', vscode.StatusBarAlignment.Left, 100);

  // send(question, value, comment): tells the server the answer.
  constructor(
    context: vscode.ExtensionContext,
    private send: (question: Question, value: string, comment?: string) => void,
  ) {
    this.status.name = 'Emend asks';
    this.status.command = 'emend.ui.answer';
    this.status.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    const provider = {
      provideTextDocumentContent: (uri: vscode.Uri) => this.open.get(uri.path)?.text ?? 'This question was answered.',
    };
    context.subscriptions.push(
      this.status,
      this.lensesChanged,
      this.changedEmitter,
      vscode.workspace.registerTextDocumentContentProvider(TEXT, provider),
      vscode.workspace.registerTextDocumentContentProvider(PROPOSAL, provider),
      vscode.languages.registerCodeLensProvider({ scheme: TEXT }, {
        onDidChangeCodeLenses: this.lensesChanged.event,
        provideCodeLenses: (document) => this.lenses(document),
      }),
      vscode.window.tabGroups.onDidChangeTabs(() => this.tabsChanged()),
      vscode.window.tabGroups.onDidChangeTabGroups(() => this.tabsChanged()),
      vscode.commands.registerCommand('emend.ui.pick', (path: string, value?: string) => this.pick(path, value)),
      vscode.commands.registerCommand('emend.ui.allow', (uri?: vscode.Uri) => this.pickHere(uri, 'Allow once')),
      vscode.commands.registerCommand('emend.ui.deny', (uri?: vscode.Uri) => this.pickHere(uri, 'Deny')),
      vscode.commands.registerCommand('emend.ui.answerMore', (uri?: vscode.Uri) => this.answer(this.here(uri))),
      vscode.commands.registerCommand('emend.ui.more', (path: string) => this.answer(this.open.get(path))),
      vscode.commands.registerCommand('emend.ui.answer', () => this.answer(this.oldest())),
    );
  }

  oldest(): Question | undefined {
    const first = this.open.values().next();
    return first.done ? undefined : first.value;
  }

  all(): Question[] {
    return [...this.open.values()];
  }

  async onPermission(request: PermissionRequest): Promise<{ pending: true }> {
    const head = request.subject.includes('\n')
      ? [`Emend asks: ${request.title}`, barred(request.subject)]
      : [`Emend asks: ${request.title}: ${request.subject}`];
    if (request.note) head.push('', 'Emend says: ' + request.note);
    if (request.reason) head.push('', 'The model says: ' + barred(request.reason));
    if (request.diff) head.push('', request.diff);
    const question: Question = {
      id: request.question,
      permission: true,
      title: request.title,
      subject: request.subject,
      reason: request.reason,
      options: request.options,
      text: head.join('\n'),
      uri: vscode.Uri.from({ scheme: TEXT, path: `/${request.question}/Emend asks` }),
    };
    if (request.diff) await this.makeDiff(question, request.diff);
    return this.add(question);
  }

  onQuestion(request: QuestionRequest): { pending: true } {
    return this.add({
      id: request.question,
      permission: false,
      title: request.text,
      subject: '',
      options: request.options ?? [],
      text: `Emend asks: ${request.text}\n`,
      uri: vscode.Uri.from({ scheme: TEXT, path: `/${request.question}/Emend asks` }),
    });
  }

  // An edit of one file whose text the diff fits to becomes two sides; all else stays text.
  private async makeDiff(question: Question, diff: string): Promise<void> {
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const file = question.subject.startsWith('/')
        ? vscode.Uri.file(question.subject)
        : vscode.Uri.joinPath(folder.uri, question.subject);
      const open = vscode.workspace.textDocuments.find((d) => d.uri.toString() === file.toString());
      let before: string;
      try {
        before = (open ?? await vscode.workspace.openTextDocument(file)).getText();
      } catch {
        continue; // a new file, or no file at all
      }
      const after = applyDiff(before, diff);
      if (after === undefined) continue;
      question.text = after;
      question.file = file;
      question.uri = vscode.Uri.from({ scheme: PROPOSAL, path: `/${question.id}${file.path}` });
      return;
    }
  }

  // The server is told at once that the answer comes later.
  private add(question: Question): { pending: true } {
    this.open.set(question.uri.path, question);
    if (question.permission || !this.inView()) void this.show(question, true);
    this.notify(question);
    this.update();
    return { pending: true };
  }

  // VS Code shows the title bar's buttons only in the active editor, which this one is not; so the answers are in a
  // notification, too. Keys do not reach it, and unlike a message with buttons it goes when the question is answered.
  private notify(question: Question): void {
    const link = (label: string, command: string, ...args: unknown[]) =>
      `[${label.replace(/[[\]()]/g, ' ')}](command:${command}?${encodeURIComponent(JSON.stringify(args))})`;
    const path = question.uri.path;
    const { text, cut } = brief(question);
    const fits = (o: string) => (question.permission ? SHORT.includes(o) && (o === 'Deny' || !cut) // no yes to what is not seen
      : question.options.join('').length <= SHORT_CHARS);
    const links = question.options.length
      ? question.options.filter(fits).map((o) => link(o, 'emend.ui.pick', path, o))
      : [link('Answer', 'emend.ui.pick', path)];
    if (links.length < question.options.length) links.push(link('More answers', 'emend.ui.more', path));
    const title = text.replace(/[[\]()]/g, ' ').slice(0, 240);
    const options = { location: vscode.ProgressLocation.Notification, title: 'Emend asks' };
    void vscode.window.withProgress(options, (progress) => {
      progress.report({ message: `${links.join(' \u00a0 ')} \u00a0 ${title}` }); // a narrow one shows the beginning
      return new Promise<void>((resolve) => {
        question.over = resolve;
      });
    });
  }

  async show(question: Question, preserveFocus: boolean): Promise<void> {
    const options = { viewColumn: vscode.ViewColumn.Beside, preview: false, preserveFocus };
    const tab = this.tabs(question)[0];
    if (tab) options.viewColumn = tab.group.viewColumn;
    if (question.file) {
      const name = question.file.path.slice(question.file.path.lastIndexOf('/') + 1);
      await vscode.commands.executeCommand('vscode.diff', question.file, question.uri, `Emend asks: ${name}`, options);
      return;
    }
    const document = await vscode.workspace.openTextDocument(question.uri);
    await vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
    if (this.open.get(question.uri.path) !== question) return; // closed meanwhile
    await vscode.window.showTextDocument(document, options);
  }

  private lenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const question = this.open.get(document.uri.path);
    if (!question) return [];
    const top = new vscode.Range(1, 0, 1, 0); // below the title: above the first line they would be scrolled away
    const lens = (title: string, value?: string) =>
      new vscode.CodeLens(top, { title, command: 'emend.ui.pick', arguments: [document.uri.path, value] });
    return question.options.length ? this.choices(question).map((o) => lens(o, o)) : [lens('Answer...')];
  }

  // What can be answered: the server's options, and a no with words.
  choices(question: Question): string[] {
    return question.options.flatMap((o) => (question.permission && o === 'Deny' ? [o, WHY] : [o]));
  }

  // value undefined: the question is for free text.
  async pick(path: string, value?: string): Promise<void> {
    const question = this.open.get(path);
    if (!question) return;
    const why = question.permission && value === WHY;
    const typed = why || value === undefined
      ? await vscode.window.showInputBox({ prompt: why ? 'Why not? The model hears it' : question.title, ignoreFocusOut: true })
      : value;
    if (typed === undefined || this.open.get(path) !== question) return;
    if (why) this.settle(question, 'Deny', typed);
    else this.settle(question, typed);
  }

  // From the view: by the id of the question.
  pickById(id: string, value?: string): void {
    const question = this.all().find((q) => q.id === id);
    if (question) void this.pick(question.uri.path, value);
  }

  // The question that the active editor, or the editor with this document, shows.
  private here(uri?: vscode.Uri): Question | undefined {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    const active = input instanceof vscode.TabInputTextDiff ? input.modified
      : input instanceof vscode.TabInputText ? input.uri : undefined;
    return this.open.get(uri?.path ?? '') ?? this.open.get(active?.path ?? '');
  }

  private pickHere(uri: vscode.Uri | undefined, wanted: string): void {
    const question = this.here(uri);
    if (question?.options.includes(wanted)) this.settle(question, wanted);
  }

  // With the keyboard: all choices.
  private async answer(question?: Question): Promise<void> {
    if (!question) {
      void vscode.window.showInformationMessage('Emend asks nothing.');
      return;
    }
    await this.show(question, false);
    if (!question.options.length) {
      await this.pick(question.uri.path);
      return;
    }
    const answer = await vscode.window.showQuickPick(this.choices(question),
      { title: brief(question).text, ignoreFocusOut: true });
    if (answer) await this.pick(question.uri.path, answer);
  }

  private settle(question: Question, value: string, comment?: string): void {
    this.send(question, value, comment);
    this.forget(question);
  }

  // emend/questionClosed, or the end of the server (id undefined): nobody waits any more.
  close(id?: string): void {
    for (const question of this.all()) {
      if (id === undefined || question.id === id) this.forget(question);
    }
  }

  private forget(question: Question): void {
    this.open.delete(question.uri.path);
    question.over?.();
    this.lensesChanged.fire();
    this.update();
    const tabs = this.tabs(question);
    if (tabs.length) void vscode.window.tabGroups.close(tabs, true);
  }

  private tabs(question: Question): vscode.Tab[] {
    return vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter((tab) => this.isOf(tab, question)));
  }

  private isOf(tab: vscode.Tab, question: Question): boolean {
    const uri = tab.input instanceof vscode.TabInputText ? tab.input.uri
      : tab.input instanceof vscode.TabInputTextDiff ? tab.input.modified : undefined;
    return uri?.toString() === question.uri.toString();
  }

  // Looked for, and not taken from what an event says was closed: when VS Code counts its tabs anew it tells that groups
  // have changed, of no tab; and a tab that is moved to another group is closed in the one that it was in.
  private tabsChanged(): void {
    for (const question of this.all()) {
      if (this.tabs(question).length) question.shown = true;
      else if (question.shown) this.settle(question, question.permission ? 'Deny' : '');
    }
  }

  private update(): void {
    const question = this.oldest();
    if (question) {
      this.status.text = '$(question) Emend asks';
      this.status.tooltip = question.title;
      this.status.show();
    } else {
      this.status.hide();
    }
    this.changedEmitter.fire();
  }
}
