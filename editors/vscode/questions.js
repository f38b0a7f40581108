// What tasks ask: permissions, and questions of the model. Each is a document of its own beside the user's code, which
// is never focused by itself: it holds the whole command or diff, its first line has the choices as code lenses, and
// permissions have buttons in the title bar. A modal dialog hid what it asked about and took the keys of a user who
// was typing. Closing the document is a no.
'use strict';

const vscode = require('vscode');

const SCHEME = 'emend-question';

class Questions {
  // send(question, value): tells the server the answer.
  constructor(context, send) {
    this.send = send;
    this.open = new Map(); // path of the document -> question
    this.changed = new vscode.EventEmitter();
    this.status = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Left, 100);
    this.status.command = 'emend.ui.answer';
    this.status.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    context.subscriptions.push(
      this.status,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME,
        { provideTextDocumentContent: (uri) => this.open.get(uri.path)?.text ?? 'This question was answered.' }),
      vscode.languages.registerCodeLensProvider({ scheme: SCHEME },
        { onDidChangeCodeLenses: this.changed.event, provideCodeLenses: (document) => this.lenses(document) }),
      vscode.window.tabGroups.onDidChangeTabs((event) => event.closed.forEach((tab) => this.tabClosed(tab))),
      vscode.commands.registerCommand('emend.ui.pick', (path, value) => this.pick(path, value)),
      vscode.commands.registerCommand('emend.ui.allow', (uri) => this.pickHere(uri, (o) => o === 'Allow once')),
      vscode.commands.registerCommand('emend.ui.deny', (uri) => this.pickHere(uri, (o) => o === 'Deny')),
      vscode.commands.registerCommand('emend.ui.answer', () => this.answer()),
    );
  }

  onPermission(request) {
    const lines = [`Emend asks: ${request.title}`, '', request.subject];
    if (!request.subject.includes('\n')) lines.splice(0, 3, `Emend asks: ${request.title}: ${request.subject}`);
    if (request.reason) lines.push('', 'The model says: ' + request.reason);
    if (request.diff) lines.push('', request.diff);
    return this.add({ id: request.question, permission: true, options: request.options, text: lines.join('\n'),
      title: request.title, language: request.diff ? 'diff' : 'plaintext' });
  }

  onQuestion(request) {
    return this.add({ id: request.question, options: request.options || [], text: 'Emend asks: ' + request.text,
      title: request.text, language: 'plaintext' });
  }

  // The server is told at once that the answer comes later.
  add(question) {
    question.uri = vscode.Uri.from({ scheme: SCHEME, path: `/${question.id}/Emend asks` });
    this.open.set(question.uri.path, question);
    this.show(question, true);
    this.update();
    return { pending: true };
  }

  async show(question, preserveFocus) {
    const document = await vscode.workspace.openTextDocument(question.uri);
    await vscode.languages.setTextDocumentLanguage(document, question.language);
    if (this.open.get(question.uri.path) !== question) return; // closed meanwhile
    await vscode.window.showTextDocument(document,
      { viewColumn: vscode.ViewColumn.Beside, preview: false, preserveFocus });
    question.shown = true;
  }

  lenses(document) {
    const question = this.open.get(document.uri.path);
    if (!question) return [];
    const top = new vscode.Range(1, 0, 1, 0); // below the title: above the first line they would be scrolled away
    const lens = (title, value) => new vscode.CodeLens(top,
      { title, command: 'emend.ui.pick', arguments: [document.uri.path, value] });
    return question.options.length ? question.options.map((o) => lens(o, o)) : [lens('Answer...', undefined)];
  }

  // value undefined: the question is for free text.
  async pick(path, value) {
    const question = this.open.get(path);
    if (!question) return;
    const answer = value ?? await vscode.window.showInputBox({ prompt: question.title, ignoreFocusOut: true });
    if (answer !== undefined && this.open.get(path) === question) this.settle(question, answer);
  }

  pickHere(uri, wanted) {
    const path = (uri ?? vscode.window.activeTextEditor?.document.uri)?.path;
    const question = this.open.get(path);
    const option = question?.options.find(wanted);
    if (option) this.settle(question, option);
  }

  // From the palette or the status bar: the oldest question, with the keyboard.
  async answer() {
    const question = this.open.values().next().value;
    if (!question) {
      vscode.window.showInformationMessage('Emend asks nothing.');
      return;
    }
    await this.show(question, false);
    if (!question.options.length) {
      await this.pick(question.uri.path, undefined);
      return;
    }
    const answer = await vscode.window.showQuickPick(question.options, { title: question.title, ignoreFocusOut: true });
    if (answer) await this.pick(question.uri.path, answer);
  }

  settle(question, value) {
    this.send(question, value);
    this.forget(question);
  }

  // emend/questionClosed, or the end of the server (id undefined): nobody waits any more.
  close(id) {
    for (const question of [...this.open.values()]) {
      if (id === undefined || question.id === id) this.forget(question);
    }
  }

  forget(question) {
    this.open.delete(question.uri.path);
    this.changed.fire();
    this.update();
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter((tab) => this.isOf(tab, question)));
    if (tabs.length) vscode.window.tabGroups.close(tabs, true);
  }

  isOf(tab, question) {
    return tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === question.uri.toString();
  }

  tabClosed(tab) {
    for (const question of [...this.open.values()]) {
      if (this.isOf(tab, question)) this.settle(question, question.permission ? 'Deny' : '');
    }
  }

  update() {
    const question = this.open.values().next().value;
    if (question) {
      this.status.text = '$(question) Emend asks';
      this.status.tooltip = question.title;
      this.status.show();
    } else {
      this.status.hide();
    }
  }
}

module.exports = { Questions };
