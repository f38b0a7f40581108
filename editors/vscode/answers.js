// What models answer in text: explanations, reviews and reports, rendered as Markdown beside the code, while they come.
'use strict';

const fs = require('fs');
const vscode = require('vscode');

const SCHEME = 'emend-answer';
const IN_TEXT = ['explain', 'review']; // kinds of tasks that answer in text

class Answers {
  constructor(context) {
    this.pages = new Map(); // task id (or uri of a report) -> { uri, text, shown }
    this.changed = new vscode.EventEmitter();
    context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: this.changed.event,
      provideTextDocumentContent: (uri) => this.find(uri)?.text ?? '',
    }));
  }

  find(uri) {
    return [...this.pages.values()].find((page) => page.uri.toString() === uri.toString());
  }

  page(id, title) {
    if (!this.pages.has(id)) {
      if (this.pages.size >= 50) this.pages.delete(this.pages.keys().next().value);
      const name = (title || 'answer').replace(/[/\\?#]/g, ' ');
      this.pages.set(id, { uri: vscode.Uri.from({ scheme: SCHEME, path: `/${id.replace(/\W/g, '')}/${name}.md` }), text: '' });
    }
    return this.pages.get(id);
  }

  onText(piece, task) {
    const page = this.page(piece.taskId, task?.title);
    page.text += piece.text;
    if (page.shown) this.changed.fire(page.uri);
    else if (IN_TEXT.includes(task?.kind)) this.show(page);
  }

  // A report is whole; it replaces what came in pieces.
  async onShow(report) {
    const page = this.page(report.taskId || report.uri, report.title);
    try {
      page.text = await fs.promises.readFile(vscode.Uri.parse(report.uri).fsPath, 'utf8');
    } catch (e) {
      vscode.window.showErrorMessage('Emend: the report cannot be read: ' + e.message);
      return;
    }
    if (page.shown) this.changed.fire(page.uri);
    else await this.show(page);
  }

  async show(page) {
    page.shown = true;
    const editor = vscode.window.activeTextEditor;
    await vscode.workspace.openTextDocument(page.uri);
    await vscode.commands.executeCommand('markdown.showLockedPreviewToSide', page.uri);
    // The preview takes the focus, and the keys of a user who is typing: give it back.
    if (editor) await vscode.window.showTextDocument(editor.document, { viewColumn: editor.viewColumn, preserveFocus: false });
  }

  // The words of a task, also where they were not shown.
  async log(id) {
    const page = this.pages.get(id);
    if (page) await this.show(page);
    else vscode.window.showInformationMessage('Emend: no task has said anything yet.');
  }
}

module.exports = { Answers };
